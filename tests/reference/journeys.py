"""The way to a win: touches of marketing, how a rule divides a win among them, and what a channel gets of it.

romi and romi_cohort, under every rule of attribution.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cache, partial
from typing import Any

from tests.reference import contacts, slices
from tests.reference.customers import MARKETING, costs
from tests.reference.periods import Period
from tests.reference.plan import Entry, Plan, always
from tests.reference.results import Result, cents, ratio
from tests.reference.stages import Row
from tests.reference.world import Deal, World

By = Sequence[str]
NAMES = ("source_id", *slices.UTM)
ANNOUNCEMENT = 600
FORMS = {"form": "WEBFORM"}
Marks = tuple[str, ...]

messages = cache(contacts.touches)


@dataclass(frozen=True)
class Touch:
    """Something that led to a win; `marks` are its source and UTM, "" where it does not tell."""

    at: float
    rank: tuple[int, int]
    marks: Marks


@dataclass(frozen=True)
class Journey:
    """A won deal with its touches, the first one first."""

    deal: Deal
    began: float
    won: float
    touches: tuple[Touch, ...]


@dataclass(frozen=True)
class Part:
    """What a touch gets of a win: minor units of sales and of margin."""

    marks: Marks
    money: int
    margin: Fraction


@cache
def journeys(world: World) -> list[Journey]:
    """Every win with the way to it."""
    return [_journey(world, deal, won) for deal, won in world.won()]


def romi(world: World, by: By, rule: str) -> Plan:
    """Margin that a channel's part of the sales of the period brought, less its cost, per unit of cost."""
    slices.check(by, slices.TOUCH)
    entries = [
        Entry(world.day(journey.won), _key(part.marks, by), "part", (journey.deal.id, part))
        for journey in journeys(world)
        for part in parts(world, journey, rule)
    ]
    return Plan(entries + costs(world, by, MARKETING), _return, always(by))


def romi_cohort(world: World, by: By, rule: str) -> Plan:
    """The same of the journeys that began in the period and came to their win within the usual time."""
    slices.check(by, slices.TOUCH)
    horizon = usual_days(world)
    entries = [
        Entry(world.day(journey.began), _key(part.marks, by), "part", (journey.deal.id, part))
        for journey in journeys(world)
        if days_of(world, journey) <= horizon
        for part in parts(world, journey, rule)
    ]
    fold = partial(_return, horizon=horizon)
    return Plan(entries + costs(world, by, MARKETING), fold, always(by))


def parts(world: World, journey: Journey, rule: str) -> list[Part]:
    """What each touch gets; touches that get nothing are left out."""
    weights = weights_of(rule, len(journey.touches))
    covered, bought = world.goods.known(journey.deal.id, journey.deal.money)
    columns = [divided(amount, weights) for amount in (journey.deal.money, covered, bought)]
    return [
        Part(touch.marks, money, known - price + (money - known) * world.margin)
        for touch, weight, money, known, price in zip(journey.touches, weights, *columns, strict=True)
        if weight
    ]


def weights_of(rule: str, count: int) -> list[Fraction]:
    """Shares of the touches, 1 together."""
    if count == 1 or rule == "first":
        return [Fraction(1), *[Fraction(0)] * (count - 1)]
    if rule == "last":
        return [*[Fraction(0)] * (count - 1), Fraction(1)]
    if rule == "linear":
        return [Fraction(1, count)] * count
    if count == 2:
        return [Fraction(1, 2)] * 2
    return [Fraction(2, 5), *[Fraction(1, 5 * (count - 2))] * (count - 2), Fraction(2, 5)]


def divided(amount: int, weights: list[Fraction]) -> list[int]:
    """Whole minor units, towards zero; the first takes what is left."""
    found = [int(amount * weight) for weight in weights]
    return [found[0] + amount - sum(found), *found[1:]]


def days_of(world: World, journey: Journey) -> int:
    """Local days from the beginning to the win."""
    return (world.day(journey.won) - world.day(journey.began)).days


def usual_days(world: World) -> int:
    """Nine of ten journeys have come to their win by then; 30 at least."""
    days = sorted(days_of(world, journey) for journey in journeys(world))
    place = next((n for n in range(1, len(days) + 1) if 10 * n >= 9 * len(days)), 0)
    return max(30, days[place - 1]) if place else 30


