"""Values of metrics that are medians of durations."""

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from b24kpi.metrics.compiler import duration_statement
from b24kpi.metrics.model import Durations, Number, Query, Reason, Value
from b24kpi.metrics.period import Period
from b24kpi.metrics.statistics.survival import Observations, kaplan_meier_quantile, median_of_event, nearest_rank

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key

EMPTY = Observations(np.empty(0), np.empty(0, dtype=bool), np.empty(0, dtype=bool))


def duration_values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """One value for each period and combination; what is still open is censored at the engine's `as_of`."""
    assert query.metric.durations
    observed = observations(engine, query.metric.durations, query, by)
    readings = {name: observations(engine, part, query, by) for name, part in query.metric.readings.items()}
    cells = {*observed, *(cell for reading in readings.values() for cell in reading)}
    return [
        _median(
            engine,
            query,
            period,
            dict(zip(by, key, strict=True)),
            observed.get((position, key), EMPTY),
            {name: reading.get((position, key), EMPTY) for name, reading in readings.items()},
        )
        for key in engine.keys(query, by, cells)
        for position, period in enumerate(query.periods)
    ]


def observations(engine: "Engine", part: Durations, query: Query, by: "Key") -> "dict[Cell, Observations]":
    """The durations behind each cell."""
    found: dict[Cell, list[tuple[float, bool, bool]]] = defaultdict(list)
    for cell, (start, end, outcome) in engine.rows(duration_statement(part, by, query.where), len(by)):
        stop = engine.as_of if end is None else end
        found[cell].append((max(stop - start, 0), end is not None, end is not None and outcome == part.event))
    return {cell: _observations(rows) for cell, rows in found.items()}


def _observations(rows: list[tuple[float, bool, bool]]) -> Observations:
    seconds, ended, event = zip(*rows, strict=True)
    return Observations(np.array(seconds, dtype=float), np.array(ended), np.array(event))


def _median(
    engine: "Engine",
    query: Query,
    period: Period,
    by: Mapping[str, str],
    observed: Observations,
    readings: Mapping[str, Observations],
) -> Value:
    count = len(observed.seconds)
    median = kaplan_meier_quantile(observed, 0.5)
    reason = engine.unreadable(query.metric) or _reason(count, median.value)
    extra: dict[str, Number | None] = {"p80": kaplan_meier_quantile(observed, 0.8).value}
    extra |= {name: nearest_rank(reading.seconds, 0.5) for name, reading in readings.items()}
    if query.metric.durations and query.metric.durations.event:
        extra["time_to_win"] = median_of_event(observed)
    return Value(
        metric=query.metric.id,
        period=period,
        by=by,
        value=None if reason else median.value,
        unit=query.metric.unit,
        n=count,
        low=None if reason else median.low,
        high=None if reason else median.high,
        reason=reason,
        extra=extra,
    )


def _reason(count: int, median: float | None) -> Reason | None:
    if not count:
        return Reason.NO_EVENTS
    return Reason.NOT_MATURE if median is None else None
