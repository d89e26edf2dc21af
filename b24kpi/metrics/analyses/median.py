"""The median of what the rows of one measure add, beside the medians of others."""

from typing import TYPE_CHECKING

from b24kpi.metrics.model import Query, Reason, Value
from b24kpi.metrics.spread import adds, median

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """The metric's `numerator` names the measure; the other measures are further readings by their names."""
    metric = query.metric
    spreads = {name: adds(engine, measure, query, by) for name, measure in metric.measures.items()}
    unreadable = engine.unreadable(metric)
    cells = {cell for spread in spreads.values() for cell in spread}
    found = []
    for key in engine.keys(query, by, cells):
        for position, period in enumerate(query.periods):
            numbers = {name: spread.get((position, key), []) for name, spread in spreads.items()}
            middles = {name: median(each) for name, each in numbers.items()}
            reason = unreadable or (Reason.NO_EVENTS if middles[metric.numerator] is None else None)
            readings = {name: None if each is None else float(each) for name, each in middles.items()}
            own = readings.pop(metric.numerator)
            found.append(
                Value(
                    metric=metric.id,
                    period=period,
                    by=dict(zip(by, key, strict=True)),
                    value=None if reason else own,
                    unit=metric.unit,
                    n=len(numbers[metric.numerator]),
                    reason=reason,
                    extra={} if unreadable else readings,
                )
            )
    return found
