"""How to ask an application's methods for what their samples show; None: not compared, for a reason."""

from typing import Any

HANDLER = "http://app.example/page"
APPLICATION_REQUESTS: dict[str, dict[str, Any] | None] = {
    "app.info": {},
    "event.bind": {"event": "ONCRMLEADADD", "handler": HANDLER},
    "event.get": {},
    "event.offline.clear": {"process_id": "x"},
    "event.offline.error": {"process_id": "x", "message_id": ["x"]},
    "event.offline.get": {},
    "event.offline.list": {},
    "event.unbind": {"event": "ONCRMDEALADD", "handler": HANDLER},
    "events": {},
    "placement.bind": {"PLACEMENT": "CRM_ANALYTICS_MENU", "HANDLER": HANDLER},
    "placement.get": {},
    "placement.list": {"SCOPE": "crm"},
    "placement.unbind": {"PLACEMENT": "LEFT_MENU"},
}
# Differences that are meant, by method: each a pattern and why.
_EMPTY = {"*EVENT_DATA: boolean": "false where empty only", "*EVENT_ADDITIONAL: boolean": "likewise"}
MEANT: dict[str, dict[str, str]] = {
    "event.get": {"result[].connector_id is not documented": "of offline subscriptions"},
    "event.offline.get": _EMPTY,
    "event.offline.list": _EMPTY,
    "placement.get": {"result[].langAll": "by language"},
}
