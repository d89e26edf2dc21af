"""Which rows point at a row that is gone.

When a lead, contact, company or deal is deleted or merged into another, the portal changes the links to it by plain
SQL: the rows that held them look unchanged (no DATE_MODIFY, no event), so they have to be read again.

https://apidocs.bitrix24.com/api-reference/crm/duplicates/crm-entity-merge-batch.html; the rest is read from the
portal's source
"""

import json
from collections.abc import Iterable, Iterator

from b24kpi.cache.store import Store

# stream → the links to its rows: stream and table, column, further condition
_LINKS = {
    "lead": (("deal", "lead_id", ""), ("contact", "lead_id", ""), ("company", "lead_id", "")),
    "contact": (("deal", "contact_id", ""), ("lead", "contact_id", ""), ("invoice", "contact_id", "")),
    "company": (
        *(("deal", "company_id", ""), ("lead", "company_id", "")),
        *(("contact", "company_id", ""), ("invoice", "company_id", "")),
    ),
    "deal": (("invoice", "deal_id", ""),),
}
# Types of the owners of activities: https://apidocs.bitrix24.com/api-reference/crm/data-types.html
_OWNER_TYPES = {"lead": 1, "deal": 2, "contact": 3, "company": 4}


def referrers(store: Store, name: str, gone: Iterable[int]) -> Iterator[tuple[str, list[int]]]:
    """Streams with the ids of their live rows that point at these rows of a stream; others are left out."""
    if name not in _LINKS:
        return
    owner = ("activity", "owner_id", f"AND owner_type_id = {_OWNER_TYPES[name]}")
    these = json.dumps(sorted(gone))
    for stream, column, condition in (*_LINKS[name], owner):
        found = store.query(
            f"SELECT id FROM {stream} WHERE deleted_at IS NULL {condition} "
            f"AND {column} IN (SELECT value FROM json_each(?)) ORDER BY id",
            (these,),
        )
        if found:
            yield stream, [row[0] for row in found]
