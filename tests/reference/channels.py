"""Metrics that compare sources and campaigns.

channel_effectiveness, channel_quality, campaign_lead_quality, wasted_ad_spend.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.reference import leads, slices, survival
from tests.reference.customers import MARKETING, costs
from tests.reference.durations import won_at
from tests.reference.periods import Period
from tests.reference.plan import Entry, Plan, Survey
from tests.reference.results import Result, cents, rate, wilson
from tests.reference.slices import Key
from tests.reference.stages import Row
from tests.reference.survival import Duration
from tests.reference.world import World

By = Sequence[str]
ORIGIN = frozenset({"source", *slices.UTM})
PAIR = ("source", "utm_campaign")
ENOUGH = 30


def channel_effectiveness(world: World, by: By) -> Survey:
    """Leads that became customers, by source; beside it what the source's deals brought and how long they take."""
    by = _first("source", by)
    entries = [
        Entry(world.day(lead["date_create"]), slices.of_lead(world, lead, by), "lead", _is_customer(world, lead))
        for lead in world.leads.values()
    ]
    for deal in world.deals:
        key, created, closed = slices.of_touch(world, deal, by), deal.row["date_create"], deal.life.closed_at
        entries.append(Entry(world.day(created), key, "deal", _duration(world, created, closed)))
        if closed is not None and deal.life.outcome == "S":
            entries.append(Entry(world.day(closed), key, "won", deal.money))
    return _compared(entries, by, "source", _channel)


def campaign_lead_quality(world: World, by: By) -> Survey:
    """Leads that were converted or have a deal, by campaign."""
    by = _first("utm_campaign", by)
    with_deal = {deal.row["lead_id"] for deal in world.deals}
    entries = [
        Entry(
            world.day(lead["date_create"]),
            slices.of_lead(world, lead, by),
            "lead",
            lead["status_semantic_id"] == "S" or lead["id"] in with_deal,
        )
        for lead in world.leads.values()
    ]
    return _compared(entries, by, "utm_campaign", lambda own: _share(own))


def channel_quality(world: World, by: By) -> Plan:
    """Margin that a customer brought in his first twelve months, by the source that brought him."""
    by = _first("source", by, slices.TOUCH)
    bought = [
        Entry(world.day(won_at(p.deal)), slices.of_touch(world, p.first, by), "bought", p) for p in world.purchases
    ]
    entries = bought + [entry for entry in costs(world, by, MARKETING) if entry.kind == "cost"]
    return _Quality(entries, lambda found: Result(None), (), cumulative=True, world=world)


def wasted_ad_spend(world: World, by: By) -> Survey:
    """Cost of campaigns that cannot have paid, and of junk leads."""
    slices.check(by, slices.TOUCH)
    paid = [entry for entry in costs(world, PAIR, MARKETING) if entry.kind == "cost" and entry.what]
    keys = {entry.key: _picked(entry.key, by) for entry in paid}
    units = [(key, (pair, paid)) for pair, key in keys.items()]
    return _Waste(units, lambda mine, period: _waste(world, mine, period), ((),) if not by else ())


# --- shares against the rest


def _first(name: str, by: By, allowed: frozenset[str] = ORIGIN) -> Key:
    slices.check(by, allowed)
    return (name, *(each for each in by if each != name))


def _compared(entries: list[Entry], by: Key, fixed: str, fold: Callable[[list[Entry]], Result]) -> Survey:
    """Every key knows the entries of the same slice that are not its own."""
    assert by[0] == fixed
    units = [(key, (key, entries)) for key in {entry.key for entry in entries}]
    return _Compared(units, lambda found, period: _against(found, period, fold))


class _Compared(Survey):
    """Only keys with something in some period have results."""

    def values(self, periods: Sequence[Period]) -> dict[tuple[str, Key], Result]:
        known = {
            key
            for key, (_, entries) in self.units
            if any(each.key == key and period.holds(each.day) for each in entries for period in periods)
        }
        return Survey([unit for unit in self.units if unit[0] in known], self.judge).values(periods)


