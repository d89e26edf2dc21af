"""Requests that nobody answers, and what they would be worth."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

from tests.reference import contacts, slices
from tests.reference.contacts import Inquiry
from tests.reference.leads import became_customer
from tests.reference.periods import Period
from tests.reference.plan import Survey, always
from tests.reference.results import Result, total
from tests.reference.service import By, inquiries, of_inquiry
from tests.reference.world import World

YEAR = timedelta(days=365)


def lost_requests(world: World, by: By) -> Survey:
    """Inquiries that nobody has answered within 24 working hours or since, and what they are worth."""
    slices.check(by, slices.CONTACT)
    units = [(of_inquiry(world, each, by), each) for each in inquiries(world)]
    return Survey(units, lambda mine, period: _judge_lost(world, mine, period), always(by))


def _judge_lost(world: World, mine: list[Inquiry], period: Period) -> Result:
    asked = [each for each in mine if period.holds(world.day(each.at))]
    lost = [
        each
        for each in asked
        if each.answer is None and not contacts.is_excused(world, each) and contacts.is_overdue(world, each)
    ]
    share = Fraction(len(lost), len(asked)) if asked else None
    return total(len(lost), len(lost), lost_share=share, recoverable_revenue=_recoverable(world, lost, period.end))


def _recoverable(world: World, lost: Sequence[Inquiry], end: date) -> Fraction | None:
    """Hundredths, rounded once, as currency units."""
    worths = [_worth(world, slices.text(each.source), end) for each in lost]
    if None in worths:
        return None
    return Fraction(round(sum((each for each in worths if each is not None), Fraction(0))), 100)


def _worth(world: World, source: str, end: date) -> Fraction | None:
    """Average order × share of buyers in the year before, of the source, else of all."""
    orders = [
        (slices.text(deal.row["source_id"]), deal.money)
        for deal, at in world.won()
        if end - YEAR <= world.day(at) < end and deal.money > 0
    ]
    leads = [
        (slices.text(lead["source_id"]), became_customer(world, lead))
        for lead in world.leads.values()
        if end - YEAR <= world.day(lead["date_create"]) < end
    ]
    own_orders, own_leads = ([what for key, what in each if key == source] for each in (orders, leads))
    amounts = own_orders or [amount for _, amount in orders]
    bought = own_leads or [each for _, each in leads]
    if not amounts or not bought:
        return None
    return Fraction(sum(amounts), len(amounts)) * Fraction(sum(bought), len(bought))
