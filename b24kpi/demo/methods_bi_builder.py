"""biconnector.connector.*, biconnector.source.*, biconnector.dataset.*, for applications.

https://apidocs.bitrix24.com/api-reference/biconnector/index.html : errors come with HTTP 200, an application sees what
it made itself, sources are checked at `urlCheck` when they and their data sets are made.
"""

import re
from collections.abc import Callable
from functools import partial
from operator import itemgetter
from typing import Any

from b24kpi.demo import php
from b24kpi.demo.bi_builder import BiBuilder, ConnectorFault
from b24kpi.demo.bi_builder_answers import answering
from b24kpi.demo.bi_builder_fields import (
    RULES,
    check_dataset_fields,
    check_dataset_name,
    check_settings,
    checked,
    fault,
)
from b24kpi.demo.php import Array
from b24kpi.demo.rest import PAGE, Call, Method, NotEmulated, Reply
from b24kpi.demo.storage import Row

_WORDS = {"connector": "Connector", "source": "Source", "dataset": "Dataset"}
_KEY = re.compile(r"(>=|<=|!@|!=|=%|%=|>|<|@|%|=|!|)(\w+)")


def _builder(call: Call) -> BiBuilder:
    if not call.caller.client_id or not call.caller.is_admin:
        raise fault("ACCESS_DENIED", "Access denied.")
    return call.portal.apps.bi_builder


def _rows(builder: BiBuilder, kind: str) -> dict[int, Row]:
    return {"connector": builder.connectors, "source": builder.sources, "dataset": builder.datasets}[kind]


def _own(call: Call, kind: str, row_id: Any) -> Row:
    """One row of the calling application. Raises RestError."""
    if row_id in (None, ""):
        raise fault("VALIDATION_ID_NOT_PROVIDED", "ID is missing.")
    if not php.is_numeric(row_id) or php.to_int(row_id) <= 0:
        raise fault("VALIDATION_INVALID_ID_FORMAT", "ID has to be a positive integer.")
    row = _rows(_builder(call), kind).get(php.to_int(row_id))
    if row is None or row["client_id"] != call.caller.client_id:
        raise fault(f"{kind.upper()}_NOT_FOUND", f"{_WORDS[kind]} was not found.")
    return row


def _now(call: Call) -> str:
    """Local date and time, without an offset."""
    return call.state.zone.iso(call.state.now())[:19].replace("T", " ")


def _kept(call: Call, kind: str, values: Row) -> Reply:
    builder = _builder(call)
    number = call.portal.apps.registry.number()
    _rows(builder, kind)[number] = {
        "id": number,
        "client_id": call.caller.client_id,
        "dateCreate": _now(call),
        **values,
    }
    return Reply({"id": number})


def _stamps(call: Call) -> Row:
    me = call.caller.user_id
    return {"type": "rest", "dateUpdate": _now(call), "createdById": me, "updatedById": me}


# --- making and changing


def add_connector(call: Call) -> Reply:
    """biconnector.connector.add; the new id."""
    _builder(call)
    values = checked("connector", call.params, is_new=True)
    return _kept(call, "connector", {"description": "", "sort": 100, **values, **_settings(values)})


def _settings(values: Row) -> Row:
    return {"settings": check_settings(values["settings"])} if "settings" in values else {}


def update_connector(call: Call) -> Reply:
    """biconnector.connector.update; true."""
    row = _own(call, "connector", call.params.get("id"))
    values = checked("connector", call.params, is_new=False)
    row.update({**values, **_settings(values)})
    return Reply(True)


def add_source(call: Call) -> Reply:
    """biconnector.source.add: calls `urlCheck`; the new id."""
    builder = _builder(call)
    values = checked("source", call.params, is_new=True)
    connector = _own(call, "connector", values["connectorId"])
    settings = _connected(builder, connector, values["settings"], "CREATE", "create")
    values |= {"connectorId": connector["id"], "settings": settings}
    number = len(builder.sources) + 1
    defaults = {"description": "", "active": True, "code": f"rest_{number}", **_stamps(call)}
    return _kept(call, "source", {**defaults, **values})


def _connected(builder: BiBuilder, connector: Row, given: Array, code: str, verb: str) -> Row:
    """Values for the connector's parameters that reach the source. Raises RestError, NotEmulated."""
    settings = {str(name): value for name, value in given.items()}
    wanted = {each["code"] for each in connector["settings"]}
    if wanted != set(settings):
        raise NotEmulated(f"a source with settings {sorted(settings)} where its connector has {sorted(wanted)}")
    try:
        builder.check(connector, settings)
    except ConnectorFault:
        raise fault(f"SOURCE_{code}_CONNECTION_ERROR", f"Cannot {verb} connection.") from None
    return settings


