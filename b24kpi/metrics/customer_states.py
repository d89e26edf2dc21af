"""How each customer ever stood at both ends of a period, as SQL over `fact_customer_standing`.

A customer is in the base for W days from a purchase on (`Figures.base_days`), and sleeps in its second half: he has
been silent for more than half of the time after which he counts as lost.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from b24kpi.metrics.compiler import dimension, slice_conditions
from b24kpi.metrics.dimensions import with_dimensions
from b24kpi.metrics.model import Measure, Query

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key

STANDING = Measure("customer_standing", "won_day")

# In the order in which people read them.
COMPOSITION = ("new", "active", "reactivated", "sleeping", "lost")
BEHAVIOUR = ("none", "newcomer", "regular", "best", "sleeping", "sleeping_best", "lost", "lost_best")
STATES = tuple(dict.fromkeys((*BEHAVIOUR, *COMPOSITION)))

# Of all customers, so many tenths have brought less than the best ones.
_LESSER_TENTHS = 8

# `f` is the standing at the end of the period, `b` that at its beginning, NULL of who had not bought by then.
_JOINED = """
    FROM period AS p
    CROSS JOIN fact_customer_standing AS f ON f.until_day >= p.end_day AND f.won_day < p.end_day
    LEFT JOIN fact_customer_standing AS b
        ON b.customer = f.customer AND b.until_day >= p.from_day AND b.won_day < p.from_day
    LEFT JOIN best_customer AS t ON t.position = p.position"""

COMPOSITION_STATE = """CASE
    WHEN p.end_number - f.won_number > :base_days THEN 'lost'
    WHEN f.acquired_day >= p.from_day THEN 'new'
    WHEN b.deal_id IS NULL OR p.from_number - b.won_number > :base_days THEN 'reactivated'
    WHEN 2 * (p.end_number - f.won_number) > :base_days THEN 'sleeping'
    ELSE 'active' END"""

_BEHAVIOUR_STATE = """CASE
    WHEN {standing}.deal_id IS NULL THEN 'none'
    WHEN {number} - {standing}.won_number > :base_days THEN CASE WHEN {best} THEN 'lost_best' ELSE 'lost' END
    WHEN 2 * ({number} - {standing}.won_number) > :base_days THEN
        CASE WHEN {best} THEN 'sleeping_best' ELSE 'sleeping' END
    WHEN {standing}.purchases = 1 THEN 'newcomer'
    WHEN {best} THEN 'best'
    ELSE 'regular' END"""
BEHAVIOUR_STATE = _BEHAVIOUR_STATE.format(
    standing="f", number="p.end_number", best="f.purchases > 1 AND f.money >= t.at_end"
)
BEHAVIOUR_STATE_BEFORE = _BEHAVIOUR_STATE.format(
    standing="b", number="p.from_number", best="b.purchases > 1 AND b.money >= t.at_start"
)
# The same where `f` is the standing at the beginning of the period.
BEHAVIOUR_STATE_AT_START = _BEHAVIOUR_STATE.format(
    standing="f", number="p.from_number", best="f.purchases > 1 AND f.money >= t.at_start"
)


def counted(engine: "Engine", query: Query, by: "Key", states: Mapping[str, str]) -> "Counter[Cell]":
    """How many customers are under each period and combination.

    Args:
        states: dimension → SQL of a customer's state in the joined rows.
    """
    standing = _standing(engine)
    keys = [_sql(name, standing, states) for name in by]
    picked = ", ".join(["p.position", *keys, "COUNT(*)"])
    groups = ", ".join(str(number) for number in range(1, len(by) + 2))
    rows = engine.store.query(
        f"SELECT {picked}{_JOINED}{_conditions(query, standing, states)} GROUP BY {groups}", _params(engine, query)
    )
    cells: Counter[Cell] = Counter()
    for position, *key, count in rows:
        cells[position, tuple("" if value is None else str(value) for value in key)] += count
    return cells


def listed(engine: "Engine", query: Query, states: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The customers themselves: the standing of each at the end, with its states."""
    named = "".join(f", {sql} AS {name}" for name, sql in states.items())
    yield from engine.store.dicts(
        f"SELECT f.*, f.purchases AS number{named}{_JOINED}{_conditions(query, _standing(engine), states)}",
        _params(engine, query),
    )


def find_best(engine: "Engine", periods: int) -> None:
    """Make known from which money on a customer is one of the best, at both ends of each of the first periods.

    It is the 80th percentile, nearest rank, of what all customers have brought by then; slices are measured by it too.
    """
    engine.store.db.execute(
        "CREATE TEMP TABLE IF NOT EXISTS best_customer (position INTEGER PRIMARY KEY, at_start INTEGER, at_end INTEGER)"
    )
    engine.store.db.execute("DELETE FROM best_customer")
    rows = [(place, _best(engine, place, "from_day"), _best(engine, place, "end_day")) for place in range(periods)]
    engine.store.db.conn.executemany("INSERT INTO best_customer VALUES (?, ?, ?)", rows)


def slices(cells: "Counter[Cell]", width: int) -> "list[Key]":
    """The combinations of the other dimensions that occur, behind so many dimensions of states."""
    return sorted({key[width:] for _, key in cells})


def _best(engine: "Engine", place: int, day: str) -> int | None:
    moneys = engine.store.query(
        f"SELECT f.money FROM period AS p CROSS JOIN fact_customer_standing AS f "
        f"ON f.until_day >= p.{day} AND f.won_day < p.{day} WHERE p.position = ? ORDER BY 1",
        [place],
    )
    return moneys[-(-_LESSER_TENTHS * len(moneys) // 10) - 1][0] if moneys else None


def _standing(engine: "Engine") -> Measure:
    return with_dimensions(STANDING, engine.catalogue.dimensions)


def _sql(name: str, standing: Measure, states: Mapping[str, str]) -> str:
    return states.get(name) or dimension(standing, name)


def _conditions(query: Query, standing: Measure, states: Mapping[str, str]) -> str:
    plain = {name: value for name, value in query.where.items() if name not in states}
    conditions: Sequence[str] = [
        *slice_conditions(standing, plain),
        *(f"({sql}) = :{name}" for name, sql in states.items() if name in query.where),
    ]
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _params(engine: "Engine", query: Query) -> dict[str, Any]:
    return {**query.where, "base_days": engine.figures.base_days}
