"""Durations in working time, and the median of them with what is asked of every median."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from b24kpi.metrics.durations import reason_of
from b24kpi.metrics.model import Durations, Measure, Number, Query, Unit, Value
from b24kpi.metrics.needs import not_given
from b24kpi.metrics.observed import EMPTY
from b24kpi.metrics.statistics.survival import UNKNOWN, Observations, kaplan_meier

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key
    from b24kpi.metrics.shared import Shared

Readings = Callable[[Observations, float | None], dict[str, Number | None]]


def values_of(
    engine: "Engine",
    query: Query,
    by: "Key",
    cells: "Mapping[Cell, Observations]",
    upper: float,
    further: Readings,
    units: Mapping[str, Unit],
) -> list[Value]:
    """The Kaplan-Meier median of each cell with its interval; `further` makes the other readings.

    Args:
        upper: the share of all by whose end `further` is told the time.
    """
    unknown = engine.unreadable(query.metric) or not_given(query.metric, engine.figures.constants)
    found = []
    for key in engine.keys(query, by, cells):
        for position, period in enumerate(query.periods):
            mine = cells.get((position, key), EMPTY)
            curve = kaplan_meier(mine)
            median = curve.estimate(0.5) if curve else UNKNOWN
            reason = unknown or reason_of(len(mine.seconds), median.value)
            found.append(
                Value(
                    metric=query.metric.id,
                    period=period,
                    by=dict(zip(by, key, strict=True)),
                    value=None if reason else median.value,
                    unit=query.metric.unit,
                    n=len(mine.seconds),
                    low=None if reason else median.low,
                    high=None if reason else median.high,
                    reason=reason,
                    extra=further(mine, curve.time(upper) if curve else None) if not unknown else {},
                    units=units,
                )
            )
    return found


def timed(measure: Measure, start: str, end: str) -> Durations:
    """Working seconds from one reading of the clock to the other of the rows that a measure counts."""
    return Durations(measure.fact, measure.time, start, end, where=measure.where, dimensions=measure.dimensions)


def observed(part: Durations, by: "Key", shared: "Shared") -> "Mapping[Cell, Observations]":
    """Cells of such durations; what is open runs until now, by the same clock."""
    return shared.observations(part, by)
