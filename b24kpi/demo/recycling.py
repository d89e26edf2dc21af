"""Deletion and restoring, with what the portal removes, empties and forgets on the way.

Read from the portal's source (crm module): history, activities and product rows of a deleted element are removed,
links to it are emptied by plain SQL (no DATE_MODIFY, no event); restoring from the recycle bin creates a new id while
DATE_CREATE, DATE_MODIFY and MOVED_TIME keep their old values, and registers the stage it comes back on as a move.
"""

import json
from collections.abc import Iterable

from b24kpi.demo.clients import recompute_client
from b24kpi.demo.fields import ENTITY_TABLES
from b24kpi.demo.stages import FINAL, FINISHED, HISTORIES, MOVED, Moment, kind_column, write_history
from b24kpi.demo.storage import Row, Storage

# Which columns elsewhere point at a deleted element.
LINKS = {
    "lead": (("deal", "LEAD_ID"), ("contact", "LEAD_ID"), ("company", "LEAD_ID")),
    "deal": (("invoice", "PARENT_ID_2"),),
    "contact": (("deal", "CONTACT_ID"), ("lead", "CONTACT_ID"), ("invoice", "CONTACT_ID")),
    "company": (("deal", "COMPANY_ID"), ("lead", "COMPANY_ID"), ("contact", "COMPANY_ID"), ("invoice", "COMPANY_ID")),
}
OWNER_CODES = {"lead": "L", "deal": "D", "contact": "C", "company": "CO", "invoice": "SI"}
_THESE = "(SELECT value FROM json_each(?))"


def delete(storage: Storage, table: str, row_id: int, moment: Moment) -> None:
    """Removes a row and what hangs on it. Raises LookupError where there is no such row."""
    if storage.row(table, row_id) is None:
        raise LookupError(f"{table} {row_id}")
    delete_many(storage, table, [row_id], moment)


def delete_many(storage: Storage, table: str, row_ids: Iterable[int], moment: Moment) -> None:
    """Removes rows with all that hangs on them, in a few statements; ids without a row are passed over."""
    these = json.dumps(list(row_ids))
    clients = _clients_of_won(storage, these) if table == "deal" else []
    if table in ENTITY_TABLES.values():
        _keep_for_restoring(storage, table, these, moment)
    _remove_dependants(storage, table, these)
    storage.execute(f"DELETE FROM {table} WHERE {storage.table(table).key} IN {_THESE}", [these])
    for other, column in LINKS.get(table, ()):
        storage.execute(f"UPDATE {other} SET {column} = NULL WHERE {column} IN {_THESE}", [these])
    for client in clients:
        recompute_client(storage, client)


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


def _clients_of_won(storage: Storage, these: str) -> list[Row]:
    """The clients whose flags may change: only a won deal makes a client a returning one."""
    sql = f"SELECT DISTINCT COMPANY_ID, CONTACT_ID FROM deal WHERE ID IN {_THESE} AND STAGE_SEMANTIC_ID = 'S'"
    return [{"COMPANY_ID": company, "CONTACT_ID": contact} for company, contact in storage.select(sql, [these])]


def _keep_for_restoring(storage: Storage, table: str, these: str, moment: Moment) -> None:
    columns = ", ".join(f"'{name}', {name}" for name in storage.table(table).fields)
    storage.execute(
        "INSERT INTO recycle_bin (TABLE_NAME, ROW_ID, ROW, DELETED_AT)"
        f" SELECT ?, ID, json_object({columns}), ? FROM {table} WHERE ID IN {_THESE}",
        [table, moment.at, these],
    )


def _remove_dependants(storage: Storage, table: str, these: str) -> None:
    if table in HISTORIES:
        storage.execute(f"DELETE FROM {HISTORIES[table]} WHERE OWNER_ID IN {_THESE}", [these])
    if table in OWNER_CODES:
        sql = f"DELETE FROM product_row WHERE OWNER_ID IN {_THESE} AND OWNER_TYPE = ?"
        storage.execute(sql, [these, OWNER_CODES[table]])
    entity_type_id = storage.table(table).entity_type_id
    if table in ENTITY_TABLES.values():
        owned = (("activity", "OWNER_ID", "OWNER_TYPE_ID"), ("multifield", "ELEMENT_ID", "ENTITY_TYPE_ID"))
        for other, owner, owner_type in owned:
            sql = f"DELETE FROM {other} WHERE {owner} IN {_THESE} AND {owner_type} = ?"
            storage.execute(sql, [these, entity_type_id])


def _register_return(storage: Storage, table: str, row: Row, moment: Moment) -> None:
    if table in HISTORIES and row.get("IS_RECURRING") != "Y":
        kind = FINISHED if row[kind_column(table)] in FINAL else MOVED
        write_history(storage, table, row, kind, moment.at)
    if table == "deal":
        recompute_client(storage, row)
