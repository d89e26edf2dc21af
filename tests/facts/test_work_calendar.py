"""The clock of working time stands still at night, on weekends and on holidays."""

from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from b24kpi.facts.service_figures import HOUR, MINUTE, WorkTime
from b24kpi.facts.work_calendar import WorkCalendar
from tests.reference.work_time import worked

KYIV = ZoneInfo("Europe/Kyiv")
OFFICE = WorkCalendar(WorkTime(), KYIV)
ALWAYS = WorkCalendar(WorkTime.parse("mon-sun 00:00-24:00"), KYIV)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=KYIV).timestamp()


def passed(calendar: WorkCalendar, start: str, end: str) -> int:
    return calendar.reading(at(end)) - calendar.reading(at(start))


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2026-06-01T10:00", "2026-06-01T10:15", 15),
        ("2026-06-01T08:00", "2026-06-01T09:10", 10),
        ("2026-06-01T17:50", "2026-06-02T09:10", 20),
        ("2026-06-05T17:50", "2026-06-08T09:00", 10),
        ("2026-06-06T10:00", "2026-06-07T20:00", 0),
        ("2026-06-01T18:00", "2026-06-02T09:00", 0),
        ("2026-06-01T09:00", "2026-06-08T09:00", 5 * 9 * 60),
    ],
)
def test_only_working_time_passes(start: str, end: str, minutes: int) -> None:
    """Edges included: at nine it begins, at six it ends."""
    assert passed(OFFICE, start, end) == minutes * MINUTE


def test_nobody_works_on_holidays() -> None:
    """Whatever day of the week they are."""
    calendar = WorkCalendar(WorkTime(holidays=(date(2026, 6, 2),)), KYIV)
    assert passed(calendar, "2026-06-01T17:50", "2026-06-03T09:10") == 20 * MINUTE


def test_round_the_clock_is_plain_time() -> None:
    """The hour that is missing in spring and that comes twice in autumn are counted as they pass."""
    assert passed(ALWAYS, "2026-03-28T12:00", "2026-03-29T12:00") == 23 * HOUR
    assert passed(ALWAYS, "2026-10-24T12:00", "2026-10-25T12:00") == 25 * HOUR
    assert passed(ALWAYS, "2001-05-01T10:00", "2012-03-14T17:00") == at("2012-03-14T17:00") - at("2001-05-01T10:00")


@pytest.mark.parametrize(
    ("zone", "year"),
    [("Europe/Kyiv", 2026), ("America/Recife", 2000), ("America/Sao_Paulo", 2018), ("Asia/Gaza", 2024)],
)
def test_days_begin_and_end_by_the_clocks_of_their_zone(zone: str, year: int) -> None:
    """Also in Recife, where summer time once lasted for a week."""
    calendar = WorkCalendar(WorkTime.parse("mon-sun 01:30-24:00"), ZoneInfo(zone))
    days = [date.fromordinal(date(year, 1, 1).toordinal() + number) for number in range(366)]
    moments = [datetime.combine(day, time(1, 30), ZoneInfo(zone)).timestamp() for day in days]
    ends = [datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)).timestamp() for day in days]
    worked_by_day = [calendar.reading(end) - calendar.reading(begin) for begin, end in zip(moments, ends, strict=True)]
    assert worked_by_day == [end - begin for begin, end in zip(moments, ends, strict=True)]


def test_any_two_moments_are_as_far_apart_as_day_by_day() -> None:
    """Against a plain loop over days."""
    rng = Random(5)
    for _ in range(200):
        start = rng.randint(1_770_000_000, 1_790_000_000)
        end = start + rng.choice([30, 5_000, 90_000, 3_000_000])
        assert OFFICE.reading(end) - OFFICE.reading(start) == worked(start, end, KYIV)


def test_the_moment_after_some_working_time() -> None:
    """Monday ten o'clock and 24 working hours: Wednesday at four; at the end of a day it is that day's end."""
    assert OFFICE.moment_after(at("2026-06-01T10:00"), 24 * HOUR) == at("2026-06-03T16:00")
    assert OFFICE.moment_after(at("2026-06-01T17:00"), HOUR) == at("2026-06-01T18:00")
    assert OFFICE.moment_after(at("2026-06-06T12:00"), MINUTE) == at("2026-06-08T09:01")


@pytest.mark.parametrize(
    "text", ["", "mon-fri", "mon-fri 9-18", "fri-mon 09:00-18:00", "mon 18:00-09:00", "mo 09:00-18:00"]
)
def test_what_tells_no_working_time_is_refused(text: str) -> None:
    """Before it could make every number wrong."""
    with pytest.raises(ValueError):  # noqa: PT011 - the settings word it
        WorkTime.parse(text)


def test_days_may_be_a_list() -> None:
    """Or a range, or both."""
    assert WorkTime.parse("mon,wed-fri 08:30-17:00") == WorkTime((0, 2, 3, 4), 510, 1020)


@pytest.mark.parametrize("hours", ["mon-fri 09:00-18:00", "mon-sun 00:00-24:00", "mon,wed,sat 07:30-15:00"])
def test_the_days_read_as_the_clock_does(hours: str) -> None:
    """From the first moment to the last; later ones are not told, earlier ones are not found."""
    first, last = int(at("2026-03-01T12:00")), int(at("2026-11-01T12:00"))
    calendar = WorkCalendar(WorkTime.parse(hours), KYIV)
    days = [*calendar.days(first, last)]
    assert days == sorted(days, key=lambda day: day[0])
    for moment in [first, last, *Random(7).choices(range(first, last), k=500)]:
        begin, reading, until = [day for day in days if day[0] < moment][-1]
        assert reading is not None
        assert until is not None
        assert min(reading + moment - begin, until) == calendar.reading(moment)
    assert days[-1][1:] == (None, None)
    assert all(day[1] is not None for day in days[:-1])
