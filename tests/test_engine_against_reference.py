"""The SQL engine and the slow reference agree on random event logs: every KPI, every slice, several seeds."""

from datetime import date
from fractions import Fraction
from math import isclose
from typing import Any

import pytest

from b24kpi.metrics.attribution import RULES
from b24kpi.metrics.catalogue import find, load
from tests.event_logs import AS_OF, REPORT_CURRENCY, TIME_ZONE, random_tables
from tests.event_ratings import FIELDS, with_answers
from tests.reference.engine import Reference
from tests.sql_engine import SqlEngine, result_of

SEEDS = [0, 1, 2, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(3, 12))]
START, END = date(2026, 1, 1), date(2026, 12, 1)
OTHERS = ("state", "department", "utm_campaign", "loss_reason", "visit", "channel", "direction", "product", "point")
SLICES = ((), ("manager",), ("source",), ("pipeline",), ("manager", "source"), *((name,) for name in OTHERS))
# A simulation over random plans has no plain reference; `test_plan_realism` holds it to cases that are certain.
METRICS = [metric for metric in load() if metric.id != "plan_realism"]
QUESTIONS = [(metric, by) for metric in METRICS for by in SLICES if set(by) <= {*metric.dimensions, *metric.fixed}]
NOT_READINGS = {"flags", "nowcast", "ended"}  # what the reference notes beside; nowcasts have tests of their own
# By December the investment has returned in some of the logs.
CRM = {
    "go_live": date(2026, 5, 10),
    "investment": Fraction(30_000_000),
    "subscription": Fraction(100_000),
    "saved_hours": Fraction(50),
    "baseline": {"new_leads": Fraction(9, 2), "sales_cycle": Fraction(864_000)},
}
# Of several pipelines, removed stages and ones of the same place among them.
MAPPED = {
    "request_pipeline": 5,
    "approval_stages": ("CALL", "C5:WORK", "EARLY"),
    "document_stages": ("MEET", "OLD", "BILL", "C5:WORK"),
    "touches": {"form": "WEBFORM", "chat": "CALL", "chat:2": "ADVERTISING"},
    **FIELDS,
}
# From March on other KPIs count; sales have plans of months, of users 1 and 3 and department 10 too.
SCHEME = [
    {"from": date(2026, 1, 1), "weights": {"total_sales": 3, "win_rate": 1}, "targets": {"win_rate": 0.4}, "cap": 1.2},
    {
        "from": date(2026, 3, 15),
        "weights": {"total_sales": 2, "sales_cycle": 1, "aov": 1},
        "targets": {"sales_cycle": 20, "aov": 40_000, "total_sales": 2_000_000},
        "floor": 0.3,
    },
]
MONEY = {"money_at_stake", "point_worth"}  # in the extra, rounded to the cent
# Money that is rounded to hundredths after it was split: a hundredth either way.
ROUNDED = {"price_effect": 1.0}


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"seed{seed}")
def both(request: pytest.FixtureRequest) -> tuple[SqlEngine, Reference]:
    tables = with_answers(random_tables(request.param, 120), request.param)
    given: dict[str, Any] = {"time_zone": TIME_ZONE, "as_of": AS_OF, "report_currency": REPORT_CURRENCY}
    given |= {"crm": CRM, "hourly_rate": Fraction(20_000), "mapped": MAPPED, "scheme": SCHEME}
    given["base_days"] = 90  # so that customers are lost and come back within the year of the rows
    return SqlEngine.over(tables, **given), Reference(tables, **given)


@pytest.mark.parametrize(("metric", "by"), QUESTIONS, ids=[f"{metric.id}-{'+'.join(by)}" for metric, by in QUESTIONS])
def test_values_equal_the_reference(both: tuple[SqlEngine, Reference], metric: Any, by: tuple[str, ...]) -> None:
    """Every month and slice, in each mode that the metric has."""
    for mode in ("cohort", "flow") if metric.flow else ("cohort",):
        ask: dict[str, Any] = {"period": "month", "start": START, "end": END, "by": by, "mode": mode}
        compare(metric.id, both[0].values(metric.id, **ask), both[1].values(metric.id, **ask))


@pytest.mark.parametrize("by", [(), ("source",), ("utm_campaign",), ("source", "utm_campaign")])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("metric", ["romi", "romi_cohort"])
def test_every_attribution_equals_the_reference(
    both: tuple[SqlEngine, Reference], metric: str, rule: str, by: tuple[str, ...]
) -> None:
    """Each touch gets the same part, of journeys with one touch and with many."""
    assert set(by) <= {*find(metric).dimensions}
    ask: dict[str, Any] = {"period": "month", "start": START, "end": END, "by": by, "attribution": rule}
    compare(metric, both[0].values(metric, **ask), both[1].values(metric, **ask))


@pytest.mark.parametrize("period", ["day", "week", "quarter", "year"])
@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_other_periods_equal_the_reference(both: tuple[SqlEngine, Reference], metric: Any, period: str) -> None:
    """Days, weeks, quarters and years are cut alike."""
    end = date(2026, 4, 1) if period == "day" else END
    ask: dict[str, Any] = {"period": period, "start": START, "end": end}
    compare(metric.id, both[0].values(metric.id, **ask), both[1].values(metric.id, **ask))


def compare(metric: str, ours: dict[Any, Any], expected: dict[Any, Any]) -> None:
    assert expected
    for cell in {*ours, *expected}:
        mine, right = result_of(ours, metric, cell), result_of(expected, metric, cell)
        for name in ("value", "numerator", "denominator", "n", "reason"):
            near = ROUNDED.get(metric, 0) if name == "value" else 0
            assert same(getattr(mine, name), getattr(right, name), near), (cell, name, mine, right)
        for name in right.extra.keys() - NOT_READINGS - MONEY:
            near = ROUNDED.get(metric, 0) / 100
            assert same(mine.extra.get(name), right.extra.get(name), near), (cell, name, mine, right)
        for name in MONEY:
            moneys = [side.extra.get(name) for side in (mine, right)]
            assert moneys[0] == moneys[1] or isclose(*moneys, abs_tol=0.011), (cell, name, mine, right)


def same(one: Any, other: Any, near: float = 0) -> bool:
    if one is None or other is None or isinstance(one, str):
        return bool(one == other)
    return isclose(one, other, rel_tol=1e-9, abs_tol=max(1e-9, near))
