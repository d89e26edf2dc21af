"""Laws that any set of rows obeys, and published figures: what keeps the reference engine itself honest."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from math import prod

import pytest
from hypothesis import given, settings

from tests.event_logs import AS_OF, TIME_ZONE, Tables, logs, random_tables
from tests.reference.engine import METRICS, Reference, Result
from tests.reference.slices import Key
from tests.reference.survival import HALF, Duration, curve, quantile

# Weeks of remission under 6-mercaptopurine, the negative ones still going on (Freireich and others, Blood, 1963).
REMISSIONS = (6, 6, 6, 7, 10, 13, 16, 22, 23, -6, -9, -10, -11, -17, -19, -20, -25, -32, -32, -34, -35)


def engine(tables: Tables) -> Reference:
    """The reference over random tables."""
    return Reference(tables, time_zone=TIME_ZONE, as_of=AS_OF)


def year(reference: Reference, metric: str, period: str, by: Sequence[str] = ()) -> dict[tuple[str, Key], Result]:
    """Values of the year that the random rows fill."""
    return reference.values(metric, period=period, start=date(2026, 1, 1), end=date(2027, 1, 1), by=by)


def test_the_same_seed_gives_the_same_rows() -> None:
    """A failure found at a seed can be looked at again."""
    assert random_tables(7, 40) == random_tables(7, 40) != random_tables(8, 40)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("period", ["day", "year"])
def test_every_period_has_a_result_or_a_reason(metric: str, period: str) -> None:
    """A value and a reason exclude each other, and one of them is there."""
    results = year(engine(random_tables(3, 60)), metric, period)
    assert {label for label, _ in results} >= {"2026-10-25" if period == "day" else "2026"}
    assert all((result.value is None) != (result.reason is None) for result in results.values())


@settings(max_examples=25)
@given(logs())
def test_slices_of_a_sum_add_up(tables: Tables) -> None:
    """Money, wins and new customers are divided among slices without rest."""
    reference = engine(tables)
    for metric in ("total_sales", "won_deals", "new_customers"):
        whole = year(reference, metric, "year")["2026", ()]
        for by in (("manager",), ("source", "currency"), ("department", "pipeline", "utm_campaign")):
            assert total(year(reference, metric, "year", by)) == whole.value


@settings(max_examples=25)
@given(logs())
def test_days_of_a_year_add_up_to_it(tables: Tables) -> None:
    """Adjacent periods neither overlap nor leave a gap, on the days of clock changes either."""
    reference = engine(tables)
    for metric in ("total_sales", "won_deals", "new_customers"):
        days, months = (year(reference, metric, period) for period in ("day", "month"))
        assert total(days) == total(months) == total(year(reference, metric, "year"))


@settings(max_examples=25)
@given(logs(60))
def test_stages_multiply_to_the_funnel(tables: Tables) -> None:
    """Of one cohort, the product of the conversions of all stages is the conversion from first to won."""
    reference = engine(tables)
    stages = year(reference, "stage_conversion", "quarter")
    funnels = year(reference, "funnel_conversion", "quarter", ("pipeline",))
    for (label, (pipeline,)), funnel in funnels.items():
        own = [result.value for (when, key), result in stages.items() if (when, key[0]) == (label, pipeline)]
        if None not in own:
            assert prod(Fraction(value) for value in own if value is not None) == funnel.value


def test_survival_of_published_data() -> None:
    """Kaplan-Meier gives the published curve and median of the remission data."""
    steps = list(curve([Duration(abs(weeks), "left" if weeks > 0 else None) for weeks in REMISSIONS]))
    shares = [round(float(step.survivors), 3) for step in steps]
    assert shares == [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    assert quantile(steps, HALF) == 23


def total(results: dict[tuple[str, Key], Result]) -> Fraction:
    """Sum of all values; none may be unknown."""
    return sum((Fraction(result.value) for result in results.values() if result.value is not None), Fraction(0))
