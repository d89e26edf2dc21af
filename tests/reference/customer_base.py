"""Metrics of the customer base: who bought within the last W days, day by day; and of first and second purchases."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from math import ceil

from tests.reference import slices
from tests.reference.durations import of_first, won_at
from tests.reference.periods import Period
from tests.reference.plan import Survey, always
from tests.reference.results import Result, rate, ratio, total
from tests.reference.world import World

By = Sequence[str]


@dataclass(frozen=True)
class Customer:
    """The days of a customer's purchases, in order; each keeps him in the base for `base_days`, itself included."""

    days: tuple[date, ...]
    base_days: int

    def is_in_base(self, day: date) -> bool:
        """Whether he belongs to the base on the day."""
        return any(bought <= day < bought + timedelta(days=self.base_days) for bought in self.days)

    def bought(self, period: Period) -> int:
        """How many purchases lie in the period."""
        return sum(1 for day in self.days if period.holds(day))

    def is_new(self, period: Period) -> bool:
        """Whether the first purchase lies in the period."""
        return period.holds(self.days[0])


def new_customer_growth(world: World, by: By) -> Survey:
    """New customers against those of the period before."""
    return _survey(world, by, _growth)


def base(world: World, by: By) -> Survey:
    """Customers in the base on the last day, and who came and went since the day before the first."""
    return _survey(world, by, lambda found, period: _moved(world, found, period))


def crr(world: World, by: By) -> Survey:
    """Customers of the base on the last day who were not new, per customer of the base on the day before the first."""
    return _survey(world, by, lambda found, period: _retention(world, found, period))


def crr_strict(world: World, by: By) -> Survey:
    """Customers of the base on the day before the first who are in it on the last day."""
    return _survey(world, by, lambda found, period: _strict(world, found, period))


def purchase_frequency(world: World, by: By) -> Survey:
    """Purchases in 365 days of belonging to the base."""
    return _survey(world, by, lambda found, period: _frequency(world, found, period))


def one_time_buyers(world: World, by: By) -> Survey:
    """Customers with one purchase among those who are older than 90 % of all gaps between purchases."""
    gaps = sorted((b - a).days for life in customers(world).values() for a, b in pairwise(life.days))
    ripe_after = gaps[ceil(Fraction(9, 10) * len(gaps)) - 1] if gaps else None
    return _survey(world, by, lambda found, period: _once(world, found, period, ripe_after))


def _survey(world: World, by: By, judge: Callable[[list[Customer], Period], Result]) -> Survey:
    slices.check(by, slices.DEAL)
    lives = customers(world)
    units = [(of_first(world, p, by), lives[p.customer]) for p in world.purchases if p.number == 1]
    return Survey(units, judge, always(by))


def customers(world: World) -> dict[str, Customer]:
    """Everybody who ever bought, by his key."""
    days: dict[str, list[date]] = {}
    for purchase in world.purchases:
        days.setdefault(purchase.customer, []).append(world.day(won_at(purchase.deal)))
    return {customer: Customer(tuple(own), world.base_days) for customer, own in days.items()}


def last_day(world: World, period: Period) -> date:
    """The last day of the period of which anything is known."""
    return min(period.end - timedelta(days=1), world.day(world.as_of))


def _at_end(world: World, found: Sequence[Customer], period: Period) -> list[Customer]:
    return [each for each in found if each.is_in_base(last_day(world, period))]


def _at_start(found: Sequence[Customer], period: Period) -> list[Customer]:
    return [each for each in found if each.is_in_base(period.start - timedelta(days=1))]


def _moved(world: World, found: Sequence[Customer], period: Period) -> Result:
    now, before = _at_end(world, found, period), _at_start(found, period)
    came = [each for each in now if each not in before]
    newcomers = sum(1 for each in came if each.is_new(period))
    extra = {"at_start": len(before), "newcomers": newcomers, "reactivated": len(came) - newcomers}
    return total(len(now), len(now), **extra, left=sum(1 for each in before if each not in now))


def _growth(found: Sequence[Customer], period: Period) -> Result:
    new, before = (sum(1 for each in found if each.is_new(when)) for when in (period, period.previous))
    return ratio(new - before, before, new)


def _retention(world: World, found: Sequence[Customer], period: Period) -> Result:
    kept = sum(1 for each in _at_end(world, found, period) if not period.start <= each.days[0])
    earlier = len(_at_start(found, period))
    return ratio(kept, earlier, earlier)


def _strict(world: World, found: Sequence[Customer], period: Period) -> Result:
    earlier = _at_start(found, period)
    return rate(len(_at_end(world, earlier, period)), len(earlier))


def _frequency(world: World, found: Sequence[Customer], period: Period) -> Result:
    purchases = sum(each.bought(period) for each in found)
    span = (last_day(world, period) - period.start).days + 1
    days = [period.start + timedelta(days=number) for number in range(span)]
    exposure = sum(1 for each in found for day in days if each.is_in_base(day))
    return ratio(365 * purchases, exposure, purchases)


def _once(world: World, found: Sequence[Customer], period: Period, ripe_after: int | None) -> Result:
    if ripe_after is None:
        return ratio(0, 0, 0, empty="not_mature")
    oldest = last_day(world, period) - timedelta(days=ripe_after)
    ripe = [each for each in found if each.days[0] <= oldest]
    if not ripe:
        return ratio(0, 0, 0, empty="not_mature")
    return rate(sum(1 for each in ripe if sum(1 for day in each.days if day < period.end) == 1), len(ripe))