def _against(found: list[Any], period: Period, fold: Callable[[list[Entry]], Result]) -> Result:
    if not found:
        return fold([])
    ((key, entries),) = found
    now = [each for each in entries if period.holds(each.day)]
    rest = _share([each for each in now if each.key[1:] == key[1:] and each.key != key])
    mine = fold([each for each in now if each.key == key])
    return replace(mine, extra=mine.extra | {"rest": rest.value})


def _share(entries: list[Entry]) -> Result:
    found = [entry.what for entry in entries if entry.kind == "lead"]
    return rate(sum(1 for good in found if good), len(found))


def _channel(entries: list[Entry]) -> Result:
    won = [entry.what for entry in entries if entry.kind == "won"]
    paid = [money for money in won if money > 0]
    cycle = survival.quantile(list(survival.curve([e.what for e in entries if e.kind == "deal"])), survival.HALF)
    extra = {
        "leads": sum(1 for entry in entries if entry.kind == "lead"),
        "won": len(won),
        "revenue": cents(sum(won)),
        "aov": cents(Fraction(sum(paid), len(paid))) if paid else None,
        "cycle": cycle,
    }
    return replace(_share(entries), extra=extra)


def _is_customer(world: World, lead: Row) -> bool:
    return leads.became_customer(world, lead)


def _duration(world: World, start: float, end: float | None) -> Duration:
    if end is None or end > world.as_of:
        return Duration(max(0, world.as_of - start), None)
    return Duration(max(0, end - start), "closed")


# --- twelve months of customers


@dataclass(frozen=True)
class _Quality(Plan):
    """Folds what lies before the end of a period, as far as anything is known."""

    world: Any = None

    def values(self, periods: Sequence[Period]) -> dict[tuple[str, Key], Result]:
        last = max(periods, key=lambda period: period.end)
        keys = {entry.key for entry in self.entries if entry.day < last.end}
        return {
            (period.label, key): _quality(self.world, [e for e in self.entries if e.key == key], period)
            for period in periods
            for key in sorted(keys)
        }

    def nothing(self) -> Result:
        return Result(None, reason="no_events")


def _quality(world: World, entries: list[Entry], period: Period) -> Result:
    bought = [entry for entry in entries if entry.kind == "bought" and entry.day < period.end]
    paid = [entry.what.deal.money for entry in bought if entry.what.deal.money > 0]
    first = {entry.what.customer: entry.day for entry in bought if entry.what.number == 1}
    aov = cents(Fraction(sum(paid), len(paid))) if paid else None
    if not first:
        return Result(None, n=0, reason="no_events", extra={"aov": aov})
    over = min(period.end, world.day(world.as_of) + timedelta(days=1))
    sums = _by_age(world, bought, first, over)
    curve = [sum(sums[: age + 1], Fraction(0)) for age in range(len(sums))]
    extra: dict[str, Any] = {"aov": aov, **_worth(entries, first, over, curve)}
    if len(curve) < 12:
        return Result(None, n=len(first), reason="not_mature", extra=extra)
    return Result(Fraction(round(curve[-1])), n=len(first), extra=extra)


def _by_age(world: World, bought: list[Entry], first: dict[str, date], over: date) -> list[Fraction]:
    """Margin per customer in the calendar month of the first purchase, the next and so on, twelve at most."""
    found = []
    for age in range(12):
        seen = {customer for customer, day in first.items() if _after(_month(day), age + 1) <= over}
        if not seen:
            break
        deals = [
            entry.what.deal
            for entry in bought
            if entry.what.customer in seen and _month(entry.day) == _after(_month(first[entry.what.customer]), age)
        ]
        margins = [world.goods.margin(deal.id, deal.money, world.margin) for deal in deals]
        found.append(sum(margins, Fraction(0)) / len(seen))
    return found


