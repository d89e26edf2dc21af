"""How to ask an application's methods for what their samples show; None: not compared, for a reason."""

from typing import Any

HANDLER = "http://app.example/page"
BI_FIELDS = {
    "connector": {
        "title": "KPI",
        "logo": "data:,",
        "settings": [{"code": "token", "name": "Token", "type": "STRING"}],
        **dict.fromkeys(("urlCheck", "urlTableList", "urlTableDescription", "urlData"), "{far}/check"),
    },
    "source": {"title": "S", "connectorId": "{connector}", "settings": {"token": "x"}},
    "dataset": {
        "name": "kpi",
        "externalName": "KPI",
        "externalCode": "kpi",
        "sourceId": "{source}",
        "fields": [{"type": "int", "name": "ID", "externalCode": "ID"}],
    },
}
_BI_SELECTED = {
    "connector": ["id", "title", "urlCheck", "dateCreate"],
    "source": ["id", "title", "active", "dateCreate"],
    "dataset": ["id", "name", "description"],
}
LIST = {"IBLOCK_TYPE_ID": "lists", "IBLOCK_CODE": "kpi"}
_ELEMENT = {**LIST, "ELEMENT_CODE": "a", "FIELDS": {"NAME": "a", "{field}": "x"}}
_TEXT = {"USER_ID": 1, "MESSAGE": "x"}
# `{…}` stand for ids that the test fills in; the last three were made for deletion.
APPLICATION_REQUESTS: dict[str, dict[str, Any] | None] = {
    "app.info": {},
    **{f"biconnector.{kind}.fields": {} for kind in BI_FIELDS},
    **{f"biconnector.{kind}.get": {"id": f"{{{kind}}}"} for kind in BI_FIELDS},
    **{f"biconnector.{kind}.list": {"select": names} for kind, names in _BI_SELECTED.items()},
    **{f"biconnector.{kind}.update": {"id": f"{{{kind}}}", "fields": {"description": "x"}} for kind in BI_FIELDS},
    "biconnector.connector.add": {"fields": BI_FIELDS["connector"]},
    "biconnector.source.add": {"fields": BI_FIELDS["source"]},
    "biconnector.dataset.add": {"fields": {**BI_FIELDS["dataset"], "name": "more"}},
    "biconnector.dataset.fields.update": {"id": "{dataset}", "delete": [999]},
    "biconnector.connector.delete": {"id": "{spare}"},
    "biconnector.source.delete": None,  # like the others; tests/demo/test_bi_builder.py has it
    "biconnector.dataset.delete": {"id": "{dataset}"},
    **dict.fromkeys(("im.notify", "im.notify.personal.add", "im.notify.system.add"), _TEXT),
    "event.bind": {"event": "ONCRMLEADADD", "handler": HANDLER},
    "event.get": {},
    "event.offline.clear": {"process_id": "x"},
    "event.offline.error": {"process_id": "x", "message_id": ["x"]},
    "event.offline.get": {},
    "event.offline.list": {},
    "event.unbind": {"event": "ONCRMDEALADD", "handler": HANDLER},
    "events": {},
    "lists.add": {**LIST, "IBLOCK_CODE": "more", "FIELDS": {"NAME": "x"}},
    "lists.delete": LIST,
    "lists.element.add": {**_ELEMENT, "ELEMENT_CODE": "b"},
    "lists.element.delete": {**LIST, "ELEMENT_CODE": "a"},
    "lists.element.get": LIST,
    "lists.element.update": _ELEMENT,
    "lists.field.add": {**LIST, "FIELDS": {"NAME": "x", "TYPE": "S", "CODE": "x"}},
    "lists.field.get": {**LIST, "FIELD_ID": "{field}"},
    "lists.get": LIST,
    "placement.bind": {"PLACEMENT": "CRM_ANALYTICS_MENU", "HANDLER": HANDLER},
    "placement.get": {},
    "placement.list": {"SCOPE": "crm"},
    "placement.unbind": {"PLACEMENT": "LEFT_MENU"},
}
# Differences that are meant, by method: each a pattern and why.
_EMPTY = {"*EVENT_DATA: boolean": "false where empty only", "*EVENT_ADDITIONAL: boolean": "likewise"}
MEANT: dict[str, dict[str, str]] = {
    "biconnector.source.get": {"result.item.settings[]*": "of another connector"},
    "event.get": {"result[].connector_id is not documented": "of offline subscriptions"},
    "event.offline.get": _EMPTY,
    "event.offline.list": _EMPTY,
    "lists.element.get": {"result[].PROPERTY_*": "ids of one portal"},
    "lists.field.get": {"result.*": "by the type of the field, which is another"},
    "placement.get": {"result[].langAll": "by language"},
}
