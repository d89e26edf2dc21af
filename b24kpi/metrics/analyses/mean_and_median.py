"""A mean, which is a ratio of two sums, with the median of what it is the mean of."""

from dataclasses import replace
from typing import TYPE_CHECKING

from b24kpi.metrics.model import Query, Value
from b24kpi.metrics.ratios import ratio_values
from b24kpi.metrics.spread import adds, median

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """As the ratio of the metric; `median` is that of what the denominator's distinct things add to the numerator."""
    metric = query.metric
    each = replace(metric.measures[metric.numerator], distinct=metric.measures[metric.denominator].distinct)
    spread = adds(engine, each, query, by)
    places = {period: position for position, period in enumerate(query.periods)}
    found = []
    for value in ratio_values(engine, query, by):
        cell = places[value.period], tuple(value.by[name] for name in by)
        middle = median(spread.get(cell, []))
        is_told = middle is not None and value.reason is None
        found.append(replace(value, extra={**value.extra, "median": float(middle) if is_told and middle else None}))
    return found
