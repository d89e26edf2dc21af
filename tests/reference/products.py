"""Metrics of products and of slices of the average order: aov_by_…, cross_sell_rate, price_effect, and earnings."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations
from math import log
from typing import Any

from tests.reference import sales, slices
from tests.reference.goods import UNIT, Sold
from tests.reference.periods import Period
from tests.reference.plan import Entry, Plan, Survey, always
from tests.reference.results import Result, rate, ratio
from tests.reference.world import Deal, World

By = Sequence[str]


@dataclass(frozen=True)
class Line:
    """A row of a won deal, or a won deal without rows."""

    deal: Deal
    sold: Sold
    is_row: bool


def aov_by_manager(world: World, by: By) -> Plan:
    """The average order of each manager."""
    return sales.aov(world, _first("manager", by))


def aov_by_source(world: World, by: By) -> Plan:
    """The average order of each source."""
    return sales.aov(world, _first("source", by))


def aov_by_point(world: World, by: By) -> Plan:
    """The average order of each point of sale."""
    return sales.aov(world, _first("point", by))


def aov_by_product(world: World, by: By) -> Plan:
    """What each product brings in a deal that has it."""
    return Plan(lines(world, _first("product", by)), _of_product, ())


def cross_sell_rate(world: World, by: By) -> Plan:
    """Deals with two products or more among those with any."""
    return Plan(lines(world, by), _several, always(by))


def price_effect(world: World, by: By) -> Survey:
    """What prices did to the money of products sold in this period and in the one before."""
    units = [(entry.key, entry) for entry in lines(world, by)]
    return Survey(units, _effects, always(by))


def sales_per_employee(world: World, by: By) -> Survey:
    """Sales per active user of a selling department, or other winner."""
    slices.check(by, frozenset({"department"}))
    staff = _staff(world)
    units: list[tuple[slices.Key, Any]] = [(_office(world, user, by), ("staff", user)) for user in staff]
    for deal, at in world.won():
        user = world.owner(deal, at) or None
        units.append((_office(world, user, by), ("win", world.day(at), deal.money, None if user in staff else user)))
    return Survey(units, _per_head, always(by))


def profit_per_customer(world: World, by: By) -> Plan:
    """Margin of the period per customer who bought in it."""
    slices.check(by, slices.SALE)
    entries = [
        Entry(world.day(at), slices.of_deal(world, deal, at, by), "won", deal)
        for deal, at in world.won()
        if deal.customer is not None
    ]
    return Plan(entries, lambda found: _profit(world, found), always(by))


def _first(name: str, by: By) -> By:
    return (name, *(other for other in by if other != name))


def lines(world: World, by: By) -> list[Entry]:
    """Every row of every won deal on its day; `product` may stand first among the dimensions."""
    rest = [name for name in by if name != "product"]
    slices.check(rest, slices.SALE)
    found = []
    for deal, at in world.won():
        rows = [Line(deal, sold, True) for sold in world.goods.of_deal(deal.id, deal.money)]
        key = slices.of_deal(world, deal, at, rest)
        for line in rows or [Line(deal, Sold(None, 0, deal.money, None), False)]:
            product = (line.sold.product or "",) if "product" in by else ()
            found.append(Entry(world.day(at), (*product, *key), "sold", line))
    return found


def _of_product(entries: list[Entry]) -> Result:
    lines: list[Line] = [entry.what for entry in entries]
    money, quantity = sum(line.sold.money for line in lines), sum(line.sold.quantity for line in lines)
    deals = len({line.deal.id for line in lines})
    price = _cents(Fraction(money * UNIT, quantity)) if quantity else None
    return ratio(money, deals, deals, unit_price=price)


def _several(entries: list[Entry]) -> Result:
    lines: list[Line] = [entry.what for entry in entries]
    bought: dict[int, set[str | None]] = {}
    buyers: dict[str, set[str | None]] = {}
    for line in lines:
        if line.is_row:
            bought.setdefault(line.deal.id, set()).add(line.sold.product)
            if line.deal.customer:
                buyers.setdefault(line.deal.customer, set()).add(line.sold.product)
    found = rate(sum(1 for products in bought.values() if len(products) > 1), len(bought))
    deals = len({line.deal.id for line in lines})
    found.extra["covered"] = Fraction(len(bought), deals) if deals else None
    several = sum(1 for products in buyers.values() if len(products) > 1)
    found.extra["of_customers"] = Fraction(several, len(buyers)) if buyers else None
    return found


def _effects(entries: list[Entry], period: Period) -> Result:
    now, before = _by_product(entries, period), _by_product(entries, period.previous)
    both = [name for name in now if name in before and now[name][1] > 0 and before[name][1] > 0]
    counted = {name for side in (now, before) for name, (_, quantity) in side.items() if quantity > 0 and name}
    new = sum(now[name][0] for name in counted if name in now and now[name][1] > 0 and name not in both)
    dropped = -sum(before[name][0] for name in counted if name in before and before[name][1] > 0 and name not in both)
    both = [name for name in both if name]
    totals = [sum(side[name][1] for name in both) for side in (before, now)]
    parts = [Fraction(0)] * 3
    for name in both:
        then, since = (_factors(side[name], whole) for side, whole in zip((before, now), totals, strict=True))
        own = _lmdi(then, since) if min(*then, *since) > 0 else _shapley(then, since)
        parts = [part + Fraction(effect) for part, effect in zip(parts, own, strict=True)]
    change = sum(money for money, _ in now.values()) - sum(money for money, _ in before.values())
    shared = sum(now[name][0] - before[name][0] for name in both)
    volume, mix, price = parts
    extra = {"volume": volume / 100, "mix": mix / 100, "new": Fraction(new, 100), "dropped": Fraction(dropped, 100)}
    extra |= {"other": Fraction(change - shared - new - dropped, 100), "change": Fraction(change, 100)}
    if not both:
        return Result(None, n=0, reason="no_events", extra=extra)
    return Result(price, n=len(both), extra=extra)


def _by_product(entries: list[Entry], period: Period) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for entry in entries:
        if period.holds(entry.day):
            sold = entry.what.sold
            money, quantity = found.get(sold.product or "", (0, 0))
            found[sold.product or ""] = (money + sold.money, quantity + sold.quantity)
    return found


def _factors(side: tuple[int, int], whole: int) -> tuple[Fraction, Fraction, Fraction]:
    money, quantity = side
    return Fraction(whole), Fraction(quantity, whole), Fraction(money, quantity)


def _lmdi(then: Sequence[Fraction], now: Sequence[Fraction]) -> list[float]:
    one, other = float(now[0] * now[1] * now[2]), float(then[0] * then[1] * then[2])
    weight = one if abs(one - other) < 1e-12 * one else (one - other) / (log(one) - log(other))
    return [weight * log(b / a) for a, b in zip(then, now, strict=True)]


def _shapley(then: Sequence[Fraction], now: Sequence[Fraction]) -> list[Fraction]:
    """Each factor's contribution, averaged over the six orders in which the three may change."""
    found = [Fraction(0)] * 3
    for order in permutations(range(3)):
        present = list(then)
        for place in order:
            before = present[0] * present[1] * present[2]
            present[place] = now[place]
            found[place] += (present[0] * present[1] * present[2] - before) / 6
    return found


