"""Metrics of costs of every kind: retention_vs_acquisition, cost_per_order, cost_to_serve, income_expense."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from tests.reference import customer_base, slices
from tests.reference.cold import seconds
from tests.reference.contacts import Touch, touches
from tests.reference.durations import won_at
from tests.reference.periods import Period
from tests.reference.plan import Survey
from tests.reference.results import Result, cents, ratio, total
from tests.reference.world import Deal, World

By = Sequence[str]
NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Books:
    """Everything of one period."""

    world: World
    period: Period

    def spent(self, *kinds: str) -> int:
        """Costs of these kinds, or of all."""
        return sum(
            cost["amount"]
            for cost in self.world.costs
            if self.period.holds(_date(cost["day"])) and (not kinds or cost["kind"] in kinds)
        )

    def deals(self) -> list[Deal]:
        """Those that were won."""
        return [deal for deal, at in self.world.won() if self.period.holds(self.world.day(at))]

    def won(self) -> list[int]:
        """Money of each deal won."""
        return [deal.money for deal in self.deals()]

    def is_of_deal(self, touch: Touch) -> bool:
        """Whether a contact of the period was about a deal."""
        return touch.deal is not None and self.period.holds(self.world.day(touch.at))

    def new_customers(self) -> int:
        """How many bought for the first time."""
        first = [self.world.day(won_at(p.deal)) for p in self.world.purchases if p.number == 1]
        return sum(1 for day in first if self.period.holds(day))


def retention_vs_acquisition(world: World, by: By) -> Survey:
    """What a new customer cost, in terms of what it cost to keep one."""
    return _survey(world, by, _against)


def cost_per_order(world: World, by: By) -> Survey:
    """Processing of orders, per won deal."""
    return _survey(world, by, _per_order)


def cost_to_serve(world: World, by: By) -> Survey:
    """Service, per customer in the base on the last day."""
    return _survey(world, by, lambda books: _per(books.spent("service"), _base(books)))


def income_expense(world: World, by: By) -> Survey:
    """Margin less all costs."""
    return _survey(world, by, _result)


def _survey(world: World, by: By, judge: Callable[[Books], Result]) -> Survey:
    slices.check(by, NONE)
    return Survey([], lambda _, period: judge(Books(world, period)), ((),))


def _base(books: Books) -> int:
    found = customer_base.base(books.world, ()).values([books.period])
    return int(found[books.period.label, ()].value or 0)


def _kept(books: Books) -> int:
    found = customer_base.crr_strict(books.world, ()).values([books.period])
    return int(found[books.period.label, ()].numerator or 0)


def _per(cost: int, units: int) -> Result:
    if cost == 0:
        return Result(None, Fraction(0), Fraction(units), units, reason="not_configured")
    return ratio(cost, units, units)


def _per_order(books: Books) -> Result:
    """By costs, else by the time of contacts about deals at the hourly rate."""
    found = _per(books.spent("orders"), len(books.won()))
    hours = Fraction(sum(seconds(each) for each in touches(books.world) if books.is_of_deal(each)), 3600)
    worked = None if books.world.hourly_rate is None or not books.won() else hours * books.world.hourly_rate
    per = None if worked is None else worked / len(books.won())
    found.extra["by_handling"] = None if per is None else cents(per)
    if found.reason != "not_configured" or not found.extra["by_handling"]:
        return found
    return Result(Fraction(round(per or 0)), n=len(books.won()), extra=found.extra)


def _against(books: Books) -> Result:
    acquisition, retention = books.spent("marketing", "sales"), books.spent("retention")
    new, kept = books.new_customers(), _kept(books)
    extra = {
        "acquisition_cost": cents(Fraction(acquisition, new)) if new else None,
        "retention_cost": cents(Fraction(retention, kept)) if kept else None,
    }
    above, below = Fraction(acquisition * kept), Fraction(retention * new)
    if not (acquisition and retention):
        return Result(None, above, below, new, reason="not_configured", extra=extra)
    if not (new and kept):
        return Result(None, above, below, new, reason="no_events", extra=extra)
    return Result(above / below, above, below, new, extra=extra)


def _result(books: Books) -> Result:
    won, expenses = books.won(), books.spent()
    world, sales = books.world, sum(won)
    margin = sum((world.goods.margin(deal.id, deal.money, world.margin) for deal in books.deals()), Fraction(0))
    covered = sum(world.goods.known(deal.id, deal.money)[0] for deal in books.deals())
    extra: dict[str, Any] = {"revenue": cents(sales), "gross_margin": cents(margin), "expenses": cents(expenses)}
    extra["covered"] = Fraction(covered, sales) if sales else None
    if not expenses:
        return Result(None, margin, None, len(won), reason="not_configured", extra=extra)
    return total(margin - expenses, len(won), **extra)


def _date(number: int) -> date:
    return date(number // 10000, number // 100 % 100, number % 100)