def _journey(world: World, deal: Deal, won: float) -> Journey:
    origin = world.first_touch(deal)
    first = Touch(origin["date_create"], (0, 0), _marks(origin))
    later = [*_rows(world, deal, first), *_leads(world, deal), *_messages(world, deal, first.at)]
    within = [touch for touch in later if first.at <= touch.at <= won]
    return Journey(deal, first.at, won, (first, *sorted(within, key=lambda each: (each.at, each.rank))))


def _rows(world: World, deal: Deal, first: Touch) -> Iterator[Touch]:
    """The deal beside its lead, and the customer's card, where each says more than the rows before."""
    told = [first.marks]
    if world.first_touch(deal) is not deal.row:
        marks = _marks(deal.row)
        if _says_more(marks, told):
            yield Touch(deal.row["date_create"], (1, deal.id), marks)
        told.append(marks)
    for card in _cards(world, deal):
        if _says_more(_marks(card), told):
            yield Touch(card["date_create"], (2, card["id"]), _marks(card))


def _cards(world: World, deal: Deal) -> list[Row]:
    """The card of the deal's contact, else of its company."""
    kind = "contact" if (deal.row["contact_id"] or 0) > 0 else "company"
    return [row for row in world.rows(kind) if row["id"] == deal.row[f"{kind}_id"]]


def _people(deal: Deal) -> set[str]:
    """The customer, and the contact of the deal."""
    contact = deal.row["contact_id"] or 0
    return {*([deal.customer] if deal.customer else []), *([f"contact:{contact}"] if contact > 0 else [])}


def _says_more(marks: Marks, told: list[Marks]) -> bool:
    return not any(all(mark in ("", known) for mark, known in zip(marks, each, strict=True)) for each in told)


def _leads(world: World, deal: Deal) -> Iterator[Touch]:
    """Further leads of the customer that led to no deal."""
    with_deal = {other.row["lead_id"] for other in world.deals}
    for number, party in _parties(world).items():
        lead = world.leads[number]
        if party in _people(deal) and number not in with_deal and any(_marks(lead)):
            yield Touch(lead["date_create"], (3, number), _marks(lead))


@cache
def _parties(world: World) -> dict[int, str]:
    return {number: contacts.lead_party(world, number) for number in world.leads}


def _messages(world: World, deal: Deal, began: float) -> Iterator[Touch]:
    """Forms and chats that stand for a source, later than what announces the journey."""
    own = world.first_touch(deal)["id"] if world.first_touch(deal) is not deal.row else None
    for message in messages(world):
        is_about = message.deal == deal.id or (own is not None and message.lead == own)
        is_about |= message.deal is None and message.lead is None and message.party in _people(deal)
        source = _source(world, message.id, message.channel)
        if is_about and source and message.at > began + ANNOUNCEMENT:
            yield Touch(message.at, (4, message.id), (source, "", "", ""))


def _source(world: World, activity: int, channel: str) -> str:
    known = world.mapped.get("touches", FORMS)
    number = _numbers(world).get(activity)
    found = known.get(f"{channel}:{number}") or known.get(channel) if channel in ("form", "chat") else ""
    return str(found or "")


@cache
def _numbers(world: World) -> dict[int, Any]:
    """Activity → the form or open line that it came by."""
    return {row["id"]: row.get("provider_type_id") for row in world.rows("activity")}


def _marks(row: Row) -> Marks:
    """Companies have no source."""
    return tuple(slices.text(row.get(name)) for name in NAMES)


def _key(marks: Marks, by: By) -> slices.Key:
    own = dict(zip(("source", *slices.UTM), marks, strict=True))
    return tuple(own[name] for name in by)


def _return(entries: list[Entry], horizon: int | None = None) -> Result:
    found = [entry.what for entry in entries if entry.kind == "part"]
    cost = sum((entry.what for entry in entries if entry.kind == "cost"), start=Fraction(0))
    sales, margin = sum(part.money for _, part in found), sum((part.margin for _, part in found), start=Fraction(0))
    extra: dict[str, Any] = {"revenue": cents(sales), "spend": cents(cost)}
    extra |= {"romi_revenue": (sales - cost) / cost, "roas": sales / cost} if cost else {}
    extra |= {"gross_margin": cents(margin)} if horizon is None else {"horizon_days": horizon}
    return ratio(margin - cost, cost, len({deal for deal, _ in found}), empty="not_configured", **extra)


def is_young(world: World, period: Period) -> bool:
    """Whether journeys that began in the period may still come to their win in the usual time."""
    last: date = period.end - timedelta(days=1)
    return (world.day(world.as_of) - last).days <= usual_days(world)
