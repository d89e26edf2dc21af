"""Means of money with what their sums do not tell: how sure they are, and how the single amounts lie (kpi.md G4)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.compiler import listed_statement
from b24kpi.metrics.model import Measure, Number, Query, Value
from b24kpi.metrics.ratios import as_money
from b24kpi.metrics.spread import adds
from b24kpi.metrics.statistics.bootstrap import mean_interval
from b24kpi.metrics.statistics.survival import nearest_rank

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key
    from b24kpi.metrics.shared import Shared

Amounts = NDArray[np.float64]
NOTHING: Amounts = np.empty(0)


def with_spread(engine: "Engine", query: Query, by: "Key", values: Sequence[Value], shared: "Shared") -> list[Value]:
    """The means with their interval, and the median and 90th percentile of what they are means of.

    The single amounts are what the rows of the numerator add, or each different thing that the denominator counts.
    """
    measures = query.measures
    part, distinct = measures[query.metric.numerator], measures[query.metric.denominator].distinct
    if distinct:
        single = adds(engine, replace(part, distinct=distinct), query, by)
        found = {cell: np.array(each, dtype=float) for cell, each in single.items()}
    else:
        found = dict(shared.amounts(part, by))
    places = {period: position for position, period in enumerate(query.periods)}
    return [_told(value, found.get((places[value.period], tuple(value.by.values())), NOTHING)) for value in values]


def _told(value: Value, amounts: Amounts) -> Value:
    if value.reason is not None:
        return replace(value, extra={"median": None, "p90_amount": None, **value.extra})
    low, high = mean_interval(amounts)
    middle, upper = (_money(nearest_rank(amounts, share)) for share in (0.5, 0.9))
    return replace(
        value,
        low=None if low is None else round(low) / 100,
        high=None if high is None else round(high) / 100,
        extra={"median": middle, "p90_amount": upper, **value.extra},
    )


def _money(hundredths: float | None) -> Number | None:
    return None if hundredths is None else as_money(int(hundredths))


def read_amounts(
    engine: "Engine", part: Measure, slicings: "Sequence[Key]", where: Mapping[str, str]
) -> "dict[Key, dict[Cell, Amounts]]":
    """Slicing → what each row adds, for each of the cells; the fact is read once."""
    every = tuple(dict.fromkeys(name for by in slicings for name in by))
    finest: list[tuple[Cell, Amounts]] = [
        (cell, np.fromstring(packed, sep=","))
        for cell, (packed,) in engine.rows(listed_statement(part, every, where), len(every))
        if packed
    ]
    return {by: _rolled_up(finest, [every.index(name) for name in by]) for by in slicings}


def _rolled_up(finest: "Sequence[tuple[Cell, Amounts]]", places: Sequence[int]) -> "dict[Cell, Amounts]":
    groups: dict[Cell, list[Amounts]] = {}
    for (position, key), amounts in finest:
        groups.setdefault((position, tuple(key[place] for place in places)), []).append(amounts)
    return {cell: np.concatenate(parts) for cell, parts in groups.items()}
