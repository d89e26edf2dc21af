"""What else the portal changes when a row is added, changed, deleted or restored.

Read from the portal's source (crm module) unless a page is named:
- stage history, https://apidocs.bitrix24.com/api-reference/crm/crm-stage-history-list.html : type 1 created in
  process, 2 moved in process (also reopened), 3 moved to or created in a final stage, 5 moved to another pipeline;
- a change of stage sets MOVED_TIME, MOVED_BY_ID and the semantic; a final stage closes the deal and overwrites
  CLOSEDATE by today ("sync close date" is on by default);
- deletion removes history and activities and silently nulls links; restoring gives a new id with the old dates;
- IS_RETURN_CUSTOMER and IS_REPEATED_APPROACH of all deals of a client are recomputed without DATE_MODIFY.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from b24kpi.demo.fields import ENTITY_TABLES, NO_DEADLINE
from b24kpi.demo.portal_time import PortalZone
from b24kpi.demo.storage import Row, Storage

CREATED, MOVED, FINISHED, PIPELINE_CHANGED = 1, 2, 3, 5
EXPECTED_DAYS = 7  # a new deal is expected to close in a week


class BadValue(ValueError):
    """A value that no portal holds: a stage of another pipeline, an unknown stage."""


@dataclass(frozen=True)
class Moment:
    """When and by whom something is done; `at` in epoch seconds."""

    at: int
    by: int
    zone: PortalZone
    base_currency: str

    @property
    def today(self) -> str:
        """The portal's calendar day."""
        return self.zone.local_date(self.at)


# --- stages


def stage_entity(table: str, category_id: int) -> str:
    """ENTITY_ID of the stages: STATUS, DEAL_STAGE, DEAL_STAGE_{n}."""
    if table == "lead":
        return "STATUS"
    return f"DEAL_STAGE_{category_id}" if category_id else "DEAL_STAGE"


def first_stage(storage: Storage, table: str, category_id: int) -> str:
    """The stage new elements start in. Raises BadValue where the pipeline has no stages."""
    sql = "SELECT STATUS_ID FROM status WHERE ENTITY_ID = ? ORDER BY SORT, ID LIMIT 1"
    found = storage.scalar(sql, [stage_entity(table, category_id)])
    if found is None:
        raise BadValue(f"no stages of {stage_entity(table, category_id)}")
    return str(found)


def semantic(storage: Storage, table: str, stage: str, category_id: int) -> str:
    """P, S or F. Raises BadValue for a stage that the pipeline does not have."""
    sql = "SELECT coalesce(SEMANTICS, 'P') FROM status WHERE ENTITY_ID = ? AND STATUS_ID = ?"
    found = storage.scalar(sql, [stage_entity(table, category_id), stage])
    if found is None:
        raise BadValue(f"{stage_entity(table, category_id)} has no stage {stage}")
    return str(found)


def _history_type(*, is_new: bool, is_moved: bool, kind: str) -> int:
    if is_moved:
        return PIPELINE_CHANGED
    if kind in ("S", "F"):
        return FINISHED
    return CREATED if is_new else MOVED


def write_history(storage: Storage, table: str, row: Mapping[str, Any], type_id: int, at: int) -> None:
    """One more step of a lead or deal, on the stage that `row` stands on."""
    step = {"TYPE_ID": type_id, "OWNER_ID": row["ID"], "CREATED_TIME": at}
    if table == "lead":
        step |= {"STATUS_SEMANTIC_ID": row["STATUS_SEMANTIC_ID"], "STATUS_ID": row["STATUS_ID"]}
    else:
        step |= {name: row[name] for name in ("CATEGORY_ID", "STAGE_SEMANTIC_ID", "STAGE_ID")}
    storage.create_row(f"{table}_history", step)


def _stage_columns(storage: Storage, table: str, stage: str, category_id: int, moment: Moment) -> Row:
    kind = semantic(storage, table, stage, category_id)
    moved = {"MOVED_TIME": moment.at, "MOVED_BY_ID": moment.by}
    if table == "lead":
        closed = moment.at if kind in ("S", "F") else None
        return {"STATUS_ID": stage, "STATUS_SEMANTIC_ID": kind, "DATE_CLOSED": closed, **moved}
    is_first = "Y" if stage == first_stage(storage, table, category_id) else "N"
    columns = {"STAGE_ID": stage, "STAGE_SEMANTIC_ID": kind, "CATEGORY_ID": category_id, "IS_NEW": is_first, **moved}
    if kind == "P":
        return {**columns, "CLOSED": "N"}
    return {**columns, "CLOSED": "Y", "CLOSEDATE": moment.today}


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
        **_stage_columns(storage, table, stage, 0, moment),
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
        **_stage_columns(storage, table, stage, category_id, moment),
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