def update_source(call: Call) -> Reply:
    """biconnector.source.update: checks the connection again; true."""
    builder, row = _builder(call), _own(call, "source", call.params.get("id"))
    values = checked("source", call.params, is_new=False)
    connector = builder.connectors[row["connectorId"]]
    given: Array = values.get("settings") or row["settings"]
    settings = _connected(builder, connector, given, "UPDATE", "update")
    row.update({**values, "settings": settings, "dateUpdate": _now(call), "updatedById": call.caller.user_id})
    return Reply(True)


def add_dataset(call: Call) -> Reply:
    """biconnector.dataset.add: calls `urlCheck`; the new id."""
    builder = _builder(call)
    values = checked("dataset", call.params, is_new=True)
    check_dataset_name(values["name"])
    fields = check_dataset_fields(values["fields"].values())
    source = _own(call, "source", values["sourceId"])
    if any(row["name"] == values["name"] for row in builder.datasets.values()):
        raise fault("DATASET_ALREADY_EXIST", "Dataset with this name already exists.")
    try:
        builder.check(builder.connectors[source["connectorId"]], source["settings"])
    except ConnectorFault:
        raise fault("", "Error adding dataset") from None
    added = _kept(
        call, "dataset", {"description": "", **_stamps(call), **values, "sourceId": source["id"], "fields": []}
    )
    row = builder.datasets[added.result["id"]]
    row |= {"externalId": row["id"], "fields": [_field(call, row, each) for each in fields]}
    return added


def _field(call: Call, dataset: Row, values: Row) -> Row:
    return {"id": call.portal.apps.registry.number(), "datasetId": dataset["id"], **values, "visible": True}


def update_dataset(call: Call) -> Reply:
    """biconnector.dataset.update: of what may be changed there is the description alone; true."""
    row = _own(call, "dataset", call.params.get("id"))
    values = checked("dataset", call.params, is_new=False)
    if "fields" in values:
        raise NotEmulated("fields in biconnector.dataset.update: they have a method of their own")
    row.update({**values, "dateUpdate": _now(call), "updatedById": call.caller.user_id})
    return Reply(True)


def update_dataset_fields(call: Call) -> Reply:
    """biconnector.dataset.fields.update: `add`, `update` (visible), `delete`; true."""
    row = _own(call, "dataset", call.params.get("id"))
    added = check_dataset_fields(_list(call, "add"))
    for name, code in (("externalCode", "CODE"), ("name", "NAME")):
        if there := {each[name] for each in added} & {each[name] for each in row["fields"]}:
            text = f'The following "{name}" values already exist in the current fields: {", ".join(sorted(there))}'
            raise fault(f"VALIDATION_DUPLICATE_EXIST_{code}", text)
    gone = [php.to_int(number) for number in _list(call, "delete")]
    if any(number <= 0 for number in gone):
        raise fault("VALIDATION_FIELD_DELETE_INVALID_ID", "ID to be deleted must be a positive integer.")
    seen = {php.to_int(each["id"]): php.is_true(each.get("visible")) for each in _list(call, "update")}
    kept = [
        {**each, "visible": seen.get(each["id"], each["visible"])} for each in row["fields"] if each["id"] not in gone
    ]
    row["fields"] = [*kept, *(_field(call, row, each) for each in added)]
    return Reply(True)


def _list(call: Call, name: str) -> list[Any]:
    given = call.params.get(name)
    return list(given.values()) if isinstance(given, dict) else []


def delete_row(kind: str, call: Call) -> Reply:
    """biconnector.*.delete: nothing that others hang on; true."""
    builder, row = _builder(call), _own(call, kind, call.params.get("id"))
    if kind == "connector" and any(each["connectorId"] == row["id"] for each in builder.sources.values()):
        text = "Connector cannot be removed. Remove the connections related to the connector first."
        raise fault("CONNECTOR_DELETE_RESTRICTED", text)
    if kind == "source" and any(each["sourceId"] == row["id"] for each in builder.datasets.values()):
        raise fault("BX_ERROR", "Cannot delete source. Delete all related datasets first.")
    del _rows(builder, kind)[row["id"]]
    return Reply(True)


