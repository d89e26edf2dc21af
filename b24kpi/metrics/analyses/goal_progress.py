"""How far each planned KPI has come from where it began to its goal, and whether that is as far as it should be."""

from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from b24kpi.metrics.catalogue import load
from b24kpi.metrics.model import Metric, Number, Query, Reason, Unit, Value
from b24kpi.metrics.pace import expected_share
from b24kpi.metrics.period import Period
from b24kpi.metrics.ratios import as_money
from b24kpi.metrics.targets import Targets, is_sum

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

ITSELF = ("plan_attainment", "goal_progress")


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """(value − baseline) / (goal − baseline) of each KPI of which the company has a plan for any of the periods.

    A sum begins at 0, any other KPI at its value of the period before. Beside it the `current` value, the `baseline`,
    the `goal`, the `expected_share` and `on_track`: 1 where the progress is not below that share.
    """
    targets = Targets.of_store(engine.store)
    today = datetime.fromtimestamp(engine.as_of, engine.zone).date()
    found = []
    for metric in sorted((each for each in load() if each.id in targets.metrics), key=lambda each: each.id):
        goals = {period: targets.amount(metric, period, {}) for period in query.periods}
        wanted = query.where.get("kpi", metric.id) == metric.id
        if wanted and not metric.fixed and metric.id not in ITSELF and any(goals.values()):
            found += _of_metric(engine, query, metric, goals, today)
    return found or [_nothing(query, period) for period in query.periods]


def _of_metric(
    engine: "Engine", query: Query, metric: Metric, goals: dict[Period, Fraction | None], today: date
) -> list[Value]:
    asked = dict.fromkeys(each for period in query.periods for each in (period.previous, period))
    known = {value.period: value for value in engine.values(Query(metric, tuple(asked)))}
    unreadable = engine.unreadable(query.metric)
    return [
        _value(query, metric, known[period], known[period.previous], goals[period], today, unreadable)
        for period in query.periods
    ]


def _value(
    query: Query,
    metric: Metric,
    value: Value,
    before: Value,
    goal: Fraction | None,
    today: date,
    unreadable: Reason | None,
) -> Value:
    now, start = _exact(value), Fraction(0) if is_sum(metric) else _exact(before)
    share = expected_share(value.period, today)
    reason = unreadable or _reason(value, now, start, goal)
    progress = None
    if not reason and now is not None and start is not None and goal is not None:
        progress = (now - start) / (goal - start)
    extra: dict[str, Number | None] = {
        "current": value.value,
        "baseline": _in_unit(start, metric),
        "goal": _in_unit(goal, metric),
        "expected_share": None if progress is None else float(share),
        "on_track": None if progress is None else int(progress >= share),
    }
    units = {**dict.fromkeys(("current", "baseline", "goal"), metric.unit), "on_track": Unit.COUNT}
    return Value(
        metric=query.metric.id,
        period=value.period,
        by={"kpi": metric.id},
        value=None if progress is None else float(progress),
        unit=Unit.RATIO,
        n=0 if reason is Reason.NOT_CONFIGURED else value.n,
        reason=reason,
        extra=extra,
        units=units,
    )


def _reason(value: Value, now: Fraction | None, start: Fraction | None, goal: Fraction | None) -> Reason | None:
    if goal is None or goal <= 0:
        return Reason.NOT_CONFIGURED
    if now is None:
        return value.reason
    return Reason.INSUFFICIENT_DATA if start is None or start == goal else None


def _exact(value: Value) -> Fraction | None:
    """As plans count: money in hundredths."""
    if value.value is None:
        return None
    if value.unit is Unit.RATIO and value.numerator is not None and value.denominator:
        return Fraction(value.numerator) / Fraction(value.denominator)
    return Fraction(value.value) * (100 if value.unit is Unit.MONEY else 1)


def _in_unit(exact: Fraction | None, metric: Metric) -> Number | None:
    if exact is None:
        return None
    return as_money(exact) if metric.unit is Unit.MONEY else float(exact)


def _nothing(query: Query, period: Period) -> Value:
    """Nothing is planned: one line that says so."""
    by = {"kpi": query.where.get("kpi", "")}
    return Value(query.metric.id, period, by, None, Unit.RATIO, reason=Reason.NOT_CONFIGURED)
