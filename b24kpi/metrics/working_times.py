"""Durations in working time, and the median of them with what is asked of every median."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from b24kpi.facts.work_calendar import WorkCalendar
from b24kpi.metrics.compiler import duration_statement
from b24kpi.metrics.model import Durations, Measure, Number, Query, Reason, Unit, Value
from b24kpi.metrics.needs import not_given
from b24kpi.metrics.statistics.survival import Observations, kaplan_meier_quantile

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key

EMPTY = Observations(np.empty(0), np.empty(0, dtype=bool), np.empty(0, dtype=bool))
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
            reason = unknown or _reason(len(mine.seconds), median.value)
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
    rows: dict[Cell, list[tuple[int, bool]]] = defaultdict(list)
    for cell, (begun, ended, _) in engine.rows(duration_statement(part, by, query.where), len(by)):
        is_over = ended is not None and ended <= now
        rows[cell].append((max((ended if is_over else now) - begun, 0), is_over))
    return {cell: _observations(found) for cell, found in rows.items()}


def _observations(rows: list[tuple[int, bool]]) -> Observations:
    seconds, ended = zip(*rows, strict=True)
    return Observations(np.array(seconds, dtype=float), np.array(ended), np.zeros(len(rows), dtype=bool))


def _reason(count: int, value: float | None) -> Reason | None:
    if not count:
        return Reason.NO_EVENTS
    return Reason.NOT_MATURE if value is None else None
