"""The months since go-live with what they brought, out of facts and the user's figures."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from b24kpi.metrics import margin
from b24kpi.metrics.crm_return import Month, past
from b24kpi.metrics.crm_windows import Span, first_month, shifted, today
from b24kpi.metrics.margin import Sales
from b24kpi.metrics.model import Metric, Query, Reason
from b24kpi.metrics.period import Grain, Period
from b24kpi.metrics.ratios import Found, sums

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine

# So many months before are looked at: three years tell the season.
_MOST_BEFORE = 36


@dataclass(frozen=True)
class Returns:
    """Every complete month since go-live; why nothing can be said, if so; flags of what is left out or approximate."""

    months: tuple[Month, ...]
    reason: Reason | None
    flags: tuple[str, ...] = ()


def returns(engine: "Engine", metric: Metric) -> Returns:
    """What the CRM returned; of `metric` the streams that it needs are taken, and the measures sales and running."""
    crm = engine.figures.crm
    unreadable = engine.unreadable(metric)
    if unreadable or crm.go_live is None or not crm.investment:
        return Returns((), unreadable or Reason.NOT_CONFIGURED)
    before = _before(crm.go_live, first_month(engine))
    then, flags = _sums(engine, metric, "sales", before.months if before else ())
    known = past([(period.start.month, amount) for period, amount in then.items()], crm)
    has_margin = "margin" in crm.benefits and known.level is not None
    hourly = (engine.figures.hourly_rate or 0) * crm.saved_hours if "hours" in crm.benefits else Fraction(0)
    if not (has_margin or hourly):
        return Returns((), Reason.NOT_CONFIGURED)
    flags |= {"no_margin_benefit"} if "margin" in crm.benefits and not has_margin else set()
    flags |= {"no_hours_benefit"} if "hours" in crm.benefits and not hourly else set()
    periods = tuple(_since(crm.go_live, today(engine)))
    sales, marks = _sums(engine, metric, "sales", periods)
    rates = _rates(engine, metric, periods)
    running, _ = _sums(engine, metric, "running", periods)
    months = []
    for number, period in enumerate(periods):
        share, expected = _share(period), known.expected(period, number)
        due = None if expected is None else Fraction(round(Fraction(expected) * share))
        gain = (sales[period] - due) * rates[period] if has_margin and due is not None else Fraction(0)
        cost = crm.subscription * share + running[period]
        months.append(Month(period, share, sales[period], due, gain, hourly * share, cost))
    return Returns(tuple(months), None, tuple(sorted(flags | (marks if has_margin else set()))))


def _rates(engine: "Engine", metric: Metric, periods: tuple[Period, ...]) -> dict[Period, Fraction]:
    """Which part of a month's sales was margin; what the CRM added to them is taken to be of the same kind."""
    engine.set_periods(metric, periods)
    sold = margin.sales(engine, Query(metric, periods), ())
    share = engine.figures.margin
    return {period: sold.get((place, ()), Sales()).rate(share) for place, period in enumerate(periods)}


def _before(go_live: date, first: date | None) -> Span | None:
    """The complete months before go-live of which everything is known."""
    end = go_live.replace(day=1)
    start = max(first, shifted(end, -_MOST_BEFORE)) if first else end
    return Span(start, end) if start < end else None


def _since(go_live: date, now: date) -> Iterator[Period]:
    """Complete months; the first begins on the day of go-live."""
    end = shifted(go_live.replace(day=1), 1)
    start = go_live
    while end <= now:
        yield Period(start, end, Grain.MONTH)
        start, end = end, shifted(end, 1)


def _share(period: Period) -> Fraction:
    return Fraction((period.end - period.start).days, (period.end - period.start.replace(day=1)).days)


def _sums(
    engine: "Engine", metric: Metric, name: str, periods: tuple[Period, ...]
) -> tuple[dict[Period, Fraction], set[str]]:
    """Period → hundredths; flags of the rows."""
    engine.set_periods(metric, periods)
    cells = sums(engine, {name: metric.measures[name]}, Query(metric, periods), ())
    found = {period: cells.get((position, ()), Found()) for position, period in enumerate(periods)}
    amounts = {period: Fraction(each.sums.get(name, 0)) for period, each in found.items()}
    return amounts, {flag for each in found.values() for flag in each.flags}
