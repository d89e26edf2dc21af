"""Laws of the customer base that hold for any rows."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24kpi.facts.figures import Figures
from b24kpi.facts.refresh import refresh
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Query, Value
from b24kpi.metrics.period import Grain, Period, periods
from tests.event_logs import AS_OF, REPORT_CURRENCY, ZONE, Tables, logs, random_tables
from tests.facts.mutations import filled_store

START, END = date(2026, 1, 1), date(2026, 12, 1)
Values = dict[Period, Value]
over_logs = settings(max_examples=6)
windows = st.sampled_from([30, 90, 365])
grains = st.sampled_from([Grain.WEEK, Grain.MONTH, Grain.QUARTER])


def answers(tables: Tables, base_days: int, grain: Grain, *metrics: str, end: date = END) -> list[Values]:
    """Values by period, for each metric."""
    with filled_store(tables) as store:
        refresh(store, ZONE, REPORT_CURRENCY, Figures(base_days=base_days))
        engine = Engine(store, ZONE, AS_OF, figures=Figures(base_days=base_days))
        asked = [Query(find(metric), tuple(periods(START, end, grain))) for metric in metrics]
        return [{value.period: value for value in engine.values(query)} for query in asked]


def sides(value: Value) -> tuple[int, int]:
    return int(value.numerator or 0), int(value.denominator or 0)


@over_logs
@given(logs(60), windows, grains)
def test_the_base_of_a_period_is_that_before_and_who_came_less_who_left(
    tables: Tables, base_days: int, grain: Grain
) -> None:
    """base = base before + new + come back - lost, each read off the two retentions."""
    bases, seeds, stricts = answers(tables, base_days, grain, "base", "crr", "crr_strict")
    for period, base in bases.items():
        (without_new, before), (kept, before_too) = sides(seeds[period]), sides(stricts[period])
        new, come_back, lost = int(base.value or 0) - without_new, without_new - kept, before - kept
        assert before == before_too == (bases[period.previous].value if period.previous in bases else before)
        assert min(new, come_back, lost) >= 0
        assert base.value == before + new + come_back - lost
        told = dict(zip(("at_start", "newcomers", "reactivated", "left"), (before, new, come_back, lost), strict=True))
        assert base.extra == told


@over_logs
@given(logs(60), windows, grains)
def test_strict_retention_is_the_seed_without_who_came_back(tables: Tables, base_days: int, grain: Grain) -> None:
    """So it never passes 1, and never the other."""
    seeds, stricts = answers(tables, base_days, grain, "crr", "crr_strict")
    for period, strict in stricts.items():
        if strict.value is not None:
            assert strict.value <= 1
            assert strict.value <= (seeds[period].value or 0)


@over_logs
@given(logs(60), windows)
def test_growth_is_that_of_new_customers(tables: Tables, base_days: int) -> None:
    """Of each month against the one before."""
    growth, new = answers(tables, base_days, Grain.MONTH, "new_customer_growth", "new_customers")
    for period, value in growth.items():
        if period.previous in new:
            before, now = int(new[period.previous].value or 0), int(new[period].value or 0)
            assert sides(value) == (now - before, before)


@over_logs
@given(logs(60), windows)
def test_days_in_the_base_add_up(tables: Tables, base_days: int) -> None:
    """Over months as over the year; on a single day they are the base of that day."""
    (months,), (days,), (bases,) = (
        answers(tables, base_days, grain, metric)
        for grain, metric in (
            (Grain.MONTH, "purchase_frequency"),
            (Grain.DAY, "purchase_frequency"),
            (Grain.DAY, "base"),
        )
    )
    assert sum(sides(value)[1] for value in months.values()) == sum(sides(value)[1] for value in days.values())
    assert {day: sides(value)[1] for day, value in days.items()} == {day: base.value for day, base in bases.items()}


@pytest.mark.parametrize("base_days", [30, 365])
def test_a_period_that_is_not_over_ends_today(base_days: int) -> None:
    """The base of the year is that of the last day known, not what will be left of it at New Year."""
    tables = random_tables(4, 200)
    (year,) = answers(tables, base_days, Grain.YEAR, "base")
    (days,) = answers(tables, base_days, Grain.DAY, "base", end=date(2026, 12, 2))
    assert [value.value for value in year.values()] == [days[Period.parse("2026-12-01")].value]
    assert Fraction(next(iter(year.values())).value or 0) > 0