_NEW_COLUMNS = {
    "lead": _new_lead,
    "deal": _new_deal,
    "contact": _stamps,
    "company": _stamps,
    "activity": _new_activity,
}


def _after_add(storage: Storage, table: str, row: Row, moment: Moment) -> None:
    if table == "lead" or (table == "deal" and row["IS_RECURRING"] != "Y"):
        kind = row["STATUS_SEMANTIC_ID" if table == "lead" else "STAGE_SEMANTIC_ID"]
        write_history(storage, table, row, _history_type(is_new=True, is_moved=False, kind=kind), moment.at)
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
    changed = {**fields, **_stamp_of_change(table, moment)}
    changed |= _activity_status(fields) if table == "activity" else {}
    type_id = 0
    if table in ("lead", "deal"):
        changed |= _stage_move(storage, table, row, fields, moment)
        type_id = _type_of_move(table, row, changed)
    storage.change_row(table, row_id, changed)
    if type_id:
        write_history(storage, table, {**row, **changed}, type_id, moment.at)
    if table == "deal":
        _recompute_after_change(storage, row, {**row, **changed})


def _stamp_of_change(table: str, moment: Moment) -> Row:
    if table == "activity":
        return {"LAST_UPDATED": moment.at, "EDITOR_ID": moment.by}
    if table.startswith("item_"):
        return {"UPDATED_TIME": moment.at, "UPDATED_BY": moment.by}
    return {"DATE_MODIFY": moment.at, "MODIFY_BY_ID": moment.by} if table in ENTITY_TABLES.values() else {}


def _stage_move(storage: Storage, table: str, row: Row, fields: Mapping[str, Any], moment: Moment) -> Row:
    name = "STATUS_ID" if table == "lead" else "STAGE_ID"
    before = row.get("CATEGORY_ID", 0)
    category_id = int(fields.get("CATEGORY_ID", before) or 0)
    stage = fields.get(name, row[name] if category_id == before else first_stage(storage, table, category_id))
    if stage == row[name] and category_id == before:
        return {}
    previous = {"PREVIOUS_STAGE_ID": row[name]} if table == "deal" else {}
    return {**_stage_columns(storage, table, stage, category_id, moment), **previous}


def _type_of_move(table: str, row: Row, changed: Row) -> int:
    name, kind = ("STATUS_ID", "STATUS_SEMANTIC_ID") if table == "lead" else ("STAGE_ID", "STAGE_SEMANTIC_ID")
    if kind not in changed or row.get("IS_RECURRING") == "Y":
        return 0
    is_moved = table == "deal" and changed["CATEGORY_ID"] != row["CATEGORY_ID"]
    if changed[name] == row[name] and not is_moved:
        return 0
    return _history_type(is_new=False, is_moved=is_moved, kind=changed[kind])


# --- customers: who came back


_CLIENT_COLUMNS = ("COMPANY_ID", "CONTACT_ID", "STAGE_SEMANTIC_ID", "LEAD_ID", "IS_RECURRING")


def _recompute_after_change(storage: Storage, before: Row, after: Row) -> None:
    if any(before[name] != after[name] for name in _CLIENT_COLUMNS):
        recompute_client(storage, before)
        recompute_client(storage, after)


def _client_condition(row: Row) -> tuple[str, list[int]] | None:
    """The client is the company, or the contact among deals without a company."""
    if row["COMPANY_ID"]:
        return "COMPANY_ID = ?", [row["COMPANY_ID"]]
    if row["CONTACT_ID"]:
        return "CONTACT_ID = ? AND coalesce(COMPANY_ID, 0) = 0", [row["CONTACT_ID"]]
    return None


def recompute_client(storage: Storage, row: Row) -> None:
    """Sets both flags on every deal of the row's client; DATE_MODIFY stays."""
    client = _client_condition(row)
    if client is None:
        return
    where, params = client
    first_won = storage.scalar(f"SELECT min(ID) FROM deal WHERE {where} AND STAGE_SEMANTIC_ID = 'S'", params)
    wanted = "'N'" if first_won is None else f"CASE ID WHEN {first_won} THEN 'N' ELSE 'Y' END"
    storage.execute(
        f"UPDATE deal SET IS_RETURN_CUSTOMER = {wanted} WHERE {where} AND IS_RETURN_CUSTOMER <> {wanted}", params
    )
    again = "'N'"
    if first_won is None:
        again = (
            "CASE WHEN (SELECT IS_RETURN_CUSTOMER FROM lead WHERE lead.ID = deal.LEAD_ID) = 'Y' THEN 'Y' ELSE 'N' END"
        )
    storage.execute(
        f"UPDATE deal SET IS_REPEATED_APPROACH = {again} WHERE {where} AND IS_REPEATED_APPROACH <> {again}", params
    )
