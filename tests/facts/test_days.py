"""A day is the portal's day: from local midnight to local midnight, be it 23 or 25 hours."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24kpi.facts.functions import DAY, day_borders, day_reader, local_day, local_midnight
from b24kpi.facts.refresh import refresh
from tests.event_logs import ZONE
from tests.facts.rows import portal_of

KYIV = ZoneInfo("Europe/Kyiv")
ZONES = st.sampled_from(["Europe/Kyiv", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "UTC"]).map(ZoneInfo)


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-05-31T20:59:59", 20260531),
        ("2026-05-31T21:00:00", 20260601),
        ("2026-12-31T21:59:59", 20261231),
        ("2026-12-31T22:00:00", 20270101),
        ("2026-03-28T21:59:59", 20260328),
        ("2026-03-28T22:00:00", 20260329),
        ("2026-03-29T20:59:59", 20260329),
        ("2026-03-29T21:00:00", 20260330),
        ("2026-10-24T21:00:00", 20261025),
        ("2026-10-25T21:59:59", 20261025),
        ("2026-10-25T22:00:00", 20261026),
    ],
)
def test_the_day_changes_at_midnight_in_kyiv(moment: str, day: int) -> None:
    """In winter, in summer, and on the days when clocks change."""
    assert local_day(utc(moment), KYIV) == day


def test_days_of_clock_changes_have_23_and_25_hours() -> None:
    """From the midnight of a date to the next one."""
    hours = [
        (local_midnight(f"2026-{b}", KYIV) or 0) - (local_midnight(f"2026-{a}", KYIV) or 0)
        for a, b in (("03-29", "03-30"), ("10-25", "10-26"), ("06-01", "06-02"))
    ]
    assert hours == [23 * 3600, 25 * 3600, 24 * 3600]


@given(st.dates(date(1995, 1, 1), date(2060, 1, 1)), ZONES)
def test_a_midnight_begins_its_day(day: date, zone: ZoneInfo) -> None:
    """The second before is another day."""
    start = local_midnight(day.isoformat(), zone)
    assert start is not None
    if datetime.fromtimestamp(start, zone).date() == day:  # Apia has skipped a day
        assert local_day(start, zone) == day.year * 10_000 + day.month * 100 + day.day
        assert local_day(start - 1, zone) != local_day(start, zone)


@given(st.integers(0, 2**31), st.integers(0, 10**6), ZONES)
def test_a_later_moment_never_lies_on_an_earlier_day(moment: int, later: int, zone: ZoneInfo) -> None:
    """Also while clocks go back."""
    assert (local_day(moment, zone) or 0) <= (local_day(moment + later, zone) or 0)


@given(st.integers(-(2**31), 2**32), st.sampled_from(["Africa/Monrovia", "Europe/Amsterdam"]).map(ZoneInfo) | ZONES)
def test_days_that_are_remembered_are_the_days(moment: int, zone: ZoneInfo) -> None:
    """Also where a day does not begin on a quarter of an hour, as in Monrovia until 1972."""
    read = day_reader(zone)
    assert [read(moment + near) for near in (-1, 0, 1)] == [local_day(moment + near, zone) for near in (-1, 0, 1)]
    assert read(None) is None


@given(st.integers(-DAY, 2**32), ZONES)
def test_days_that_are_looked_up_are_the_days(moment: int, zone: ZoneInfo) -> None:
    """As facts do it: SQL divides towards 0, and what is not found is asked of the function."""
    borders = {day: rest for day, *rest in day_borders(zone, moment - DAY, moment + DAY)}
    for near in (-1, 0, 1):
        at = moment + near
        if found := borders.get(int(at / DAY)):
            border, before, after = found
            assert (before if at < border else after) == local_day(at, zone)


def test_no_moment_has_no_day() -> None:
    """NULL stays NULL."""
    assert (local_day(None, KYIV), local_midnight(None, KYIV)) == (None, None)


@pytest.mark.parametrize("second", [-1, 0])
def test_a_win_counts_on_the_local_day_of_its_second(second: int) -> None:
    """Midnight belongs to the day that begins."""
    moment = (datetime(2026, 7, 1, tzinfo=ZONE) + timedelta(seconds=second)).replace(tzinfo=None).isoformat()
    with portal_of({"steps": [("2026-06-01T10:00:00", "NEW"), (moment, "WON")]}) as store:
        refresh(store, ZONE, "UAH")
        assert store.query("SELECT closed_day FROM fact_deal") == [(20260701 if second == 0 else 20260630,)]


def test_a_date_without_a_time_is_its_local_day() -> None:
    """CLOSEDATE is a date of the portal and is never shifted, west of Greenwich either."""
    deal = {"steps": [("2026-06-01T10:00:00", "WON")], "moved_time": None, "closedate": "2026-06-15"}
    for zone in (ZONE, ZoneInfo("America/New_York"), ZoneInfo("Pacific/Kiritimati")):
        with portal_of(dict(deal)) as store:
            store.db.conn.execute("DELETE FROM stage_step")
            refresh(store, zone, "UAH")
            assert store.query("SELECT closed_day, won_date_approx FROM fact_deal") == [(20260615, 1)]
