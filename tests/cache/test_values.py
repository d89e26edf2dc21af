"""How REST values become cells: every kind, with the oddities that the portal is known for."""

from dataclasses import replace
from typing import Any

import pytest

from b24kpi.cache.rows import Cell, columns, rows_reader
from b24kpi.errors import UnexpectedAnswer
from b24kpi.portal.entities import DEAL, DEAL_STEP, ENTITIES, Entity, Field, Kind
from tests.cache.rest_rows import VALUES, rest_row

READ = [
    (Kind.INTEGER, "15", 15),
    (Kind.INTEGER, 15, 15),
    (Kind.INTEGER, "0", 0),
    (Kind.INTEGER, "", None),
    (Kind.INTEGER, None, None),
    (Kind.INTEGER, "-7", -7),
    (Kind.TEXT, "C5:NEW", "C5:NEW"),
    (Kind.TEXT, "", None),
    (Kind.TEXT, None, None),
    (Kind.TEXT, False, None),
    (Kind.TEXT, "0", "0"),
    (Kind.TEXT, 0, "0"),
    (Kind.TEXT, 'О\'Браєн "Ї"', 'О\'Браєн "Ї"'),
    (Kind.MONEY, "15000.00", 1_500_000),
    (Kind.MONEY, 15000, 1_500_000),
    (Kind.MONEY, 999.9, 99_990),
    (Kind.MONEY, "0.29", 29),
    (Kind.MONEY, 0.29, 29),
    (Kind.MONEY, "-100.50", -10_050),
    (Kind.MONEY, "", None),
    (Kind.MONEY, None, None),
    (Kind.MONEY, "99999999999999.99", 9_999_999_999_999_999),
    (Kind.RATE, "41.5000", 415_000),
    (Kind.RATE, 1, 10_000),
    (Kind.RATE, None, None),
    (Kind.DATETIME, "1970-01-01T03:00:00+03:00", 0),
    (Kind.DATETIME, "2024-09-02T18:37:18+02:00", 1725295038),
    (Kind.DATETIME, "2024-09-02T22:07:18+05:30", 1725295038),
    (Kind.DATETIME, "2024-09-02T13:07:18-03:30", 1725295038),
    (Kind.DATETIME, "9999-12-31T00:00:00+02:00", None),
    (Kind.DATETIME, "", None),
    (Kind.DATETIME, None, None),
    (Kind.DATETIME, {}, None),
    (Kind.DATETIME, [], None),
    (Kind.DATETIME, False, None),
    (Kind.DATE, "2024-08-30T03:00:00+03:00", "2024-08-30"),
    (Kind.DATE, "2024-08-30T02:00:00+02:00", "2024-08-30"),
    (Kind.DATE, "2024-08-29T19:00:00-05:00", "2024-08-29"),
    (Kind.DATE, "2024-08-30", "2024-08-30"),
    (Kind.DATE, "", None),
    (Kind.DATE, None, None),
    (Kind.BOOLEAN, "Y", 1),
    (Kind.BOOLEAN, "N", 0),
    (Kind.BOOLEAN, True, 1),
    (Kind.BOOLEAN, False, 0),
    (Kind.BOOLEAN, "1", 1),
    (Kind.BOOLEAN, "0", 0),
    (Kind.BOOLEAN, "", None),
    (Kind.BOOLEAN, None, None),
    (Kind.FIRST, [7, 9], 7),
    (Kind.FIRST, ["7"], 7),
    (Kind.FIRST, [], None),
    (Kind.FIRST, False, None),
    (Kind.FIRST, None, None),
]
REFUSED = [
    (Kind.INTEGER, "15.5"),
    (Kind.INTEGER, "D_5"),
    (Kind.INTEGER, []),
    (Kind.MONEY, "1500|EUR"),
    (Kind.MONEY, []),
    (Kind.MONEY, float("inf")),
    (Kind.MONEY, float("nan")),
    (Kind.RATE, "many"),
    (Kind.DATETIME, "2024-09-02T18:37:18"),
    (Kind.DATETIME, "12/31/2024 11:59:59 pm"),
    (Kind.DATE, "30.08.2024"),
    (Kind.DATE, "0000-00-00T00:00:00+02:00"),
    (Kind.FIRST, ["chief"]),
]


def read(entity: Entity, row: dict[str, Any]) -> tuple[Cell, ...]:
    """The cells of one row."""
    return next(iter(rows_reader(entity)([row])))


def entity_of(kind: Kind) -> Entity:
    return replace(DEAL, fields=(Field("ID", Kind.INTEGER), Field("VALUE", kind)))


@pytest.mark.parametrize(("kind", "value", "cell"), READ, ids=repr)
def test_a_value_is_read_by_its_kind(kind: Kind, value: Any, cell: Any) -> None:
    """Empty in any spelling is NULL, numbers are exact, moments are seconds whatever their offset."""
    assert read(entity_of(kind), {"ID": "1", "VALUE": value}) == (1, cell)


@pytest.mark.parametrize(("kind", "value"), REFUSED, ids=repr)
@pytest.mark.parametrize("row", [{"ID": "3"}, {}], ids=["whole", "without its id"])
def test_a_value_of_another_kind_is_refused_by_name(kind: Kind, value: Any, row: dict[str, Any]) -> None:
    """Nothing is guessed; the message names method, field and row, also where another field is missing."""
    with pytest.raises(UnexpectedAnswer) as caught:
        read(entity_of(kind), row | {"VALUE": value})
    assert caught.value.params == {"method": "crm.deal.list", "code": "", "field": "VALUE", "row": str(row.get("ID"))}


def test_a_field_that_the_answer_leaves_out_is_null() -> None:
    """The rest of the row is read as ever."""
    row = rest_row(DEAL)
    cells = dict(zip(columns(DEAL), read(DEAL, {"ID": "5", "STAGE_ID": row["STAGE_ID"]}), strict=True))
    assert {name: cell for name, cell in cells.items() if cell is not None} == {"id": 5, "stage_id": "C5:NEW"}


def test_constants_come_first() -> None:
    """The stage history of deals shares a table with that of leads."""
    assert columns(DEAL_STEP)[0] == "entity_type_id"
    assert read(DEAL_STEP, rest_row(DEAL_STEP))[0] == 2


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
def test_cells_are_in_the_order_of_the_columns(entity: Entity) -> None:
    """Each declared field lands under its own name."""
    row = rest_row(entity)
    cells = dict(zip(columns(entity), read(entity, row), strict=True))
    known = {spelt: cell for values in VALUES.values() for spelt, cell in values if isinstance(spelt, str)}
    for field in entity.fields:
        if (
            field.column not in entity.primary_key
            and field.name != entity.key
            and field.kind not in (Kind.FIRST, Kind.SEVERAL)
        ):
            assert cells[field.column] == known[row[field.shown]]
