"""The SQL engine and the slow reference agree on random event logs: every KPI, every slice, several seeds."""

from datetime import date
from math import isclose
from typing import Any

import pytest

from b24kpi.metrics.catalogue import load
from tests.event_logs import AS_OF, REPORT_CURRENCY, TIME_ZONE, random_tables
from tests.reference.engine import Reference
from tests.sql_engine import SqlEngine, result_of

SEEDS = range(6)
START, END = date(2026, 1, 1), date(2026, 12, 1)
OTHERS = ("department", "utm_campaign", "loss_reason", "visit", "channel", "direction")
SLICES = ((), ("manager",), ("source",), ("pipeline",), ("manager", "source"), *((name,) for name in OTHERS))
EXTRA = (
    *("p80", "median_of_won", "time_to_win", "within_sla", "p90", "median_of_answered", "p90_of_answered", "median"),
    *("answering_share", "lost_share", "recoverable_revenue", "per_employee", "touches_of_won", "touches_of_lost"),
    *("filled_share", "touched_share", "lived_share", "median_of_buyers", "median_of_closed"),
    *("overdue_share", "to_median", "wasted_time"),
)


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"seed{seed}")
def both(request: pytest.FixtureRequest) -> tuple[SqlEngine, Reference]:
    tables = random_tables(request.param, 120)
    given: dict[str, Any] = {"time_zone": TIME_ZONE, "as_of": AS_OF, "report_currency": REPORT_CURRENCY}
    given["base_days"] = 90  # so that customers are lost and come back within the year of the rows
    return SqlEngine.over(tables, **given), Reference(tables, **given)


@pytest.mark.parametrize("metric", load(), ids=lambda metric: metric.id)
@pytest.mark.parametrize("by", SLICES, ids="+".join)
def test_values_equal_the_reference(both: tuple[SqlEngine, Reference], metric: Any, by: tuple[str, ...]) -> None:
    """Every month and slice, in each mode that the metric has."""
    if not set(by) <= {*metric.dimensions, *metric.fixed}:
        pytest.skip(f"{metric.id} is not sliced by {by}")
    for mode in ("cohort", "flow") if metric.flow else ("cohort",):
        ask: dict[str, Any] = {"period": "month", "start": START, "end": END, "by": by, "mode": mode}
        compare(metric.id, both[0].values(metric.id, **ask), both[1].values(metric.id, **ask))


@pytest.mark.parametrize("period", ["day", "week", "quarter", "year"])
@pytest.mark.parametrize("metric", load(), ids=lambda metric: metric.id)
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
            assert same(getattr(mine, name), getattr(right, name)), (cell, name, mine, right)
        for name in EXTRA:
            assert same(mine.extra.get(name), right.extra.get(name)), (cell, name, mine, right)


def same(one: Any, other: Any) -> bool:
    if one is None or other is None or isinstance(one, str):
        return bool(one == other)
    return isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
