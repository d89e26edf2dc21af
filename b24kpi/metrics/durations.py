"""Values of metrics that are made of durations: medians, and shares of what lasts so long."""

from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING

from b24kpi.metrics.model import Metric, Number, Query, Reason, Unit, Value
from b24kpi.metrics.needs import not_given
from b24kpi.metrics.observed import EMPTY, rank_in
from b24kpi.metrics.period import Period
from b24kpi.metrics.statistics.survival import (
    UNKNOWN,
    Curve,
    Observations,
    cumulative_incidence,
    kaplan_meier,
    kaplan_meier_share,
)

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key
    from b24kpi.metrics.shared import Shared

DAY = 86_400
UNITS = {"eventual": Unit.RATIO}


def duration_values(engine: "Engine", query: Query, by: "Key", shared: "Shared") -> list[Value]:
    """One value for each period and combination; what is still open is censored at the engine's `as_of`.

    A median; where the unit is a ratio, the share that is still open after the days of the customer base.
    """
    assert query.metric.durations
    observed = shared.observations(query.metric.durations, by)
    readings = {name: shared.observations(part, by) for name, part in query.metric.readings.items()}
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
    curve = None if is_share else kaplan_meier(observed)
    if is_share:
        estimate = kaplan_meier_share(observed, DAY * engine.figures.base_days)
    else:
        estimate = curve.estimate(0.5) if curve else UNKNOWN
    unknown = engine.unreadable(metric) or not_given(metric, engine.figures.constants)
    reason = unknown or reason_of(count, estimate.value)
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
        extra={} if is_share else _spread(curve) | _extra(metric, observed, curve, readings),
        units=UNITS,
    )


def _spread(curve: Curve | None) -> dict[str, Number | None]:
    p80, p90 = (curve.time(share) if curve else None for share in (0.8, 0.9))
    return {"p80": p80, "p90": p90, "mean": curve.mean if curve else None}


def _extra(
    metric: Metric, observed: Observations, curve: Curve | None, readings: Mapping[str, Observations]
) -> dict[str, Number | None]:
    extra: dict[str, Number | None] = {name: rank_in(reading.seconds, 0.5) for name, reading in readings.items()}
    if metric.durations and metric.durations.event:
        incidence = (curve.incidence() if curve else cumulative_incidence(observed)) if len(observed.seconds) else None
        extra["time_to_win"] = incidence and incidence.median
        extra["eventual"] = incidence and incidence.at(inf)
    finished = observed.seconds[observed.ended]
    return extra | {"mean_of_finished": float(finished.mean()) if len(finished) else None}


def reason_of(count: int, value: float | None) -> Reason | None:
    """Why so many observations have no such quantile."""
    if not count:
        return Reason.NO_EVENTS
    return Reason.NOT_MATURE if value is None else None
