"""Metrics of customers and of what they cost: new_customers, rpr, repeat_purchase_share, ltv_historic, cac."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from tests.reference import slices
from tests.reference.plan import Entry, Plan, always
from tests.reference.results import Result, cents, rate, ratio, total
from tests.reference.world import Deal, Purchase, World

By = Sequence[str]
MARKETING = ("marketing",)


def new_customers(world: World, by: By) -> Plan:
    """Customers whose first purchase ever lies in the period."""
    first = [entry for entry in _purchases(world, by) if entry.what.number == 1]
    return Plan(first, lambda found: total(len(found), len(found)), always(by))


def rpr(world: World, by: By) -> Plan:
    """Customers with two purchases or more among those with one, by the end of the period."""
    return Plan(_purchases(world, by), _repeaters, always(by), cumulative=True)


def ltv_historic(world: World, by: By) -> Plan:
    """Margin that a customer has brought on average by the end of the period."""
    return Plan(_purchases(world, by), lambda found: _lifetime(world, found), always(by), cumulative=True)


def repeat_purchase_share(world: World, by: By) -> Plan:
    """Purchases that are not the customer's first among those of the period."""
    slices.check(by, slices.SALE)
    entries = [
        Entry(world.day(_won_at(p.deal)), slices.of_deal(world, p.deal, _won_at(p.deal), by), "bought", p)
        for p in world.purchases
    ]
    return Plan(entries, lambda found: rate(sum(1 for e in found if e.what.number > 1), len(found)), always(by))


def cac(world: World, by: By) -> Plan:
    """Cost of a new customer."""
    slices.check(by, slices.TOUCH)
    new = [
        Entry(world.day(_won_at(p.deal)), slices.of_touch(world, p.deal, by), "new")
        for p in world.purchases
        if p.number == 1
    ]
    return Plan(new + costs(world, by, (*MARKETING, "sales")), _cost_of_new, always(by))


def _won_at(deal: Deal) -> float:
    assert deal.life.closed_at is not None
    return deal.life.closed_at


def _purchases(world: World, by: By) -> list[Entry]:
    """Every purchase on its day, under the dimensions of the customer's first one."""
    slices.check(by, slices.DEAL)
    return [
        Entry(world.day(_won_at(p.deal)), slices.of_deal(world, p.first, _won_at(p.first), by), "bought", p)
        for p in world.purchases
    ]


def costs(world: World, by: By, kinds: Sequence[str]) -> list[Entry]:
    """What was spent for these purposes, each as an entry of the kind `cost` and, told apart, of its purpose."""
    entries = []
    for cost in world.costs:
        if cost["kind"] in kinds:
            for kind in ("cost", cost["kind"]):
                entries.append(Entry(_date(cost["day"]), slices.of_cost(cost, by), kind, cost["amount"]))
    return entries


def _date(number: int) -> date:
    return date(number // 10000, number // 100 % 100, number % 100)


def _repeaters(entries: list[Entry]) -> Result:
    bought = Counter(entry.what.customer for entry in entries)
    return rate(sum(1 for times in bought.values() if times >= 2), len(bought))


def _lifetime(world: World, entries: list[Entry]) -> Result:
    bought: list[Purchase] = [entry.what for entry in entries]
    customers = {purchase.customer for purchase in bought}
    margins = (_margin(world, purchase.deal) for purchase in bought)
    return ratio(sum(margins, start=Fraction(0)), len(customers), len(customers))


def _margin(world: World, deal: Deal) -> Fraction:
    return world.goods.margin(deal.id, deal.money, world.margin)


def _sum(entries: Sequence[Entry], kind: str) -> Fraction:
    return sum((entry.what for entry in entries if entry.kind == kind), start=Fraction(0))


def _cost_of_new(entries: list[Entry]) -> Result:
    """Without cost nothing is configured, even where there are new customers."""
    cost, new = _sum(entries, "cost"), sum(1 for entry in entries if entry.kind == "new")
    extra = {"marketing_only": cents(Fraction(_sum(entries, "marketing"), new))} if new else {}
    if cost == 0:
        return Result(None, Fraction(0), Fraction(new), new, reason="not_configured", extra=extra)
    return ratio(cost, new, new, **extra)
