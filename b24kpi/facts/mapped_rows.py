"""What the mapped user fields hold, under names that fact files can rely on, whichever fields these are.

`mapped_rating`: kind (`nps`, `csat`), scale, stream, id of the row, given (the answer as text, of a list its item's),
answered (when: a moment, a date, or NULL). `mapped_offer`: stream, id, offered (likewise), is_held_out.
A field that no sync has come to yet has no rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from b24kpi.cache.store import Store
from b24kpi.facts.mapped_figures import MappedFigures
from b24kpi.portal.user_fields import FieldName

NPS_SCALE = 10

_NO_RATING = "SELECT NULL AS kind, 0 AS scale, NULL AS stream, 0 AS id, NULL AS given, NULL AS answered WHERE FALSE"
_NO_OFFER = "SELECT NULL AS stream, 0 AS id, NULL AS offered, 0 AS is_held_out WHERE FALSE"


@contextmanager
def mapped_rows(store: Store, mapped: MappedFigures) -> Iterator[None]:
    """While facts are made, these views are there; they would be in the way of whoever drops a field's column."""
    views = {"mapped_rating": _ratings(store, mapped), "mapped_offer": _offers(store, mapped)}
    for name, selects in views.items():
        store.db.execute(f"DROP VIEW IF EXISTS temp.{name}")
        store.db.execute(f"CREATE TEMP VIEW {name} AS {' UNION ALL '.join(selects)}")
    try:
        yield
    finally:
        for name in views:
            store.db.execute(f"DROP VIEW temp.{name}")


def is_read(store: Store, field: str) -> bool:
    """Whether a sync has come to the field."""
    name = FieldName.parse(field)
    return name.column in store.db.table(name.stream).columns_dict


def _ratings(store: Store, mapped: MappedFigures) -> list[str]:
    wanted = (
        ("nps", NPS_SCALE, mapped.nps_field, mapped.nps_date_field),
        ("csat", mapped.csat_scale, mapped.csat_field, mapped.csat_date_field),
    )
    return [_NO_RATING, *(_rating(*each) for each in wanted if each[2] and is_read(store, each[2]))]


def _rating(kind: str, scale: int, field: str, date_field: str) -> str:
    name = FieldName.parse(field)
    value = f"CAST(r.{name.column} AS TEXT)"
    item = (
        f"(SELECT i.value FROM user_field_item AS i "
        f"WHERE i.stream = '{name.stream}' AND i.name = '{name.name}' AND i.id = {value})"
    )
    answered = f"r.{FieldName.parse(date_field).column}" if date_field else "NULL"
    return (
        f"SELECT '{kind}', {scale}, '{name.stream}', r.id, COALESCE({item}, {value}), {answered} "
        f"FROM {name.stream} AS r WHERE r.deleted_at IS NULL AND r.{name.column} IS NOT NULL"
    )


def _offers(store: Store, mapped: MappedFigures) -> list[str]:
    """Who got an offer, and who was to get none, may be told by fields of different streams."""
    found = [_NO_OFFER]
    for field, picked in ((mapped.offer_field, "{}, 0"), (mapped.hold_out_field, "NULL, 1")):
        if field and is_read(store, field):
            name = FieldName.parse(field)
            column = f"r.{name.column}"
            condition = f"r.deleted_at IS NULL AND {column} IS NOT NULL AND {column} NOT IN (0, '')"
            found.append(
                f"SELECT '{name.stream}', r.id, {picked.format(column)} FROM {name.stream} AS r WHERE {condition}"
            )
    return found