def _staff(world: World) -> set[int]:
    users = [row for row in world.rows("user") if row["department"]]
    selling = {row["assigned_by_id"] for row in world.rows("deal")}
    offices = {row["department"] for row in users if row["id"] in selling}
    return {row["id"] for row in users if row["active"] and row["department"] in offices}


def _office(world: World, user: int | None, by: By) -> slices.Key:
    return tuple(str(world.department(user) or "") for _ in by)


def _per_head(found: list[Any], period: Period) -> Result:
    wins = [each for each in found if each[0] == "win" and period.holds(each[1])]
    others = {user for _, _, _, user in wins if user is not None}
    heads = len(others) + sum(1 for each in found if each[0] == "staff")
    return ratio(sum(money for _, _, money, _ in wins), heads, heads)


def _profit(world: World, entries: list[Entry]) -> Result:
    deals: list[Deal] = [entry.what for entry in entries]
    margin = sum((world.goods.margin(deal.id, deal.money, world.margin) for deal in deals), start=Fraction(0))
    money, covered = sum(deal.money for deal in deals), sum(world.goods.known(d.id, d.money)[0] for d in deals)
    customers = len({deal.customer for deal in deals})
    return ratio(margin, customers, customers, covered=Fraction(covered, money) if money else None)


def _cents(minor_units: Fraction) -> Fraction:
    return Fraction(round(minor_units), 100)
