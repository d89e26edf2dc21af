"""What the CRM returns month by month, and when that reaches what was paid for it.

A month's benefit is the margin of the sales beyond those expected without the CRM, and the hours saved at the hourly
rate; less what the CRM costs to run. Expected sales are a level (the figure of the settings, else the mean of the last
year before), times the season of the month where a year is known, times the trend where two are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from b24kpi.facts.crm_figures import CrmFigures
from b24kpi.metrics.period import Period
from b24kpi.metrics.statistics.means import Sample, mean_interval

YEAR = 12
# The mean of the year before lies so many months before the beginning of the first month with the CRM …
_CENTRE = 6
# … and that of a month half a month after the month's beginning.
_HALF = 0.5
# So many of the last months tell what is to come.
RECENT, ENOUGH = 6, 3


@dataclass(frozen=True)
class Past:
    """What sales were before; money in hundredths.

    Attributes:
        level: a month; None where nothing is known.
        seasons: calendar month → its share of a mean month; empty where less than a year is known.
        growth: a year's sales over those of the year before; 1 where less than two are known.
    """

    level: float | None
    seasons: Mapping[int, float]
    growth: float = 1.0

    def expected(self, month: Period, number: int) -> float | None:
        """Sales of a whole month without the CRM; `number` counts the months from 0."""
        if self.level is None:
            return None
        distance = number + _CENTRE + _HALF
        trend: float = self.growth ** (distance / YEAR)
        return self.level * self.seasons.get(month.start.month, 1.0) * trend


@dataclass(frozen=True)
class Month:
    """A month with the CRM; `share` of it, for the first may begin in the middle. Money in hundredths.

    Attributes:
        expected: sales without the CRM; None where unknown.
        margin: what it brought beyond them; hours: what saved hours are worth; running: what the CRM cost.
    """

    period: Period
    share: Fraction
    sales: Fraction
    expected: Fraction | None
    margin: Fraction
    hours: Fraction
    running: Fraction

    @property
    def net(self) -> Fraction:
        return self.margin + self.hours - self.running


@dataclass(frozen=True)
class Projection:
    """Months from the beginning until all is paid back, if it goes on as of late; a bound is None where it never is."""

    months: float
    low: float | None
    high: float | None


def past(sales: Sequence[tuple[int, Fraction]], crm: CrmFigures) -> Past:
    """What the sales before the CRM were.

    Args:
        sales: (calendar month, sales) of the months before, oldest first, without gaps.
    """
    amounts = [float(amount) for _, amount in sales]
    given = crm.baseline.get("total_sales")
    level = float(given) if given is not None else _mean(amounts[-YEAR:])
    return Past(
        level,
        _seasons([(month, float(amount)) for month, amount in sales]) if "season" in crm.counterfactual else {},
        _growth(amounts) if "trend" in crm.counterfactual else 1.0,
    )


def paid_back_after(months: Sequence[Month], investment: Fraction) -> float | None:
    """Months from the beginning until the net benefit reaches the investment, linear within a month; None: not yet."""
    before, passed = Fraction(0), Fraction(0)
    for month in months:
        after = before + month.net
        if after >= investment:
            return float(passed + month.share * (investment - before) / month.net)
        before, passed = after, passed + month.share
    return None


def totals(months: Sequence[Month]) -> list[Fraction]:
    """The net benefit by the end of each month."""
    return list(accumulate(month.net for month in months))


def projected(months: Sequence[Month], investment: Fraction) -> Projection | None:
    """When it is paid back if it goes on as in the last whole months; None where never, or too little is known."""
    recent = [float(month.net) for month in months if month.share == 1][-RECENT:]
    if len(recent) < ENOUGH:
        return None
    sample = Sample.of(recent)
    left = float(investment - sum((month.net for month in months), Fraction(0)))
    passed = float(sum((month.share for month in months), Fraction(0)))
    slow, fast = mean_interval(sample)
    if sample.mean <= 0:
        return None
    return Projection(passed + left / sample.mean, passed + left / fast, passed + left / slow if slow > 0 else None)


def _mean(amounts: Sequence[float]) -> float | None:
    return sum(amounts) / len(amounts) if amounts else None


def _seasons(sales: Sequence[tuple[int, float]]) -> dict[int, float]:
    """Of whole years, the mean of each calendar month over the mean of all months."""
    years = len(sales) // YEAR
    known = sales[len(sales) - years * YEAR :]
    mean = _mean([amount for _, amount in known])
    if not mean or mean <= 0:
        return {}
    return {
        month: sum(amount for other, amount in known if other == month) / years / mean for month in range(1, YEAR + 1)
    }


def _growth(amounts: Sequence[float]) -> float:
    last, before = sum(amounts[-YEAR:]), sum(amounts[-2 * YEAR : -YEAR])
    return last / before if len(amounts) >= 2 * YEAR and last > 0 and before > 0 else 1.0
