"""Metrics of plans: plan_attainment and goal_progress."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.reference import products, sales, slices
from tests.reference.periods import Period
from tests.reference.plan import Survey, always
from tests.reference.results import Result
from tests.reference.world import World

By = Sequence[str]
SCOPES = {"department": "department", "manager": "user", "pipeline": "category", "product": "product"}
# metric → how it is computed, whether days add up, and what an amount of 1 is in the table of plans
PLANNED: Mapping[str, tuple[Any, bool, int]] = {
    "total_sales": (sales.total_sales, True, 1),
    "won_deals": (sales.won_deals, True, 10_000),
    "aov": (sales.aov, False, 1),
    "win_rate": (sales.win_rate, False, 10_000),
}


def plan_attainment(world: World, by: By) -> Survey:
    """Sales per planned sales."""
    slices.check(by, frozenset(SCOPES))
    units: list[tuple[slices.Key, Any]] = [(entry.key, entry) for entry in products.lines(world, by)]
    if len(by) == 1:
        units += [((plan["scope_value"],), None) for plan in _plans(world, "total_sales", SCOPES[by[0]])]
    keyed = [(key, (key, life)) for key, life in units]
    return Survey(keyed, lambda found, period: _attained(world, by, found, period), always(by))


def goal_progress(world: World, by: By) -> Survey:
    """How far each planned metric has come."""
    slices.check([name for name in by if name != "kpi"], frozenset())
    names = sorted({plan["metric"] for plan in world.rows("plan") if plan["scope"] == "company"})
    return Survey([((name,), name) for name in names], lambda found, period: _progress(world, found, period), ())


def planned(world: World, metric: str, scope: str, value: str, period: Period) -> Fraction | None:
    """The plan for just this period; of sums also several that follow each other."""
    _, adds_up, scale = PLANNED[metric]
    found = [plan for plan in _plans(world, metric, scope) if plan["scope_value"] == value]
    same = [p for p in found if (p["from_day"], p["to_day"]) == (_number(period.start), _number(period.end))]
    if same:
        return Fraction(same[-1]["amount"], scale)
    day, amount = _number(period.start), Fraction(0)
    while adds_up and day < _number(period.end):
        following = min((p for p in found if p["from_day"] == day), key=lambda p: p["to_day"], default=None)
        if following is None or following["to_day"] > _number(period.end):
            return None
        day, amount = following["to_day"], amount + following["amount"]
    return amount / scale if adds_up else None


def expected(period: Period, today: date) -> Fraction:
    """The share of working days that has begun."""
    days = [period.start + timedelta(days=n) for n in range((period.end - period.start).days)]
    working = [day for day in days if day.isoweekday() <= 5] or days
    return Fraction(len([day for day in working if day <= today]), len(working))


def _plans(world: World, metric: str, scope: str) -> list[Any]:
    return [plan for plan in world.rows("plan") if plan["metric"] == metric and plan["scope"] == scope]


def _number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def _attained(world: World, by: By, found: list[Any], period: Period) -> Result:
    lines = [life.what for _, life in found if life is not None and period.holds(life.day)]
    fact, deals = sum(line.sold.money for line in lines), len({line.deal.id for line in lines})
    key = found[0][0] if found else ()
    scope = SCOPES[by[0]] if len(by) == 1 else "company"
    value = key[0] if len(by) == 1 and key else ""
    plan = None if len(by) > 1 else planned(world, "total_sales", scope, value, period)
    if not plan:
        return Result(
            None, Fraction(fact), plan, deals, reason="not_configured", extra={"pace": None, "expected_share": None}
        )
    share = expected(period, world.day(world.as_of))
    pace = fact / plan / share if share else None
    return Result(fact / plan, Fraction(fact), plan, deals, extra={"pace": pace, "expected_share": share})


def _progress(world: World, found: list[str], period: Period) -> Result:
    if not found:
        return Result(None, reason="not_configured")
    metric, adds_up, _ = PLANNED[found[0]]
    goal = planned(world, found[0], "company", "", period)
    if not goal:
        return Result(None, reason="not_configured")
    plan = metric(world, ())
    now, before = (plan.values([each])[each.label, ()] for each in (period, period.previous))
    start = Fraction(0) if adds_up else before.value
    if now.value is None:
        return Result(None, n=now.n, reason=now.reason)
    if start is None or start == goal:
        return Result(None, n=now.n, reason="insufficient_data")
    share = expected(period, world.day(world.as_of))
    progress = (now.value - start) / (goal - start)
    return Result(progress, n=now.n, extra={"expected_share": share, "on_track": int(progress >= share)})
