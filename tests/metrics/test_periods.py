"""Periods tile the calendar and are found again by their names."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24kpi.errors import BadInput
from b24kpi.metrics.period import Grain, Period, latest, periods

DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))
GRAINS = st.sampled_from(Grain)


@given(DAYS, st.integers(1, 900), GRAINS)
def test_periods_tile_a_range(start: date, length: int, grain: Grain) -> None:
    """Each begins where the one before ends; the first has the first day, the last has the last."""
    end = start + timedelta(days=length)
    found = periods(start, end, grain)
    assert all(one.end == two.start for one, two in pairwise(found))
    assert found[0].start <= start < found[0].end
    assert found[-1].start < end <= found[-1].end


@given(DAYS, GRAINS)
def test_a_period_has_the_days_that_name_it(day: date, grain: Grain) -> None:
    """The same period from each of its days, from its label, and from its neighbours."""
    period = Period.containing(day, grain)
    assert period.start <= day < period.end
    assert Period.containing(period.end - timedelta(days=1), grain) == period
    assert Period.parse(period.label) == period
    assert period.previous.following == period.following.previous == period
    assert period.previous.end == period.start


@given(DAYS, st.integers(0, 40), GRAINS)
def test_the_latest_are_complete_but_for_the_present_one(today: date, count: int, grain: Grain) -> None:
    """So many complete ones, in order, and that of today."""
    found = latest(count, today, grain)
    assert len(found) == count + 1
    assert found == periods(found[0].start, found[-1].end, grain)
    assert found[-1] == Period.containing(today, grain)


def test_an_empty_range_has_no_periods() -> None:
    """A range that ends where it begins has no day."""
    assert periods(date(2026, 6, 1), date(2026, 6, 1), Grain.MONTH) == []


@pytest.mark.parametrize(
    ("day", "grain", "label"),
    [
        (date(2026, 6, 5), Grain.DAY, "2026-06-05"),
        (date(2026, 6, 5), Grain.WEEK, "2026-W23"),
        (date(2026, 6, 5), Grain.MONTH, "2026-06"),
        (date(2026, 6, 5), Grain.QUARTER, "2026-Q2"),
        (date(2026, 6, 5), Grain.YEAR, "2026"),
        (date(2027, 1, 3), Grain.WEEK, "2026-W53"),
        (date(2024, 12, 30), Grain.WEEK, "2025-W01"),
        (date(2026, 12, 31), Grain.QUARTER, "2026-Q4"),
    ],
)
def test_labels_are_those_of_the_contract(day: date, grain: Grain, label: str) -> None:
    """Weeks are ISO 8601's, and so is their year."""
    assert Period.containing(day, grain).label == label


@pytest.mark.parametrize(
    "label", ["", "June", "2026-13", "2026-W54", "2025-W53", "2026-Q5", "2026-Q0", "2026-02-30", "26"]
)
def test_what_names_no_period_is_refused(label: str) -> None:
    """With the forms that do."""
    with pytest.raises(BadInput) as caught:
        Period.parse(label)
    assert "2026-W23" in str(caught.value)
