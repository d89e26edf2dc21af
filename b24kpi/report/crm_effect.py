"""What the CRM has changed: KPIs before and after it, how their course broke, and when it pays for itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from b24kpi.facts.crm_figures import COMPARED
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.crm_comparison import Comparison, compare, history_from
from b24kpi.metrics.crm_months import Returns, returns
from b24kpi.metrics.crm_return import Projection, paid_back_after, projected, totals
from b24kpi.metrics.crm_windows import (
    Basis,
    Counterpart,
    Span,
    after_span,
    counterpart,
    first_month,
    learnt_from,
    month_from,
    shifted,
    today,
)  # fmt: skip
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Metric, Query, Reason
from b24kpi.metrics.period import Period
from b24kpi.metrics.statistics.interrupted import Break, interruption
from b24kpi.report.grounds import Grounds, grounds_of

PARTS = ("crm_before_after", "crm_payback")
# So many months on either side make the course of a KPI.
COURSE = 24


class Verdict(StrEnum):
    """What a difference says."""

    BETTER = "better"
    WORSE = "worse"
    WITHIN_NOISE = "within_noise"
    TOO_FEW = "too_few"


@dataclass(frozen=True)
class Compared:
    """A KPI on both sides, and how its course broke; months are the unit of its time, `course` None where too short."""

    comparison: Comparison
    verdict: Verdict
    course: Break | None


@dataclass(frozen=True)
class Payback:
    """How the investment returns; money in hundredths, `months` from go-live."""

    returns: Returns
    investment: Fraction
    months: float | None
    projection: Projection | None

    @property
    def recovered(self) -> Fraction:
        return sum((month.net for month in self.returns.months), Fraction(0))

    @property
    def fell_back(self) -> bool:
        """Whether the net benefit came below the investment again after it had reached it."""
        reached = [total >= self.investment for total in totals(self.returns.months)]
        return True in reached and False in reached[reached.index(True) :]

    @property
    def passed(self) -> Fraction:
        """Months that have passed since go-live, as far as they are complete."""
        return sum((month.share for month in self.returns.months), Fraction(0))


@dataclass(frozen=True)
class Effect:
    """All that can be said; `after` is None where no month with the CRM is complete, `go_live` where nobody told it."""

    go_live: date | None
    adaptation_days: int
    after: Span | None
    before: Counterpart
    compared: tuple[Compared, ...]
    payback: Payback
    grounds: Grounds


def measure_effect(engine: Engine, *, currency: str) -> Effect:
    """Compare and add up, by the figures of the settings."""
    crm = engine.figures.crm
    after = crm.go_live and after_span(crm.go_live, crm.adaptation_days, today(engine))
    nothing = Counterpart(None, Basis.NOTHING)
    before = counterpart(after, crm.go_live, first_month(engine)) if after and crm.go_live else nothing
    return Effect(
        go_live=crm.go_live,
        adaptation_days=crm.adaptation_days,
        after=after or None,
        before=before,
        compared=_compared(engine, after, before) if after else (),
        payback=_payback(engine),
        grounds=grounds_of(engine, currency, PARTS),
    )


def _compared(engine: Engine, after: Span, before: Counterpart) -> tuple[Compared, ...]:
    known_from = history_from(engine)
    found = []
    for name in COMPARED:
        (comparison,) = compare(engine, name, [(after, before)], known_from)
        found.append(Compared(comparison, _verdict(comparison, find(name)), _course(engine, find(name))))
    return tuple(found)


def _verdict(comparison: Comparison, metric: Metric) -> Verdict:
    if comparison.is_clear is None or comparison.difference is None:
        return Verdict.TOO_FEW
    if not comparison.is_clear:
        return Verdict.WITHIN_NOISE
    return Verdict.BETTER if (comparison.difference > 0) == (metric.better == "up") else Verdict.WORSE


def _course(engine: Engine, metric: Metric) -> Break | None:
    """The break between the months before go-live and those after people had learnt the CRM."""
    crm, first = engine.figures.crm, first_month(engine)
    if crm.go_live is None or first is None:
        return None
    end, now = crm.go_live.replace(day=1), today(engine).replace(day=1)
    begin = month_from(learnt_from(crm.go_live, crm.adaptation_days))
    before = Span(max(first, shifted(end, -COURSE)), end).months
    after = Span(max(begin, shifted(now, -COURSE)), now).months
    values = engine.values(Query(metric, (*before, *after))) if before and after else []
    points = {value.period: float(value.value) for value in values if value.value is not None}
    return interruption(_points(before, points, begin), _points(after, points, begin))


def _points(months: Sequence[Period], values: Mapping[Period, float], begin: date) -> list[tuple[float, float]]:
    return [(_months_between(begin, month.start), values[month]) for month in months if month in values]


def _months_between(one: date, other: date) -> int:
    return (other.year - one.year) * 12 + other.month - one.month


def _payback(engine: Engine) -> Payback:
    found, investment = returns(engine, find("crm_payback")), engine.figures.crm.investment
    reached = paid_back_after(found.months, investment) if found.months else None
    ahead = projected(found.months, investment) if found.months and reached is None else None
    return Payback(found, investment, reached, ahead)


def reason_of(effect: Effect) -> Reason | None:
    """Why there is no payback period; None where there is one."""
    payback = effect.payback
    if payback.returns.reason is not None or payback.months is not None:
        return payback.returns.reason
    return Reason.NOT_MATURE if payback.returns.months else Reason.NO_EVENTS
