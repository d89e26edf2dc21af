"""Deletion and restoring, with what the portal removes, empties and forgets on the way.

Read from the portal's source (crm module): history and activities of a deleted element are removed, links to it are
emptied by plain SQL (no DATE_MODIFY, no event); restoring from the recycle bin creates a new id while DATE_CREATE,
DATE_MODIFY and MOVED_TIME keep their old values, and registers the stage it comes back on as a move.
"""

import json

from b24kpi.demo.fields import ENTITY_TABLES
from b24kpi.demo.side_effects import FINISHED, MOVED, Moment, recompute_client, write_history
from b24kpi.demo.storage import Row, Storage

# Which columns elsewhere point at a deleted element.
_LINKS = {
    "lead": (("deal", "LEAD_ID"), ("contact", "LEAD_ID"), ("company", "LEAD_ID")),
    "contact": (("deal", "CONTACT_ID"), ("lead", "CONTACT_ID")),
    "company": (("deal", "COMPANY_ID"), ("lead", "COMPANY_ID"), ("contact", "COMPANY_ID")),
}
_WITH_HISTORY = ("lead", "deal")


def delete(storage: Storage, table: str, row_id: int, moment: Moment) -> None:
    """Removes a row and what hangs on it. Raises LookupError where there is no such row."""
    row = _existing(storage, table, row_id)
    if table in ENTITY_TABLES.values():
        _keep_for_restoring(storage, table, row, moment)
        _remove_dependants(storage, table, row_id)
    storage.execute(f"DELETE FROM {table} WHERE {storage.table(table).key} = ?", [row_id])
    for other, column in _LINKS.get(table, ()):
        storage.execute(f"UPDATE {other} SET {column} = NULL WHERE {column} = ?", [row_id])
    if table == "deal":
        recompute_client(storage, row)


def restore(storage: Storage, table: str, row_id: int, moment: Moment) -> int:
    """Brings a deleted row back; its new id. Raises LookupError where the bin does not hold it."""
    found = storage.select(
        "SELECT ID, ROW FROM recycle_bin WHERE TABLE_NAME = ? AND ROW_ID = ? ORDER BY ID DESC LIMIT 1", [table, row_id]
    )
    if not found:
        raise LookupError(f"{table} {row_id} is not in the recycle bin")
    bin_id, text = found[0]
    row = {name: value for name, value in json.loads(text).items() if name != "ID"}
    row["ID"] = new_id = storage.create_row(table, row)
    storage.execute("DELETE FROM recycle_bin WHERE ID = ?", [bin_id])
    _register_return(storage, table, row, moment)
    return new_id


def _existing(storage: Storage, table: str, row_id: int) -> Row:
    row = storage.row(table, row_id)
    if row is None:
        raise LookupError(f"{table} {row_id}")
    return row


def _keep_for_restoring(storage: Storage, table: str, row: Row, moment: Moment) -> None:
    kept = {"TABLE_NAME": table, "ROW_ID": row["ID"], "ROW": json.dumps(row), "DELETED_AT": moment.at}
    storage.create_row("recycle_bin", kept)


def _remove_dependants(storage: Storage, table: str, row_id: int) -> None:
    entity_type_id = storage.table(table).entity_type_id
    if table in _WITH_HISTORY:
        storage.execute(f"DELETE FROM {table}_history WHERE OWNER_ID = ?", [row_id])
    storage.execute("DELETE FROM activity WHERE OWNER_ID = ? AND OWNER_TYPE_ID = ?", [row_id, entity_type_id])
    storage.execute("DELETE FROM multifield WHERE ELEMENT_ID = ? AND ENTITY_TYPE_ID = ?", [row_id, entity_type_id])


def _register_return(storage: Storage, table: str, row: Row, moment: Moment) -> None:
    if table not in _WITH_HISTORY:
        return
    kind = row["STATUS_SEMANTIC_ID" if table == "lead" else "STAGE_SEMANTIC_ID"]
    if row.get("IS_RECURRING") != "Y":
        write_history(storage, table, row, FINISHED if kind in ("S", "F") else MOVED, moment.at)
    if table == "deal":
        recompute_client(storage, row)