# --- reading


def get_row(kind: str, call: Call) -> Reply:
    """biconnector.*.get: one `item`; a source comes with its connection and settings apart.

    A data set does not tell its source here, as in the sample.
    """
    row = _own(call, kind, call.params.get("id"))
    shown = {name: value for name, value in row.items() if name not in ("client_id", "sourceId")}
    return Reply({"item": _source_item(call, shown) if kind == "source" else shown})


def _source_item(call: Call, row: Row) -> Row:
    connector = _builder(call).connectors[row["connectorId"]]
    settings = [
        {**each, "value": row["settings"][each["code"]], "id": place}
        for place, each in enumerate(connector["settings"], 1)
    ]
    connection = {name: value for name, value in row.items() if name not in ("connectorId", "settings")}
    return {"connection": connection, "connectorId": row["connectorId"], "settings": settings}


def list_rows(kind: str, call: Call) -> Reply:
    """biconnector.*.list: fifty a `page`, numbers as texts, neither total nor next."""
    names = [rule.name for rule in RULES[kind] if rule.kind != "array"]
    select = [php.to_string(name) for name in _array(call, "select").values()] or names
    _check_allowed(select, names, "select")
    found = [row for row in _rows(_builder(call), kind).values() if row["client_id"] == call.caller.client_id]
    for key, value in _array(call, "filter").items():
        fits = _fitting(str(key), value, names)
        found = [row for row in found if fits(row)]
    for name, way in reversed(list(_array(call, "order").items())):
        _check_allowed([str(name)], names, "order")
        found.sort(key=itemgetter(str(name)), reverse=php.to_string(way).upper() == "DESC")
    page = max(php.to_int(call.params.get("page", 1)), 1)
    shown = found[(page - 1) * PAGE : page * PAGE]
    return Reply([{name: _text(row.get(name)) for name in select} for row in shown])


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _array(call: Call, name: str) -> Array:
    given = call.params.get(name, {})
    if not isinstance(given, dict):
        raise fault(f"VALIDATION_{name.upper()}_TYPE", f'Parameter "{name}" must be array.')
    return given


def _check_allowed(wanted: list[str], names: list[str], place: str) -> None:
    for name in wanted:
        if name not in names:
            text = f'Field "{name}" is not allowed in the "{place}".'
            raise fault(f"VALIDATION_FIELD_NOT_ALLOWED_IN_{place.upper()}", text)


def _fitting(key: str, value: Any, names: list[str]) -> Callable[[Row], bool]:
    found = _KEY.fullmatch(key)
    prefix, name = (found[1], found[2]) if found else ("", key)
    _check_allowed([name], names, "filter")
    wanted = [php.to_string(item) for item in value.values()] if isinstance(value, dict) else [php.to_string(value)]
    if prefix in ("", "=", "@", "!", "!=", "!@"):
        return lambda row: (php.to_string(row.get(name)) in wanted) != prefix.startswith("!")
    if prefix in ("%", "%=", "=%"):
        pattern = f"%{wanted[0]}%" if prefix == "%" else wanted[0]
        expression = re.compile(".*".join(map(re.escape, pattern.split("%"))), re.IGNORECASE | re.DOTALL)
        return lambda row: expression.fullmatch(php.to_string(row.get(name))) is not None
    raise NotEmulated(f"the filter {key} of biconnector")


def list_fields(kind: str, call: Call) -> Reply:
    """biconnector.*.fields; that of connectors is open to webhooks as well."""
    if kind != "connector":
        _builder(call)
    return Reply({"fields": [rule.shown for rule in RULES[kind]]})


_ADD_AND_UPDATE = (
    ("connector.add", add_connector),
    ("connector.update", update_connector),
    ("source.add", add_source),
    ("source.update", update_source),
    ("dataset.add", add_dataset),
    ("dataset.update", update_dataset),
    ("dataset.fields.update", update_dataset_fields),
)
_COMMON = {"get": get_row, "list": list_rows, "delete": delete_row, "fields": list_fields}


def _method(name: str, run: Callable[[Call], Reply]) -> Method:
    full = f"biconnector.{name}"
    return Method(full, "biconnector", answering(full, run))


METHODS = (
    *(_method(name, run) for name, run in _ADD_AND_UPDATE),
    *(_method(f"{kind}.{verb}", partial(run, kind)) for kind in _WORDS for verb, run in _COMMON.items()),
)
