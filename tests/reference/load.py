"""What lies on people at the end of a period, and whom of the customer base they talk with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tests.reference import slices
from tests.reference.contacts import finished_at
from tests.reference.customer_base import Customer, customers, last_day
from tests.reference.durations import of_first
from tests.reference.periods import Period
from tests.reference.plan import Survey, always
from tests.reference.results import Result, rate
from tests.reference.service import inquiries, touches
from tests.reference.world import World

By = Sequence[str]


@dataclass(frozen=True)
class Duty:
    """A deal, lead or activity that somebody has to see to; `due` is the day for which it was planned."""

    manager: int | None
    since: date
    done: date | None
    due: date | None
    is_todo: bool

    def is_open(self, day: date) -> bool:
        """Whether it was there, and not done, at the end of the day."""
        return self.since <= day and (self.done is None or self.done > day)


def workload(world: World, by: By) -> Survey:
    """Open duties on the last day, per person who has any; `to_median` is against the median of all people."""
    slices.check(by, frozenset({"manager", "department"}))
    duties = _duties(world)
    units = []
    for duty in duties:
        own = slices.people(world, duty.manager)
        units.append((tuple(own[name] for name in by), duty))
    return Survey(units, lambda mine, period: _judge(world, mine, duties, period), always(by))


def base_engagement(world: World, by: By) -> Survey:
    """Customers of the base on the last day with whom there was contact in both directions in the period."""
    slices.check(by, slices.DEAL - {"currency"})
    lives = customers(world)
    days = _days_of_talk(world)
    units = []
    for purchase in world.purchases:
        if purchase.number == 1:
            mine = (lives[purchase.customer], days.get(purchase.customer, set()))
            units.append((of_first(world, purchase, by), mine))
    return Survey(units, lambda found, period: _engaged(world, found, period), always(by))


def _duties(world: World) -> list[Duty]:
    found = []
    for deal in world.deals:
        end = deal.life.closed_at
        owner = world.owner(deal, end) if end is not None else deal.row["assigned_by_id"]
        done = None if end is None else world.day(end)
        found.append(Duty(owner, world.day(deal.row["date_create"]), done, None, False))
    for lead in world.leads.values():
        is_done = lead["status_semantic_id"] in ("S", "F")
        done = world.day(finished_at(lead)) if is_done else None
        found.append(Duty(lead["assigned_by_id"], world.day(lead["date_create"]), done, None, False))
    for row in world.rows("activity"):
        if row["deadline"] is not None:
            since = row["created"] if row["created"] is not None else row["deadline"]
            last = row["last_updated"] if row["last_updated"] is not None else row["deadline"]
            done = world.day(last) if row["completed"] == 1 else None
            found.append(Duty(row["responsible_id"], world.day(since), done, world.day(row["deadline"]), True))
    return found


def _judge(world: World, mine: Sequence[Duty], everybody: Sequence[Duty], period: Period) -> Result:
    day = last_day(world, period)
    loads, team = _loads(mine, day), _loads(everybody, day)
    todos = [duty for duty in mine if duty.is_todo and duty.is_open(day)]
    late = [duty for duty in todos if duty.due is not None and duty.due <= day]
    extra = {"overdue_share": Fraction(len(late), len(todos)) if todos else None, "to_median": None}
    total, people = sum(loads), len(loads)
    if not people:
        return Result(None, Fraction(0), Fraction(0), 0, reason="no_events", extra=extra)
    ordered = sorted(team)
    middle = Fraction(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2], 2)
    mean = Fraction(total, people)
    return Result(mean, Fraction(total), Fraction(people), total, extra=extra | {"to_median": mean / middle})


def _loads(duties: Sequence[Duty], day: date) -> list[int]:
    """How many open duties each person has who has any; who is not known is nobody."""
    found: dict[int, int] = {}
    for duty in duties:
        if duty.manager and duty.is_open(day):
            found[duty.manager] = found.get(duty.manager, 0) + 1
    return list(found.values())


def _days_of_talk(world: World) -> dict[str, set[date]]:
    days: dict[str, set[date]] = {}
    for touch in touches(world):
        if touch.answered:
            days.setdefault(touch.party, set()).add(world.day(touch.at))
    for inquiry in inquiries(world):
        if inquiry.answered_at is not None:
            days.setdefault(inquiry.party, set()).add(world.day(inquiry.answered_at))
    return days


def _engaged(world: World, found: Sequence[tuple[Customer, set[date]]], period: Period) -> Result:
    present = [days for customer, days in found if customer.is_in_base(last_day(world, period))]
    talked = [days for days in present if any(period.holds(day) for day in days)]
    return rate(len(talked), len(present))
