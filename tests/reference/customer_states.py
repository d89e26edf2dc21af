"""States of customers, judged one by one on the evening of a day: base_composition and behaviour_change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import ceil
from typing import Any

from tests.reference import slices
from tests.reference.durations import of_first, won_at
from tests.reference.periods import Period
from tests.reference.results import Result, rate, total
from tests.reference.slices import Key
from tests.reference.world import Purchase, World

By = Sequence[str]
EVENING_BEFORE = timedelta(days=1)


@dataclass(frozen=True)
class Sorting:
    """A metric that sorts whole lives into boxes, for every period anew.

    units -- (key, life) of everybody.
    box   -- life, period → the box's name, one or several texts; None for who is in no box then.
    fold  -- how many are in the box, how many in any box of the same key with the same first text → result.
    boxes -- boxes that get a result wherever there is anybody; without them those into which anybody ever falls.
    """

    units: Sequence[tuple[Key, Any]]
    box: Callable[[Any, Period], Key | None]
    fold: Callable[[int, int], Result]
    boxes: Sequence[Key] = ()

    def values(self, periods: Sequence[Period]) -> dict[tuple[str, Key], Result]:
        """A result for every period and every box that is due."""
        found = {p: [(self.box(life, p), key) for key, life in self.units] for p in periods}
        sorted_ones = {p: [(box, key) for box, key in boxed if box is not None] for p, boxed in found.items()}
        everywhere = {cell for boxed in sorted_ones.values() for cell in boxed}
        due = {(box, key) for box in self.boxes for _, key in everywhere} or everywhere
        return {
            (p.label, (*box, *key)): self.fold(
                sum(1 for each in boxed if each == (box, key)),
                sum(1 for other, own in boxed if own == key and other[0] == box[0]),
            )
            for p, boxed in sorted_ones.items()
            for box, key in sorted(due)
        }

    def nothing(self) -> Result:
        """The result of an empty box."""
        return self.fold(0, 0)


@dataclass(frozen=True)
class Buyer:
    """A customer's purchases as (day, money), in order."""

    bought: tuple[tuple[date, int], ...]
    base_days: int

    def until(self, day: date) -> "Buyer":
        """What was known of him on the evening of the day."""
        return Buyer(tuple(each for each in self.bought if each[0] <= day), self.base_days)

    @property
    def money(self) -> int:
        return sum(money for _, money in self.bought)

    def recency(self, day: date) -> str:
        """Whether he buys, sleeps or is lost; the day of a purchase is the first of its days."""
        days = (day - self.bought[-1][0]).days + 1
        if days > self.base_days:
            return "lost"
        return "sleeping" if days > Fraction(self.base_days, 2) else "buying"


def base_composition(world: World, by: By) -> Sorting:
    """Every customer ever under his state at the end of the period."""
    boxes = [(state,) for state in ("new", "active", "reactivated", "sleeping", "lost")]
    return Sorting(_buyers(world, by), lambda buyer, p: _composed(world, buyer, p), lambda n, _: total(n, n), boxes)


def behaviour_change(world: World, by: By) -> Sorting:
    """Every customer under his states at the beginning and at the end of the period."""
    everybody = [buyer for _, buyer in _buyers(world, ())]
    return Sorting(_buyers(world, by), lambda buyer, p: _moved(world, everybody, buyer, p), rate)


def _buyers(world: World, by: By) -> list[tuple[Key, Buyer]]:
    rest = [name for name in by if name not in ("state", "state_before")]
    slices.check(rest, slices.DEAL)
    lives: dict[str, list[Purchase]] = {}
    for purchase in world.purchases:
        lives.setdefault(purchase.customer, []).append(purchase)
    return [(of_first(world, life[0], rest), _buyer(world, life)) for life in lives.values()]


def _buyer(world: World, life: Sequence[Purchase]) -> Buyer:
    return Buyer(tuple((world.day(won_at(p.deal)), p.deal.money) for p in life), world.base_days)


def _last_day(world: World, period: Period) -> date:
    return min(period.end - EVENING_BEFORE, world.day(world.as_of))


def _composed(world: World, buyer: Buyer, period: Period) -> Key | None:
    last_day, eve = _last_day(world, period), period.start - EVENING_BEFORE
    now, before = buyer.until(last_day), buyer.until(eve)
    if not now.bought:
        return None
    recency = now.recency(last_day)
    if recency == "lost":
        return ("lost",)
    if now.bought[0][0] >= period.start:
        return ("new",)
    if not before.bought or before.recency(eve) == "lost":
        return ("reactivated",)
    return ("sleeping",) if recency == "sleeping" else ("active",)


def _moved(world: World, everybody: Sequence[Buyer], buyer: Buyer, period: Period) -> Key | None:
    last_day, eve = _last_day(world, period), period.start - EVENING_BEFORE
    if not buyer.until(last_day).bought:
        return None
    return _state(everybody, buyer, eve), _state(everybody, buyer, last_day)


def _state(everybody: Sequence[Buyer], buyer: Buyer, day: date) -> str:
    known = buyer.until(day)
    if not known.bought:
        return "none"
    recency = known.recency(day)
    is_best = len(known.bought) > 1 and known.money >= _best_money(everybody, day)
    if recency != "buying":
        return f"{recency}_best" if is_best else recency
    if len(known.bought) == 1:
        return "newcomer"
    return "best" if is_best else "regular"


def _best_money(everybody: Sequence[Buyer], day: date) -> int:
    """Four fifths of the customers of the day have brought this much or less."""
    moneys = sorted(known.money for each in everybody if (known := each.until(day)).bought)
    return moneys[ceil(Fraction(4, 5) * len(moneys)) - 1]