def _worth(entries: list[Entry], first: dict[str, date], over: date, curve: list[Fraction]) -> dict[str, Any]:
    """What a customer cost, of the months that are over."""
    spent = [entry for entry in entries if entry.kind == "cost"]
    done = [entry.what for entry in spent if _after(_month(entry.day), 1) <= over]
    since = min((_month(entry.day) for entry in spent), default=date.max)
    new = sum(1 for day in first.values() if _month(day) >= since and _after(_month(day), 1) <= over)
    if not sum(done) or not new:
        return {}
    cost = Fraction(sum(done), new)
    return {
        "acquisition_cost": cents(cost),
        "ltv_to_cac": curve[-1] / cost if len(curve) == 12 else None,
        "payback_months": next((age + 1 for age, money in enumerate(curve) if money >= cost), None),
    }


def _month(day: date) -> date:
    return day.replace(day=1)


def _after(month: date, months: int) -> date:
    years, rest = divmod(month.month - 1 + months, 12)
    return date(month.year + years, rest + 1, 1)


# --- wasted money


class _Waste(Survey):
    """A key has results where one of its campaigns cost something in one of the periods."""

    def values(self, periods: Sequence[Period]) -> dict[tuple[str, Key], Result]:
        alive = [
            (key, (pair, paid))
            for key, (pair, paid) in self.units
            if any(each.key == pair and period.holds(each.day) for each in paid for period in periods)
        ]
        return Survey(alive, self.judge, self.keys).values(periods)


def _waste(world: World, mine: list[Any], period: Period) -> Result:
    paid = [entry for entry in (mine[0][1] if mine else []) if period.holds(entry.day)]
    pairs = {pair for pair, _ in mine}
    spent: dict[Key, int] = {}
    for entry in paid:
        spent[entry.key] = spent.get(entry.key, 0) + entry.what
    extra = dict.fromkeys(("spend", "losing", "junk", "unjudged"), Fraction(0))
    counted = 0
    for pair in pairs & spent.keys():
        found = _campaign(world, pair, spent, period)
        counted += found.pop("n")
        extra = {name: extra[name] + found[name] for name in extra}
    if not extra["spend"]:
        return Result(None, n=counted, reason="not_configured")
    told = {name: cents(amount) for name, amount in extra.items()}
    return Result(Fraction(round(extra["losing"] + extra["junk"])), n=counted, extra=told)


def _campaign(world: World, pair: Key, spent: dict[Key, int], period: Period) -> dict[str, Any]:
    def belongs(key: Key) -> bool:
        return key == pair or (pair[1] == "" and key[0] == pair[0] and key not in spent)

    own = [
        lead
        for lead in world.leads.values()
        if period.holds(world.day(lead["date_create"])) and belongs(slices.of_lead(world, lead, PAIR))
    ]
    everywhere = [
        (slices.of_touch(world, deal, PAIR), deal.money)
        for deal, at in world.won()
        if deal.money > 0 and period.holds(world.day(at))
    ]
    orders = [money for key, money in everywhere if belongs(key)] or [money for _, money in everywhere]
    cost = Fraction(spent[pair])
    found: dict[str, Any] = {"n": len(own), "spend": cost, "losing": 0, "junk": 0, "unjudged": 0}
    if len(own) < ENOUGH or not orders:
        found["unjudged"] = cost
    else:
        best = wilson(sum(1 for lead in own if _is_customer(world, lead)), len(own))[1] * len(own)
        if best * sum(orders) / len(orders) < cost:
            return found | {"losing": cost}
    junk = sum(1 for lead in own if lead["status_id"] in world.junk)
    return found | {"junk": cost * junk / len(own) if own else 0}


def _picked(pair: Key, by: By) -> Key:
    return tuple(dict(zip(PAIR, pair, strict=True))[name] for name in by)
