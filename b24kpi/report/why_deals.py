"""The deals that weigh most behind each factor of a change of sales."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from b24kpi.metrics.catalogue import find
from b24kpi.metrics.change import Effect, Side
from b24kpi.metrics.compiler import row_statement
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Measure
from b24kpi.report.labels import Labels

TOP = 5
BEFORE, AFTER = 0, 1


@dataclass(frozen=True)
class Deal:
    """A closed deal.

    Attributes:
        outcome: `won` or `lost`; closed: the local day of it.
        manager: the responsible at the closing, id and name ("" where the portal gives none).
        money: hundredths of the report currency.
    """

    deal_id: int
    outcome: str
    closed: date
    manager_id: str
    manager: str
    money: int


@dataclass(frozen=True)
class _Search:
    """Which rows are looked through, and what puts one before the others: both SQL over the fact."""

    where: str
    order: str


def deals_behind(
    engine: Engine,
    effects: tuple[Effect, ...],
    sides: tuple[Side, Side],
    where: Mapping[str, str],
    labels: Labels,
) -> dict[str, tuple[Deal, ...]]:
    """Factor → at most five deals, the weightiest first; the table `period` holds the earlier and the later period.

    deals: the largest wins of the period that closed more. win_rate: the largest that the later period lost,
    or won where the rate rose. paid_share: wins that brought nothing, in the period that had relatively more of them.
    aov: the orders of either period that moved the average most in the direction in which it went, by their distance
    from the other period's average. returns: the largest of the period that had more.
    """
    found = {}
    for effect in effects:
        if effect.money:
            found[effect.factor] = _deals(engine, _search(effect, sides), where, labels)
    return found


def _search(effect: Effect, sides: tuple[Side, Side]) -> _Search:
    rose = effect.money > 0
    more, fewer = (AFTER, BEFORE) if rose else (BEFORE, AFTER)
    won, lost = _condition("win_rate", "won"), _condition("win_rate", "lost")
    paid = _condition("aov", "orders")
    searches = {
        "deals": _Search(f"position = {more} AND ({won})", "money DESC"),
        "win_rate": _Search(f"position = {AFTER} AND ({won if rose else lost})", "money DESC"),
        "paid_share": _Search(f"position = {fewer} AND ({won}) AND NOT ({paid})", "money DESC"),
        "aov": _Search(f"({paid}) AND {_pull(sides, rose=rose)} > 0", f"{_pull(sides, rose=rose)} DESC"),
        "returns": _Search(f"position = {fewer} AND ({won}) AND money < 0", "money"),
    }
    return searches[effect.factor]


def _condition(metric: str, measure: str) -> str:
    return find(metric).measures[measure].where


def _pull(sides: tuple[Side, Side], *, rose: bool) -> str:
    """How far an order moves the average order in the direction in which it went, in hundredths.

    Without orders on a side the average is not defined there and no effect is ascribed to it.
    """
    before, after = sides
    if not (before.orders and after.orders):
        return "0"
    earlier = f"({after.order_sales / after.orders!r} - money) / {before.orders}"
    later = f"(money - {before.order_sales / before.orders!r}) / {after.orders}"
    return f"{'' if rose else '-'}(CASE position WHEN {BEFORE} THEN {earlier} ELSE {later} END)"


def _deals(engine: Engine, search: _Search, where: Mapping[str, str], labels: Labels) -> tuple[Deal, ...]:
    closings: Measure = replace(engine.catalogue.find("win_rate").measures["won"], where="")
    statement = row_statement(closings, where)
    sql = f"SELECT * FROM ({statement.sql}) WHERE {search.where} ORDER BY {search.order}, deal_id LIMIT {TOP}"
    return tuple(_deal(row, labels) for row in engine.store.dicts(sql, statement.params))


def _deal(row: Mapping[str, Any], labels: Labels) -> Deal:
    manager = "" if row["manager_id"] is None else str(row["manager_id"])
    return Deal(
        deal_id=row["deal_id"],
        outcome=row["outcome"],
        closed=_as_date(row["closed_day"]),
        manager_id=manager,
        manager=labels.of({"manager": manager}).get("manager", ""),
        money=row["money"],
    )


def _as_date(day: int) -> date:
    """YYYYMMDD → date."""
    return date(day // 10_000, day // 100 % 100, day % 100)
