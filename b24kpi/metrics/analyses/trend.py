"""Where sales are heading: the slope of Theil and Sen over the last twelve complete periods."""

from typing import TYPE_CHECKING

from b24kpi.metrics.estimates import money
from b24kpi.metrics.model import Number, Query, Reason, Unit, Value
from b24kpi.metrics.period import Period
from b24kpi.metrics.series import first_whole, is_complete, run_up_to, steps_between, sums
from b24kpi.metrics.statistics.trend import trend

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

LONGEST, FEWEST = 12, 6  # periods that a trend is read from
DIRECTIONS = {1: "trend_up", -1: "trend_down", 0: "trend_unclear"}


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """One value for each period and combination: by how much sales grow from period to period up to it."""
    first = first_whole(engine, query.periods[0].grain)
    runs = [_run(engine, period, first) for period in query.periods]
    whole = _tile([period for run in runs for period in run])
    found = sums(engine, query, query.metric.measures["sales"], whole, by)
    place = {period: position for position, period in enumerate(whole)}
    return [
        _value(engine, query, period, dict(zip(by, key, strict=True)), [float(series[place[each]]) for each in run])
        for key, series in sorted(found.items())
        for period, run in zip(query.periods, runs, strict=True)
    ]


def _run(engine: "Engine", period: Period, first: Period | None) -> list[Period]:
    """The complete periods up to the given one, as far as the history goes."""
    while not is_complete(engine, period):
        period = period.previous
    if first is None or period < first:
        return []
    return run_up_to(period, min(LONGEST, steps_between(first, period) + 1))


def _tile(known: list[Period]) -> list[Period]:
    return run_up_to(max(known), steps_between(min(known), max(known)) + 1) if known else []


def _value(engine: "Engine", query: Query, period: Period, by: dict[str, str], series: list[float]) -> Value:
    reason = engine.unreadable(query.metric)
    if reason is None and not any(series):
        reason = Reason.NO_EVENTS
    if reason is None and len(series) < FEWEST:
        reason = Reason.INSUFFICIENT_DATA
    if reason is not None:
        return Value(query.metric.id, period, by, None, Unit.MONEY, n=len(series), reason=reason)
    found = trend(series)
    mean = sum(series) / len(series)
    extra: dict[str, Number | None] = {"per_period": found.slope / mean if mean > 0 else None}
    return Value(
        metric=query.metric.id,
        period=period,
        by=by,
        value=money(found.slope),
        unit=Unit.MONEY,
        n=len(series),
        low=round(found.low) / 100,
        high=round(found.high) / 100,
        flags=(DIRECTIONS[found.direction],),
        extra=extra,
        units={"per_period": Unit.RATIO},
    )
