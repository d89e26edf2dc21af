"""Stages and stage history of leads, deals and smart invoices.

Read from the portal's source (crm module) unless a page is named:
- stage history, https://apidocs.bitrix24.com/api-reference/crm/crm-stage-history-list.html : type 1 created in
  process, 2 moved in process (also reopened), 3 moved to or created in a final stage, 5 moved to another pipeline;
- a change of stage sets MOVED_TIME, MOVED_BY_ID and the semantic; a final stage closes the deal and overwrites
  CLOSEDATE by today ("sync close date" is on by default);
- renaming the code of a stage rewrites it in elements and in their history by plain SQL.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from b24kpi.demo.portal_time import PortalZone
from b24kpi.demo.storage import Row, Storage

CREATED, MOVED, FINISHED, PIPELINE_CHANGED = 1, 2, 3, 5
FINAL = ("S", "F")
HISTORIES: Mapping[str, str] = MappingProxyType(
    {"lead": "lead_history", "deal": "deal_history", "invoice": "invoice_history"}
)


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


# --- names


def stage_column(table: str) -> str:
    """STATUS_ID of leads, STAGE_ID of the others."""
    return "STATUS_ID" if table == "lead" else "STAGE_ID"


def kind_column(table: str) -> str:
    """The column of the semantic: P, S, F."""
    return "STATUS_SEMANTIC_ID" if table == "lead" else "STAGE_SEMANTIC_ID"


def stage_entity(table: str, category_id: int) -> str:
    """ENTITY_ID of the stages: STATUS, DEAL_STAGE, DEAL_STAGE_{n}, SMART_INVOICE_STAGE_{n}."""
    if table == "lead":
        return "STATUS"
    if table == "invoice":
        return f"SMART_INVOICE_STAGE_{category_id}"
    return f"DEAL_STAGE_{category_id}" if category_id else "DEAL_STAGE"


def staged_table(entity_id: str) -> str:
    """The table whose rows stand on the stages of an ENTITY_ID. Raises LookupError where they are no stages."""
    for prefix, table in (("DEAL_STAGE", "deal"), ("SMART_INVOICE_STAGE_", "invoice")):
        if entity_id.startswith(prefix):
            return table
    if entity_id != "STATUS":
        raise LookupError(f"{entity_id} has no stages")
    return "lead"


# --- the dictionary


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


def rename(storage: Storage, entity_id: str, old: str, new: str) -> None:
    """Gives a stage another code everywhere, without DATE_MODIFY. Raises LookupError where it is not known."""
    table = staged_table(entity_id)
    if not storage.scalar("SELECT 1 FROM status WHERE ENTITY_ID = ? AND STATUS_ID = ?", [entity_id, old]):
        raise LookupError(f"{entity_id} has no stage {old}")
    storage.execute("UPDATE status SET STATUS_ID = ? WHERE ENTITY_ID = ? AND STATUS_ID = ?", [new, entity_id, old])
    column = stage_column(table)
    for name in (table, HISTORIES[table]):
        storage.execute(f"UPDATE {name} SET {column} = ? WHERE {column} = ?", [new, old])


# --- steps


def step_type(*, is_new: bool, is_moved: bool, kind: str) -> int:
    """TYPE_ID of a step; `is_moved` means to another pipeline."""
    if is_moved:
        return PIPELINE_CHANGED
    if kind in FINAL:
        return FINISHED
    return CREATED if is_new else MOVED


def write_history(storage: Storage, table: str, row: Mapping[str, Any], type_id: int, at: int) -> None:
    """One more step of an element, on the stage that `row` stands on."""
    step = {"TYPE_ID": type_id, "OWNER_ID": row["ID"], "CREATED_TIME": at}
    step |= {name: row[name] for name in (kind_column(table), stage_column(table))}
    step |= {} if table == "lead" else {"CATEGORY_ID": row["CATEGORY_ID"]}
    storage.create_row(HISTORIES[table], step)


def stage_columns(storage: Storage, table: str, stage: str, category_id: int, moment: Moment) -> Row:
    """What a new stage sets in its element."""
    kind = semantic(storage, table, stage, category_id)
    columns = {stage_column(table): stage, kind_column(table): kind, "MOVED_TIME": moment.at}
    if table == "lead":
        return {**columns, "MOVED_BY_ID": moment.by, "DATE_CLOSED": moment.at if kind in FINAL else None}
    if table == "invoice":
        return {**columns, "MOVED_BY": moment.by, "CATEGORY_ID": category_id}
    is_first = "Y" if stage == first_stage(storage, table, category_id) else "N"
    columns |= {"MOVED_BY_ID": moment.by, "CATEGORY_ID": category_id, "IS_NEW": is_first}
    return {**columns, "CLOSED": "Y", "CLOSEDATE": moment.today} if kind in FINAL else {**columns, "CLOSED": "N"}


def stage_move(storage: Storage, table: str, row: Row, fields: Mapping[str, Any], moment: Moment) -> Row:
    """What `fields` change of an element's stage; nothing where it stays on it."""
    name = stage_column(table)
    before = row.get("CATEGORY_ID", 0)
    category_id = int(fields.get("CATEGORY_ID", before) or 0)
    stage = fields.get(name, row[name] if category_id == before else first_stage(storage, table, category_id))
    if stage == row[name] and category_id == before:
        return {}
    previous = {} if table == "lead" else {"PREVIOUS_STAGE_ID": row[name]}
    return {**stage_columns(storage, table, stage, category_id, moment), **previous}


def type_of_move(table: str, row: Row, changed: Row) -> int:
    """TYPE_ID of the step that a change makes, 0 for none."""
    name, kind = stage_column(table), kind_column(table)
    if kind not in changed or row.get("IS_RECURRING") == "Y":
        return 0
    is_moved = table != "lead" and changed["CATEGORY_ID"] != row["CATEGORY_ID"]
    if changed[name] == row[name] and not is_moved:
        return 0
    return step_type(is_new=False, is_moved=is_moved, kind=changed[kind])
