"""Whether a plan can be reached: the share of the simulated sales of its period that do."""

from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from b24kpi.metrics.analyses.sales_forecast import TESTED
from b24kpi.metrics.model import Number, Query, Reason, Unit, Value
from b24kpi.metrics.period import Period
from b24kpi.metrics.prospects import Book, book_of
from b24kpi.metrics.series import is_complete, run_up_to
from b24kpi.metrics.statistics.simulation import draw, probability_of

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

LEAST = 6  # periods of new business without which nothing is said of a plan


class Plans(Protocol):
    """The plans that people gave."""

    def sales(self, period: Period, by: dict[str, str]) -> Fraction | None:
        """Planned sales of a period and combination of dimensions, in hundredths; None where nothing is planned."""


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """One value for each period and combination; `attained` of the last twelve `planned` periods reached their plan."""
    from b24kpi.metrics.plan_table import plans_of

    book, plans = book_of(engine, query, by), plans_of(engine)
    keys = book.keys if by else [()]
    return [
        _value(engine, query, book, plans, period, dict(zip(by, key, strict=True)))
        for key in keys
        for period in query.periods
    ]


def _value(engine: "Engine", query: Query, book: Book, plans: Plans, period: Period, by: dict[str, str]) -> Value:
    plan, key, cut = plans.sales(period, by), tuple(by.values()), book.cut(period)
    reason = engine.unreadable(query.metric)
    if reason is None and (plan is None or plan <= 0):
        reason = Reason.NOT_CONFIGURED
    prospects = book.prospects(period, cut, key, LEAST) if reason is None and book.is_known_at(cut) else None
    if reason is None and (prospects is None or prospects.new is None):
        reason = Reason.INSUFFICIENT_DATA
    if plan is None or prospects is None or reason is not None:
        return Value(query.metric.id, period, by, None, Unit.RATIO, reason=reason)
    return Value(
        metric=query.metric.id,
        period=period,
        by=by,
        value=probability_of(float(plan), draw(prospects)),
        unit=Unit.RATIO,
        n=len(prospects.amounts),
        flags=("foreseen",) if is_complete(engine, period) else (),
        extra=_attainment(book, plans, cut.present.previous, by),
        units={"planned": Unit.COUNT, "attained": Unit.COUNT},
    )


def _attainment(book: Book, plans: Plans, last: Period, by: dict[str, str]) -> dict[str, Number | None]:
    """How often plans were reached of late."""
    known = [(period, plan) for period in run_up_to(last, TESTED) if (plan := plans.sales(period, by)) is not None]
    reached = [period for period, plan in known if book.actual(period, tuple(by.values())) >= plan]
    return {"planned": len(known), "attained": len(reached)}
