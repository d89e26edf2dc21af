"""The textbook's lifetime value: average order × purchases a year × years × margin, all as of the period's end.

A customer lives while he belongs to the base; who leaves it and comes back has lived twice. The years are the mean by
Kaplan-Meier, so that those who are still here count for what they have lived so far and not as gone.
"""

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from b24kpi.metrics.compiler import dimension, slice_conditions, sum_statement
from b24kpi.metrics.estimates import money
from b24kpi.metrics.margin import MEASURES, Sales
from b24kpi.metrics.model import Query, Reason, Unit, Value
from b24kpi.metrics.period import Period
from b24kpi.metrics.ratios import as_money
from b24kpi.metrics.statistics.survival import Observations, restricted_mean

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key

YEAR, DAY = 365, 86_400
UNITS = {"purchases_a_year": Unit.NUMBER, "lifespan": Unit.DURATION, "margin_rate": Unit.RATIO}

Sums = dict[str, Fraction]


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """One value for each period and combination, with the three factors beside it."""
    sums = _sums(engine, query, by)
    lives = _lives(engine, query, by)
    return [
        _value(engine, query, period, dict(zip(by, key, strict=True)), sums[position, key], lives[position, key])
        for key in engine.keys(query, by, tuple(sums))
        for position, period in enumerate(query.periods)
    ]


def _sums(engine: "Engine", query: Query, by: "Key") -> "dict[Cell, Sums]":
    found: dict[Cell, Sums] = defaultdict(lambda: defaultdict(Fraction))
    for name, measure in query.metric.measures.items():
        for cell, (total, *_) in engine.rows(sum_statement(measure, by, query.where), len(by)):
            found[cell][name] = Fraction(total or 0)
    return found


def _lives(engine: "Engine", query: Query, by: "Key") -> "dict[Cell, list[Any]]":
    """Cell → (days in the base so far, whether it is over, for how many customers)."""
    part = query.metric.measures["days"]
    conditions = ["f.joined_day < p.end_day", *slice_conditions(part, query.where)]
    keys = "".join(f"{dimension(part, name)}, " for name in by)
    places = ", ".join(str(place) for place in range(1, len(by) + 4))
    rows = engine.store.query(
        f"SELECT p.position, {keys}MIN(f.left_number, p.end_number) - f.joined_number, f.left_number <= p.end_number, "
        f"COUNT(*) FROM period AS p CROSS JOIN fact_customer_span AS f ON {' AND '.join(conditions)} GROUP BY {places}",
        dict(query.where),
    )
    found: dict[Cell, list[Any]] = defaultdict(list)
    for position, *key, days, is_over, count in rows:
        found[position, tuple("" if each is None else str(each) for each in key)].append((days, is_over, count))
    return found


def _value(engine: "Engine", query: Query, period: Period, by: dict[str, str], sums: Sums, lives: list[Any]) -> Value:
    years = _years(lives)
    reason = engine.unreadable(query.metric)
    if reason is None and not sums["orders"]:
        reason = Reason.NO_EVENTS
    if reason is None and years is None:
        reason = Reason.NOT_MATURE
    given: dict[str, Any] = {"metric": query.metric.id, "period": period, "by": by, "unit": Unit.MONEY}
    count = sum(each[2] for each in lives)
    if reason is not None or years is None:
        return Value(value=None, n=count, reason=reason, **given)
    rate = Sales(*(sums[name] for name in MEASURES)).rate(engine.figures.margin)
    order, yearly = sums["sales"] / sums["orders"], sums["purchases"] * YEAR / sums["days"]
    return Value(
        value=money(float(order * yearly * rate) * years),
        n=count,
        extra={
            "average_order": as_money(order),
            "purchases_a_year": float(yearly),
            "lifespan": years * YEAR * DAY,
            "margin_rate": float(rate),
        },
        units=UNITS,
        **given,
    )


def _years(lives: list[Any]) -> float | None:
    """The mean time in the base; None while nobody has left it."""
    if not lives:
        return None
    days, is_over, counts = (np.array(column) for column in zip(*lives, strict=True))
    seconds = np.repeat(days.astype(float), counts)
    ended = np.repeat(is_over.astype(bool), counts)
    mean = restricted_mean(Observations(seconds, ended, ended))
    return None if mean is None else mean / YEAR
