"""Values of metrics that are made of durations: medians, and shares of what lasts so long."""

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from b24kpi.metrics.compiler import duration_statement
from b24kpi.metrics.model import Durations, Metric, Number, Query, Reason, Unit, Value
from b24kpi.metrics.period import Period
from b24kpi.metrics.statistics.survival import (
    Observations,
    kaplan_meier_quantile,
    kaplan_meier_share,
    median_of_event,
    nearest_rank,
)

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key

DAY = 86_400
EMPTY = Observations(np.empty(0), np.empty(0, dtype=bool), np.empty(0, dtype=bool))


def duration_values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """One value for each period and combination; what is still open is censored at the engine's `as_of`.

    A median; where the unit is a ratio, the share that is still open after the days of the customer base.
    """
    assert query.metric.durations
    observed = observations(engine, query.metric.durations, query, by)
    readings = {name: observations(engine, part, query, by) for name, part in query.metric.readings.items()}
    cells = {*observed, *(cell for reading in readings.values() for cell in reading)}
    return [
        _value(
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
        has_ended = end is not None and end <= engine.as_of
        stop = end if has_ended else engine.as_of
        found[cell].append((max(stop - start, 0), has_ended, has_ended and outcome == part.event))
    return {cell: _observations(rows) for cell, rows in found.items()}


def _observations(rows: list[tuple[float, bool, bool]]) -> Observations:
    seconds, ended, event = zip(*rows, strict=True)
    return Observations(np.array(seconds, dtype=float), np.array(ended), np.array(event))


def _value(
    engine: "Engine",
    query: Query,
    period: Period,
    by: Mapping[str, str],
    observed: Observations,
    readings: Mapping[str, Observations],
) -> Value:
    metric, count = query.metric, len(observed.seconds)
    is_share = metric.unit is Unit.RATIO
    horizon = DAY * engine.figures.base_days
    estimate = kaplan_meier_share(observed, horizon) if is_share else kaplan_meier_quantile(observed, 0.5)
    reason = engine.unreadable(metric) or _reason(count, estimate.value)
    return Value(
        metric=metric.id,
        period=period,
        by=by,
        value=None if reason else estimate.value,
        unit=metric.unit,
        n=count,
        low=None if reason else estimate.low,
        high=None if reason else estimate.high,
        reason=reason,
        extra={} if is_share else _extra(metric, observed, readings),
    )


def _extra(metric: Metric, observed: Observations, readings: Mapping[str, Observations]) -> dict[str, Number | None]:
    extra: dict[str, Number | None] = {"p80": kaplan_meier_quantile(observed, 0.8).value}
    extra |= {name: nearest_rank(reading.seconds, 0.5) for name, reading in readings.items()}
    if metric.durations and metric.durations.event:
        extra["time_to_win"] = median_of_event(observed)
    finished = observed.seconds[observed.ended]
    return extra | {"mean_of_finished": float(finished.mean()) if len(finished) else None}


def _reason(count: int, value: float | None) -> Reason | None:
    if not count:
        return Reason.NO_EVENTS
    return Reason.NOT_MATURE if value is None else None
