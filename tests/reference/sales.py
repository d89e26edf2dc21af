"""Metrics of closed deals: total_sales, won_deals, lost_deals, aov, revenue_per_customer, win_rate."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from tests.reference import slices
from tests.reference.plan import Entry, Plan, always
from tests.reference.results import Result, cents, rate, ratio, total
from tests.reference.world import Deal, World

By = Sequence[str]


def total_sales(world: World, by: By) -> Plan:
    """Money of the deals won in the period, refunds included."""
    return Plan(_wins(world, by), lambda wins: total(_money(wins), len(wins), flags=_flags(wins)), always(by))


def won_deals(world: World, by: By) -> Plan:
    """How many deals were won in the period."""
    return Plan(_wins(world, by), lambda wins: total(len(wins), len(wins)), always(by))


def lost_deals(world: World, by: By) -> Plan:
    """How many deals were lost in the period."""
    slices.check(by, slices.LOSS)
    entries = [
        Entry(world.day(closed_at), slices.of_deal(world, deal, closed_at, by), "lost")
        for deal in world.deals
        if deal.life.outcome == "F" and (closed_at := deal.life.closed_at) is not None
    ]
    return Plan(entries, lambda lost: total(len(lost), len(lost)), always(by))


def aov(world: World, by: By) -> Plan:
    """Money of an average won deal, of those that brought any."""
    return Plan(_wins(world, by), _average, always(by))


def revenue_per_customer(world: World, by: By) -> Plan:
    """Money of deals with a known customer, per such customer."""
    return Plan([win for win in _wins(world, by) if win.what.customer], _per_customer, always(by))


def win_rate(world: World, by: By) -> Plan:
    """Won deals among those that were closed in the period."""
    slices.check(by, slices.DEAL)
    entries = [
        Entry(world.day(closed_at), slices.of_deal(world, deal, closed_at, by), deal.life.outcome, deal)
        for deal in world.deals
        if (closed_at := deal.life.closed_at) is not None
    ]
    return Plan(entries, _won_share, always(by))


def _won_share(closed: list[Entry]) -> Result:
    """By count, and beside it by money."""
    won = [each for each in closed if each.kind == "S"]
    share, money = rate(len(won), len(closed)), _money(closed)
    share.extra["by_value"] = Fraction(_money(won), money) if money else None
    return share


def _wins(world: World, by: By) -> list[Entry]:
    slices.check(by, slices.SALE)
    return [Entry(world.day(at), slices.of_deal(world, deal, at, by), "won", deal) for deal, at in world.won()]


def _money(wins: Sequence[Entry]) -> int:
    return sum(win.what.money for win in wins)


def _flags(wins: Sequence[Entry]) -> list[str]:
    deals: list[Deal] = [win.what for win in wins]
    known = {"fx_unknown": any(d.fx_unknown for d in deals), "won_date_approx": any(d.life.approx for d in deals)}
    return [name for name, raised in known.items() if raised]


def _average(wins: list[Entry]) -> Result:
    paid = [win for win in wins if win.what.money > 0]
    return ratio(_money(paid), len(paid), len(paid), **spread(win.what.money for win in paid))


def _per_customer(wins: list[Entry]) -> Result:
    customers = {win.what.customer for win in wins}
    each = (sum(win.what.money for win in wins if win.what.customer == customer) for customer in customers)
    return ratio(_money(wins), len(customers), len(customers), **spread(each))


def spread(amounts: Iterable[int]) -> dict[str, Fraction | None]:
    """The amounts of which half, and nine tenths, are no larger: by nearest rank, in currency units."""
    known = sorted(amounts)
    ranks = {"median": -(-len(known) // 2), "p90_amount": -(-9 * len(known) // 10)}
    return {name: cents(known[rank - 1]) if known else None for name, rank in ranks.items()}
