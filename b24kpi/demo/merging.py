"""Merging duplicates: the seeds vanish, what hung on them moves to the target.

https://apidocs.bitrix24.com/api-reference/crm/duplicates/crm-entity-merge-batch.html ; read from the portal's source:
activities, deals and other links are rebound by plain SQL (no DATE_MODIFY, no LAST_UPDATED, no event), the target is
changed like by a user, and nothing in REST links a seed to it afterwards.
"""

import json
from collections.abc import Sequence

from b24kpi.demo.clients import recompute_client
from b24kpi.demo.fields import ENTITY_TABLES
from b24kpi.demo.recycling import LINKS, delete_many
from b24kpi.demo.side_effects import stamp_of_change
from b24kpi.demo.stages import Moment
from b24kpi.demo.storage import Row, Storage

_THESE = "(SELECT value FROM json_each(?))"
_EMPTY = (None, "", 0)
_OWNED = (("activity", "OWNER_ID", "OWNER_TYPE_ID"), ("multifield", "ELEMENT_ID", "ENTITY_TYPE_ID"))


def merge(storage: Storage, table: str, target_id: int, seed_ids: Sequence[int], moment: Moment) -> None:
    """Merges rows of leads, deals, contacts or companies. Raises LookupError where one of them is missing."""
    if table not in ENTITY_TABLES.values():
        raise LookupError(f"rows of {table} cannot be merged")
    rows = [storage.row(table, row_id) for row_id in (target_id, *seed_ids)]
    target, *seeds = [row for row in rows if row is not None]
    if len(rows) != len(seeds) + 1:
        raise LookupError(f"{table} {target_id} or one of {list(seed_ids)}")
    storage.change_row(table, target_id, {**_filled(storage, table, target, seeds), **stamp_of_change(table, moment)})
    these = json.dumps(list(seed_ids))
    _rebind(storage, table, target_id, these)
    delete_many(storage, table, seed_ids, moment)
    _recompute(storage, table, target_id)


def _filled(storage: Storage, table: str, target: Row, seeds: Sequence[Row]) -> Row:
    """What the target lacks and a seed has; of several seeds the first counts."""
    found: Row = {}
    for name, field in storage.table(table).fields.items():
        if field.read_only or target[name] not in _EMPTY:
            continue
        values = [seed[name] for seed in seeds if seed[name] not in _EMPTY]
        found |= {name: values[0]} if values else {}
    return found


def _rebind(storage: Storage, table: str, target_id: int, these: str) -> None:
    entity_type_id = storage.table(table).entity_type_id
    for other, owner, owner_type in _OWNED:
        sql = f"UPDATE {other} SET {owner} = ? WHERE {owner} IN {_THESE} AND {owner_type} = ?"
        storage.execute(sql, [target_id, these, entity_type_id])
    for other, column in LINKS[table]:
        storage.execute(f"UPDATE {other} SET {column} = ? WHERE {column} IN {_THESE}", [target_id, these])


def _recompute(storage: Storage, table: str, target_id: int) -> None:
    if table == "deal":
        deal = storage.row("deal", target_id)
        if deal is not None:
            recompute_client(storage, deal)
    elif table == "company":
        recompute_client(storage, {"COMPANY_ID": target_id, "CONTACT_ID": 0})
    elif table == "contact":
        recompute_client(storage, {"COMPANY_ID": 0, "CONTACT_ID": target_id})
