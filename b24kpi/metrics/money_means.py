"""Means of money with what their sums do not tell: how sure they are, and how the single amounts lie (kpi.md G4)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from b24kpi.metrics.columns import Numbers
from b24kpi.metrics.model import Number, Query, Value
from b24kpi.metrics.ratios import as_money
from b24kpi.metrics.spread import adds
from b24kpi.metrics.statistics.bootstrap import Interval, mean_intervals
from b24kpi.metrics.statistics.survival import nearest_rank
from b24kpi.metrics.wanted import plain_amounts

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key
    from b24kpi.metrics.shared import Shared

NOTHING: Numbers = np.empty(0)


def with_spread(engine: "Engine", query: Query, by: "Key", values: Sequence[Value], shared: "Shared") -> list[Value]:
    """The means with their interval, and the median and 90th percentile of what they are means of.

    The single amounts are what the rows of the numerator add, or each different thing that the denominator counts.
    """
    part = plain_amounts(query)
    if part:
        found = dict(shared.amounts(part, by))
    else:
        above, below = (query.measures[side] for side in (query.metric.numerator, query.metric.denominator))
        single = adds(engine, replace(above, distinct=below.distinct), query, by)
        found = {cell: np.array([add for add in each if add is not None], dtype=float) for cell, each in single.items()}
    places = {period: position for position, period in enumerate(query.periods)}
    amounts = [found.get((places[value.period], tuple(value.by.values())), NOTHING) for value in values]
    return [_told(*each) for each in zip(values, amounts, mean_intervals(amounts), strict=True)]


def _told(value: Value, amounts: Numbers, interval: Interval) -> Value:
    if value.reason is not None:
        return value.changed(extra={"median": None, "p90_amount": None, **value.extra})
    low, high = interval
    middle, upper = (_money(nearest_rank(amounts, share)) for share in (0.5, 0.9))
    return value.changed(
        low=None if low is None else round(low) / 100,
        high=None if high is None else round(high) / 100,
        extra={"median": middle, "p90_amount": upper, **value.extra},
    )


def _money(hundredths: float | None) -> Number | None:
    return None if hundredths is None else as_money(int(hundredths))
