"""Phones, e-mail addresses and other fields with several values: kept in a table of their own.

https://apidocs.bitrix24.com/api-reference/crm/data-types.html#crm_multifield
"""

from collections.abc import Sequence
from typing import Any

from b24kpi.demo import php
from b24kpi.demo.fields import MULTIFIELDS
from b24kpi.demo.php import Array
from b24kpi.demo.storage import Row, Storage

_HAS = {"PHONE": "HAS_PHONE", "EMAIL": "HAS_EMAIL", "IM": "HAS_IMOL"}


def add_to(storage: Storage, entity_type_id: int, rows: list[Row], types: Sequence[str]) -> None:
    """Adds `PHONE: [{ID, VALUE_TYPE, VALUE, TYPE_ID}]` and so on to legacy rows that have some."""
    by_id = {int(row["ID"]): row for row in rows}
    for element_id, entry in _entries(storage, entity_type_id, list(by_id)):
        if entry["TYPE_ID"] in types:
            by_id[element_id].setdefault(entry["TYPE_ID"], []).append({**entry, "ID": str(entry["ID"])})


def native(storage: Storage, entity_type_id: int, element_id: int) -> list[Row]:
    """`fm` of crm.item.*: `[{id, valueType, value, typeId}]`."""
    return [
        {"id": entry["ID"], "valueType": entry["VALUE_TYPE"], "value": entry["VALUE"], "typeId": entry["TYPE_ID"]}
        for _, entry in _entries(storage, entity_type_id, [element_id])
    ]


def write(storage: Storage, table: str, element_id: int, values: Array) -> None:
    """What `fields` of an add call brought: `PHONE: [{VALUE, VALUE_TYPE}]`."""
    entity_type_id = storage.table(table).entity_type_id
    for type_id in MULTIFIELDS:
        entries = values.get(type_id)
        for entry in entries.values() if isinstance(entries, dict) else ():
            storage.create_row("multifield", _row(entity_type_id, element_id, type_id, entry))
            if type_id in _HAS:
                storage.change_row(table, element_id, {_HAS[type_id]: "Y"})


def _row(entity_type_id: int, element_id: int, type_id: str, entry: Any) -> Row:
    value, value_type = (entry.get("VALUE"), entry.get("VALUE_TYPE")) if isinstance(entry, dict) else (entry, None)
    return {
        "ENTITY_TYPE_ID": entity_type_id,
        "ELEMENT_ID": element_id,
        "TYPE_ID": type_id,
        "VALUE_TYPE": php.to_string(value_type) or "WORK",
        "VALUE": php.to_string(value),
    }


def _entries(storage: Storage, entity_type_id: int, ids: list[int]) -> list[tuple[int, Row]]:
    marks = ", ".join("?" * len(ids))
    sql = f"SELECT ELEMENT_ID, ID, VALUE_TYPE, VALUE, TYPE_ID FROM multifield WHERE ELEMENT_ID IN ({marks})"
    found = storage.select(f"{sql} AND ENTITY_TYPE_ID = ? ORDER BY ID", [*ids, entity_type_id])
    names = ("ID", "VALUE_TYPE", "VALUE", "TYPE_ID")
    return [(element_id, dict(zip(names, entry, strict=True))) for element_id, *entry in found]
