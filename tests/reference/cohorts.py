"""Cohorts customer by customer and lead by lead: who began when, and what happened in each period since."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from tests.reference.durations import won_at
from tests.reference.leads import won_moment
from tests.reference.periods import Period, split
from tests.reference.world import World

Cells = dict[str, tuple[int, list[Fraction]]]  # label of the cohort → its size, its values period by period


def retention(world: World, grain: str, start: date, end: date) -> Cells:
    """Shares of customers with a purchase in the period."""
    return _followed(grain, start, end, _bought(world), lambda days, p: Fraction(any(p.holds(day) for day, _ in days)))


def ltv(world: World, grain: str, start: date, end: date) -> Cells:
    """Margin per customer until the end of the period, in hundredths."""
    return _followed(
        grain,
        start,
        end,
        _bought(world),
        lambda days, p: sum((earned for day, earned in days if day < p.end), Fraction(0)),
    )


def conversion(world: World, grain: str, start: date, end: date) -> Cells:
    """Shares of leads that are customers at the end of the period."""
    lives = []
    for lead in world.leads.values():
        won = won_moment(world, lead)
        days = [(world.day(lead["date_create"]), 0)]
        lives.append(days + ([] if won is None else [(world.day(won), 1)]))
    return _followed(grain, start, end, lives, lambda days, p: Fraction(any(d < p.end and n for d, n in days)))


def _bought(world: World) -> list[list[tuple[date, Fraction]]]:
    """The margin of each purchase of each customer, with its day."""
    lives: dict[str, list[tuple[date, Fraction]]] = {}
    for purchase in world.purchases:
        earned = world.goods.margin(purchase.deal.id, purchase.deal.money, world.margin)
        lives.setdefault(purchase.customer, []).append((world.day(won_at(purchase.deal)), earned))
    return list(lives.values())


def _followed(
    grain: str,
    start: date,
    end: date,
    lives: Sequence[Sequence[tuple[date, Any]]],
    figure: Callable[[Sequence[tuple[date, Any]], Period], Fraction],
) -> Cells:
    found = {}
    for cohort in split(grain, start, end):
        mine = [life for life in lives if cohort.holds(life[0][0])]
        if mine:
            found[cohort.label] = (len(mine), list(_values(mine, split(grain, cohort.start, end), figure)))
    return found


def _values(
    lives: Sequence[Sequence[tuple[date, Any]]],
    periods: Iterator[Period],
    figure: Callable[[Sequence[tuple[date, Any]], Period], Fraction],
) -> Iterator[Fraction]:
    for period in periods:
        yield sum((figure(life, period) for life in lives), Fraction(0)) / len(lives)
