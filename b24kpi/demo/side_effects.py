"""What else the portal changes when a row is added or changed (read from the portal's source, crm module).

Creation and change are stamped, stages leave history (see `stages`), an activity is the newest of its owner, and the
flags of returning clients follow (see `clients`). Deletion, restoring and merging stand in `recycling`, `merging`.
"""

from collections.abc import Mapping
from typing import Any

from b24kpi.demo.clients import recompute_after_change, recompute_client
from b24kpi.demo.fields import ENTITY_TABLES, NO_DEADLINE
from b24kpi.demo.stages import (
    HISTORIES,
    BadValue,
    Moment,
    first_stage,
    kind_column,
    stage_columns,
    stage_move,
    step_type,
    type_of_move,
    write_history,
)
from b24kpi.demo.storage import Row, Storage

__all__ = ["BadValue", "Moment", "add", "update"]

EXPECTED_DAYS = 7  # a new deal is expected to close in a week


# --- adding


def add(storage: Storage, table: str, fields: Mapping[str, object], moment: Moment) -> int:
    """A new row with the portal's own columns filled; its id."""
    prepare = _new_item if table.startswith("item_") else _NEW_COLUMNS.get(table, _nothing)
    row = {**prepare(storage, table, fields, moment), **fields}
    row_id = storage.create_row(table, row)
    stored = storage.row(table, row_id)
    if stored is not None:
        _after_add(storage, table, stored, moment)
    return row_id


def _nothing(storage: Storage, table: str, fields: Mapping[str, Any], moment: Moment) -> Row:
    return {}


def _stamps(storage: Storage, table: str, fields: Mapping[str, Any], moment: Moment) -> Row:
    people = dict.fromkeys(("ASSIGNED_BY_ID", "CREATED_BY_ID", "MODIFY_BY_ID", "LAST_ACTIVITY_BY"), moment.by)
    return {**people, **dict.fromkeys(("DATE_CREATE", "DATE_MODIFY", "LAST_ACTIVITY_TIME"), moment.at)}


def _new_lead(storage: Storage, table: str, fields: Mapping[str, Any], moment: Moment) -> Row:
    stage = fields.get("STATUS_ID") or first_stage(storage, table, 0)
    known_client = fields.get("COMPANY_ID") or fields.get("CONTACT_ID")
    return {
        **_stamps(storage, table, fields, moment),
        **stage_columns(storage, table, stage, 0, moment),
        "CURRENCY_ID": moment.base_currency,
        "IS_RETURN_CUSTOMER": "Y" if known_client else "N",
    }


def _new_deal(storage: Storage, table: str, fields: Mapping[str, Any], moment: Moment) -> Row:
    category_id = int(fields.get("CATEGORY_ID") or 0)
    stage = fields.get("STAGE_ID") or first_stage(storage, table, category_id)
    return {
        **_stamps(storage, table, fields, moment),
        "CURRENCY_ID": moment.base_currency,
        "BEGINDATE": moment.today,
        "CLOSEDATE": moment.zone.day_after(moment.at, EXPECTED_DAYS),
        **stage_columns(storage, table, stage, category_id, moment),
    }


def _new_activity(storage: Storage, table: str, fields: Mapping[str, Any], moment: Moment) -> Row:
    people = dict.fromkeys(("RESPONSIBLE_ID", "AUTHOR_ID", "EDITOR_ID"), moment.by)
    return {**people, **dict.fromkeys(("CREATED", "LAST_UPDATED"), moment.at), **_activity_status(fields)}


def _activity_status(fields: Mapping[str, Any]) -> Row:
    """STATUS follows COMPLETED (1 pending, 2 done); an empty DEADLINE is the end of the calendar."""
    columns: Row = {}
    if "COMPLETED" in fields and "STATUS" not in fields:
        columns["STATUS"] = 2 if fields["COMPLETED"] == "Y" else 1
    if "DEADLINE" in fields and fields["DEADLINE"] is None:
        columns["DEADLINE"] = NO_DEADLINE
    return columns


def _new_item(storage: Storage, table: str, fields: Mapping[str, Any], moment: Moment) -> Row:
    people = ("CREATED_BY", "UPDATED_BY", "MOVED_BY", "ASSIGNED_BY_ID", "LAST_ACTIVITY_BY")
    times = ("CREATED_TIME", "UPDATED_TIME", "MOVED_TIME", "LAST_ACTIVITY_TIME")
    return {**dict.fromkeys(people, moment.by), **dict.fromkeys(times, moment.at)}


def _new_invoice(storage: Storage, table: str, fields: Mapping[str, Any], moment: Moment) -> Row:
    category_id = int(str(fields["CATEGORY_ID"])) if fields.get("CATEGORY_ID") else _invoice_category(storage)
    stage = str(fields.get("STAGE_ID") or first_stage(storage, table, category_id))
    return {
        **_new_item(storage, table, fields, moment),
        "CURRENCY_ID": moment.base_currency,
        "BEGINDATE": moment.today,
        **stage_columns(storage, table, stage, category_id, moment),
    }


def _invoice_category(storage: Storage) -> int:
    found = storage.scalar("SELECT id FROM category WHERE entityTypeId = 31 ORDER BY isDefault DESC, id LIMIT 1")
    if found is None:
        raise BadValue("no pipeline of smart invoices")
    return int(found)


_NEW_COLUMNS = {
    "lead": _new_lead,
    "deal": _new_deal,
    "contact": _stamps,
    "company": _stamps,
    "activity": _new_activity,
    "invoice": _new_invoice,
}


def _after_add(storage: Storage, table: str, row: Row, moment: Moment) -> None:
    if table in HISTORIES and row.get("IS_RECURRING") != "Y":
        kind = step_type(is_new=True, is_moved=False, kind=row[kind_column(table)])
        write_history(storage, table, row, kind, moment.at)
    if table == "deal":
        recompute_client(storage, row)
    if table == "activity" and row["OWNER_TYPE_ID"] in ENTITY_TABLES:
        owner = {"LAST_ACTIVITY_TIME": moment.at, "LAST_ACTIVITY_BY": moment.by}
        storage.change_row(ENTITY_TABLES[row["OWNER_TYPE_ID"]], row["OWNER_ID"], owner)


# --- changing


def update(storage: Storage, table: str, row_id: int, fields: Mapping[str, object], moment: Moment) -> None:
    """Changes a row; a new stage or pipeline leaves history. Raises LookupError where there is no such row."""
    row = storage.row(table, row_id)
    if row is None:
        raise LookupError(f"{table} {row_id}")
    changed = {**fields, **stamp_of_change(table, moment)}
    changed |= _activity_status(fields) if table == "activity" else {}
    type_id = 0
    if table in HISTORIES:
        changed |= stage_move(storage, table, row, fields, moment)
        type_id = type_of_move(table, row, changed)
    storage.change_row(table, row_id, changed)
    if type_id:
        write_history(storage, table, {**row, **changed}, type_id, moment.at)
    if table == "deal":
        recompute_after_change(storage, row, {**row, **changed})


def stamp_of_change(table: str, moment: Moment) -> Row:
    """The columns that tell when and by whom a row was changed."""
    if table == "activity":
        return {"LAST_UPDATED": moment.at, "EDITOR_ID": moment.by}
    if table.startswith("item_") or table == "invoice":
        return {"UPDATED_TIME": moment.at, "UPDATED_BY": moment.by}
    return {"DATE_MODIFY": moment.at, "MODIFY_BY_ID": moment.by} if table in ENTITY_TABLES.values() else {}
