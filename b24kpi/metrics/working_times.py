"""Durations in working time, and the median of them with what is asked of every median."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from b24kpi.facts.work_calendar import WorkCalendar
from b24kpi.metrics.durations import reason_of
from b24kpi.metrics.model import Durations, Measure, Number, Query, Unit, Value
from b24kpi.metrics.needs import not_given
from b24kpi.metrics.observed import EMPTY, observations
from b24kpi.metrics.statistics.survival import Observations, kaplan_meier_quantile

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key

Readings = Callable[[Observations], dict[str, Number | None]]


def values_of(
    engine: "Engine",
    query: Query,
    by: "Key",
    observed: "Mapping[Cell, Observations]",
    further: Readings,
    units: Mapping[str, Unit],
) -> list[Value]:
    """The Kaplan-Meier median of each cell with its interval; `further` makes the other readings."""
    unknown = engine.unreadable(query.metric) or not_given(query.metric, engine.figures.constants)
    found = []
    for key in engine.keys(query, by, observed):
        for position, period in enumerate(query.periods):
            mine = observed.get((position, key), EMPTY)
            median = kaplan_meier_quantile(mine, 0.5)
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
                    extra=further(mine) if not unknown else {},
                    units=units,
                )
            )
    return found


def observe(
    engine: "Engine", query: Query, by: "Key", measure: Measure, start: str, end: str
) -> "dict[Cell, Observations]":
    """Working seconds from one reading of the clock to the other, or until now, of the rows that a measure counts."""
    part = Durations(measure.fact, measure.time, start, end, where=measure.where, dimensions=measure.dimensions)
    now = WorkCalendar(engine.figures.service.work_time, engine.zone).reading(engine.as_of)
    return observations(engine, part, (by,), query.where, now=now)[by]
