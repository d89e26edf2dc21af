"""What a customer will still bring within a year, on average over all customers, those who have left included."""

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from b24kpi.metrics.customer_histories import Visits, histories, read_visits
from b24kpi.metrics.estimates import money
from b24kpi.metrics.lifetime_value import Future, Holdout, are_related, holdout, is_enough, look_ahead, usual_cut
from b24kpi.metrics.margin import Sales, sales
from b24kpi.metrics.model import Number, Query, Reason, Unit, Value
from b24kpi.metrics.period import Period
from b24kpi.metrics.series import today

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

RELATED = "amounts_follow_frequency"
UNITS = {
    "expected_purchases": Unit.NUMBER,
    "alive": Unit.RATIO,
    "holdout_predicted": Unit.NUMBER,
    "holdout_actual": Unit.NUMBER,
}


@dataclass(frozen=True)
class Fitted:
    """The customers of one moment; without `future` for the `reason`."""

    count: "dict[Key, int]"
    future: Future | None = None
    check: Holdout | None = None
    reason: Reason | None = None
    flags: tuple[str, ...] = ()


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """One value for each period and combination. The model is one for all, the means are those of the combination."""
    visits = read_visits(engine, query, by)
    fitted = {period: fit(visits, last_day(engine, period)) for period in query.periods}
    sold = sales(engine, query, by)
    keys = sorted({key for each in fitted.values() for key in each.count}) if by else [()]
    return [
        _value(
            engine,
            query,
            visits,
            period,
            dict(zip(by, key, strict=True)),
            fitted[period],
            sold.get((position, key), Sales()).rate(engine.figures.margin),
        )
        for key in keys
        for position, period in enumerate(query.periods)
    ]


def last_day(engine: "Engine", period: Period) -> int:
    """The last day of a period of which something is known, counted one by one."""
    return min(period.end - timedelta(days=1), today(engine)).toordinal()


def fit(visits: Visits, day: int) -> Fitted:
    """The model of what is known at the end of a day, and how it would have done before."""
    known = histories(visits, day)
    count: dict[Key, int] = {}
    for place in known.customer.tolist():
        count[visits.keys[place]] = count.get(visits.keys[place], 0) + 1
    if not count:
        return Fitted(count, reason=Reason.NO_EVENTS)
    future = look_ahead(known) if is_enough(visits, known, day) else None
    if future is None:
        return Fitted(count, reason=Reason.INSUFFICIENT_DATA)
    check = holdout(visits, usual_cut(known, day), day)
    reason = Reason.INSUFFICIENT_DATA if future.value is None else None
    return Fitted(count, future, check, reason, (RELATED,) if are_related(known) else ())


def _value(
    engine: "Engine",
    query: Query,
    visits: Visits,
    period: Period,
    by: dict[str, str],
    fitted: Fitted,
    rate: Fraction,
) -> Value:
    key = tuple(by.values())
    count = fitted.count.get(key, 0)
    reason = engine.unreadable(query.metric) or (fitted.reason if count else Reason.NO_EVENTS)
    given: dict[str, Any] = {"metric": query.metric.id, "period": period, "by": by, "unit": Unit.MONEY, "n": count}
    if fitted.future is None or engine.unreadable(query.metric) or not count:
        return Value(value=None, reason=reason, **given)
    mine = _members(visits, key, fitted.future.of.customer)
    worth = fitted.future.value
    return Value(
        value=None if worth is None else money(float(worth[mine].mean()) * float(rate)),
        reason=reason,
        flags=fitted.flags,
        extra=_extra(visits, key, fitted, mine),
        units=UNITS,
        **given,
    )


def _members(visits: Visits, key: "Key", customers: Any) -> Any:
    return np.array([visits.keys[place] == key for place in customers.tolist()], dtype=bool)


def _extra(visits: Visits, key: "Key", fitted: Fitted, mine: Any) -> dict[str, Number | None]:
    future, check = fitted.future, fitted.check
    assert future
    extra: dict[str, Number | None] = {
        "expected_purchases": float(future.purchases[mine].mean()),
        "alive": float(future.alive[mine].mean()),
    }
    if check is not None:
        tested = _members(visits, key, check.customer)
        extra |= {
            "holdout_predicted": float(check.predicted[tested].sum()),
            "holdout_actual": float(check.actual[tested].sum()),
        }
    return extra
