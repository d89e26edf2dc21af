"""Plans against what is to be expected: the chance to reach them, and how often they were reached."""

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from b24kpi.metrics.catalogue import find
from b24kpi.metrics.model import Query, Reason, Value
from b24kpi.metrics.period import Period
from tests.case_rows import Rows, moment
from tests.sql_engine import SqlEngine

ZONE = ZoneInfo("Europe/Kyiv")
MONTHS = [(2025, month) for month in range(5, 13)] + [(2026, month) for month in range(1, 9)]


@pytest.fixture
def engine() -> Iterator[SqlEngine]:
    """A year and more in which each month brings 100, of deals created in it; 40 are won in the present one."""
    deals = [
        {"amount": 100, "steps": [[f"{year}-{month:02}-02", "NEW"], [f"{year}-{month:02}-03", "WON"]]}
        for year, month in MONTHS
    ]
    deals.append({"amount": 40, "steps": [["2026-09-01T10:00", "NEW"], ["2026-09-01T12:00", "WON"]]})
    tables = Rows(ZONE).tables({"deal": deals})
    as_of = moment("2026-09-11", ZONE)
    found = SqlEngine.over(tables, time_zone="Europe/Kyiv", as_of=as_of, report_currency="UAH")
    yield found
    found.store.close()


def plan(engine: SqlEngine, label: str, amount: int, scope: str = "company", value: str = "") -> None:
    """Planned sales of a period, in currency units."""
    period = Period.parse(label)
    days = [int(day.strftime("%Y%m%d")) for day in (period.start, period.end)]
    engine.store.db.execute(
        "INSERT INTO plan (metric, from_day, to_day, scope, scope_value, amount) VALUES ('total_sales', ?, ?, ?, ?, ?)",
        [*days, scope, value, amount * 100],
    )


def realism(engine: SqlEngine, label: str, by: tuple[str, ...] = ()) -> Value:
    (found,) = engine.engine.values(Query(find("plan_realism"), (Period.parse(label),), by))
    return found


@pytest.mark.parametrize(("amount", "chance"), [(40, 1.0), (41, 0.0)])
def test_a_certain_sum_reaches_a_plan_or_does_not(engine: SqlEngine, amount: int, chance: float) -> None:
    """From the 11th on no deal of the month was ever created: 40 it will be."""
    plan(engine, "2026-09", amount)
    assert realism(engine, "2026-09").value == chance


def test_the_next_period_has_its_own_plan(engine: SqlEngine) -> None:
    """October will bring 100 as ever."""
    plan(engine, "2026-10", 100)
    assert realism(engine, "2026-10").value == 1
    assert realism(engine, "2026-11").reason is Reason.NOT_CONFIGURED


def test_it_is_told_how_often_plans_were_reached(engine: SqlEngine) -> None:
    """Of three planned months of the last twelve, two."""
    for label, amount in (("2026-06", 90), ("2026-07", 110), ("2026-08", 100), ("2026-09", 200), ("2025-06", 1)):
        plan(engine, label, amount)
    assert realism(engine, "2026-09").extra == {"planned": 3, "attained": 2}


def test_a_plan_of_a_manager_is_his(engine: SqlEngine) -> None:
    """By managers, the company's plan is nobody's."""
    plan(engine, "2026-10", 1000)
    assert realism(engine, "2026-10", ("manager",)).reason is Reason.NOT_CONFIGURED
    plan(engine, "2026-10", 100, "user", "5")
    assert realism(engine, "2026-10", ("manager",)).value == 1


def test_a_plan_of_nothing_is_no_plan(engine: SqlEngine) -> None:
    """Everybody would reach it."""
    plan(engine, "2026-10", 0)
    assert realism(engine, "2026-10").reason is Reason.NOT_CONFIGURED


def test_few_periods_are_too_few_to_judge_a_plan(engine: SqlEngine) -> None:
    """A plan of a month that has five whole ones before it."""
    plan(engine, "2025-11", 100)
    plan(engine, "2025-12", 100)
    assert realism(engine, "2025-11").reason is Reason.INSUFFICIENT_DATA
    past = realism(engine, "2025-12")
    assert (past.value, past.flags) == (1, ("foreseen",))
    assert date(2025, 12, 1) == past.period.start
