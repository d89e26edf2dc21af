"""REST rows for any declaration: every field has a value of its kind, as the portal spells it."""

from typing import Any

from b24kpi.portal.entities import Entity, Kind

Row = dict[str, Any]

# kind → a value, another value, and what both become in the cache
VALUES: dict[Kind, tuple[tuple[Any, Any], tuple[Any, Any]]] = {
    Kind.INTEGER: (("15", 15), ("16", 16)),
    Kind.TEXT: (("C5:NEW", "C5:NEW"), ("Інший", "Інший")),
    Kind.MONEY: (("15000.00", 1_500_000), ("15000.01", 1_500_001)),
    Kind.RATE: (("41.5000", 415_000), ("41.5001", 415_001)),
    Kind.DATETIME: (("2024-09-02T18:37:18+03:00", 1725291438), ("2024-09-02T18:37:19+03:00", 1725291439)),
    Kind.DATE: (("2024-08-30T03:00:00+03:00", "2024-08-30"), ("2024-08-31T03:00:00+03:00", "2024-08-31")),
    Kind.BOOLEAN: (("Y", 1), ("N", 0)),
    Kind.FIRST: (([7, 9], 7), ([9], 9)),
    Kind.SEVERAL: ((["D_9", "D_10"], "D_10,D_9"), (["D_9"], "D_9")),
}


def rest_row(entity: Entity, key: int = 1) -> Row:
    """A row of the stream; natural keys are told apart by `key` as well."""
    row = {field.shown: VALUES[field.kind][0][0] for field in entity.fields}
    for field in entity.fields:
        if field.column in entity.primary_key or field.name == entity.key:
            row[field.shown] = str(key) if field.kind is Kind.INTEGER else f"K{key}"
    return row


def changed(entity: Entity, row: Row, name: str) -> Row:
    """The same row with another value in one field."""
    field = next(field for field in entity.fields if field.name == name)
    return row | {field.shown: VALUES[field.kind][1][0]}


def free_fields(entity: Entity) -> list[str]:
    """Fields that are no part of the key."""
    return [f.name for f in entity.fields if f.column not in entity.primary_key and f.name != entity.key]
