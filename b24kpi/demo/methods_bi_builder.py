"""biconnector.connector.*, biconnector.source.*, biconnector.dataset.*, for applications.

https://apidocs.bitrix24.com/api-reference/biconnector/index.html : errors come with HTTP 200, an application sees what
it made itself, sources are checked at `urlCheck` when they and their data sets are made.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from b24kpi.demo import php
from b24kpi.demo.bi_builder import BiBuilder, ConnectorFault
from b24kpi.demo.bi_builder_answers import answering
from b24kpi.demo.bi_builder_fields import (
    check_dataset_fields,
    check_dataset_name,
    check_settings,
    checked,
    fault,
)
from b24kpi.demo.bi_builder_rows import KINDS, builder_of, own_row, rows_of
from b24kpi.demo.methods_bi_builder_reading import get_row, list_fields, list_rows
from b24kpi.demo.php import Array
from b24kpi.demo.rest import Call, Method, NotEmulated, Reply
from b24kpi.demo.storage import Row


def _now(call: Call) -> str:
    """Local date and time, without an offset."""
    return call.state.zone.iso(call.state.now())[:19].replace("T", " ")


def _kept(call: Call, kind: str, values: Row) -> Reply:
    builder = builder_of(call)
    number = call.portal.apps.registry.number()
    rows_of(builder, kind)[number] = {
        "id": number,
        "client_id": call.caller.client_id,
        "dateCreate": _now(call),
        **values,
    }
    return Reply({"id": number})


def _stamps(call: Call) -> Row:
    me = call.caller.user_id
    return {"type": "rest", "dateUpdate": _now(call), "createdById": me, "updatedById": me}


def add_connector(call: Call) -> Reply:
    """biconnector.connector.add; the new id."""
    builder_of(call)
    values = checked("connector", call.params, is_new=True)
    return _kept(call, "connector", {"description": "", "sort": 100, **values, **_settings(values)})


def _settings(values: Row) -> Row:
    return {"settings": check_settings(values["settings"])} if "settings" in values else {}


def update_connector(call: Call) -> Reply:
    """biconnector.connector.update; true."""
    row = own_row(call, "connector", call.params.get("id"))
    values = checked("connector", call.params, is_new=False)
    row.update({**values, **_settings(values)})
    return Reply(True)


def add_source(call: Call) -> Reply:
    """biconnector.source.add: calls `urlCheck`; the new id."""
    builder = builder_of(call)
    values = checked("source", call.params, is_new=True)
    connector = own_row(call, "connector", values["connectorId"])
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
    builder, row = builder_of(call), own_row(call, "source", call.params.get("id"))
    values = checked("source", call.params, is_new=False)
    connector = builder.connectors[row["connectorId"]]
    given: Array = values.get("settings") or row["settings"]
    settings = _connected(builder, connector, given, "UPDATE", "update")
    row.update({**values, "settings": settings, "dateUpdate": _now(call), "updatedById": call.caller.user_id})
    return Reply(True)


def add_dataset(call: Call) -> Reply:
    """biconnector.dataset.add: calls `urlCheck`; the new id."""
    builder = builder_of(call)
    values = checked("dataset", call.params, is_new=True)
    check_dataset_name(values["name"])
    fields = check_dataset_fields(values["fields"].values())
    source = own_row(call, "source", values["sourceId"])
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
    row = own_row(call, "dataset", call.params.get("id"))
    values = checked("dataset", call.params, is_new=False)
    if "fields" in values:
        raise NotEmulated("fields in biconnector.dataset.update: they have a method of their own")
    row.update({**values, "dateUpdate": _now(call), "updatedById": call.caller.user_id})
    return Reply(True)


def update_dataset_fields(call: Call) -> Reply:
    """biconnector.dataset.fields.update: `add`, `update` (visible), `delete`; true."""
    row = own_row(call, "dataset", call.params.get("id"))
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
    builder, row = builder_of(call), own_row(call, kind, call.params.get("id"))
    if kind == "connector" and any(each["connectorId"] == row["id"] for each in builder.sources.values()):
        text = "Connector cannot be removed. Remove the connections related to the connector first."
        raise fault("CONNECTOR_DELETE_RESTRICTED", text)
    if kind == "source" and any(each["sourceId"] == row["id"] for each in builder.datasets.values()):
        raise fault("BX_ERROR", "Cannot delete source. Delete all related datasets first.")
    del rows_of(builder, kind)[row["id"]]
    return Reply(True)


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
    *(_method(f"{kind}.{verb}", partial(run, kind)) for kind in KINDS for verb, run in _COMMON.items()),
)
