"""The working hours of the portal's calendar, as it tells them, and whose hours count."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from b24kpi.facts.office_hours import hours_of
from b24kpi.facts.service_figures import WorkTime
from b24kpi.facts.work_calendar import WorkCalendar
from b24kpi.settings_service import ServiceSettings

KYIV = ZoneInfo("Europe/Kyiv")
TOLD = {
    "work_time_start": "9.30", "work_time_end": "19", "week_holidays": ["SU"],
    "year_holidays": "1.01, 24.08,31.02", "year_workdays": "5.07",
}  # fmt: skip
HOURS = WorkTime((0, 1, 2, 3, 4, 5), 570, 1140, days_off=((1, 1), (2, 31), (8, 24)), days_on=((7, 5),))
UNTOUCHED = {"year_holidays": "1.01,2.01,7.01,23.02,8.03,1.05,9.05,12.06,4.11", "year_workdays": "31.12"}


def test_hours_and_days_are_read_as_the_calendar_writes_them() -> None:
    """Half hours behind a dot; days of the year without one; a day that never comes does no harm."""
    assert hours_of(TOLD) == HOURS
    assert HOURS.text == "mon-sat 09:30-19:00"
    assert WorkTime.parse(HOURS.text) == WorkTime((0, 1, 2, 3, 4, 5), 570, 1140)
    assert WorkTime.parse("mon,wed,thu 08:05-09:00").text == "mon,wed,thu 08:05-09:00"


def test_holidays_that_nobody_has_chosen_are_none() -> None:
    """A portal has those of Russia wherever it stands."""
    assert hours_of(TOLD | UNTOUCHED) == WorkTime((0, 1, 2, 3, 4, 5), 570, 1140)


@pytest.mark.parametrize(
    "changed",
    [
        {"work_time_start": ""},
        {"work_time_end": "9"},
        {"work_time_end": "25"},
        {"work_time_start": "nine"},
        {"week_holidays": ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]},
    ],
)
def test_hours_in_which_nobody_works_are_none(changed: dict[str, Any]) -> None:
    """Then the usual ones count."""
    assert hours_of(TOLD | changed) is None


@pytest.mark.parametrize(
    ("day", "is_working"),
    [("2026-08-24", False), ("2026-08-25", True), ("2026-07-05", True), ("2026-07-12", False), ("2026-12-25", False)],
)
def test_days_of_the_year_come_every_year(day: str, is_working: bool) -> None:
    """A holiday on a Monday, a Sunday on which people work, and a holiday of the settings."""
    hours = ServiceSettings(holidays=(date(2026, 12, 25),)).figures(HOURS).work_time
    begin, end = (datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=KYIV).timestamp() for time in ("00", "23"))
    calendar = WorkCalendar(hours, KYIV)
    assert calendar.reading(end) - calendar.reading(begin) == is_working * (1140 - 570) * 60


def test_the_settings_win_over_the_portal_and_the_portal_over_what_is_usual() -> None:
    """Holidays of the settings count in each case."""
    day = date(2026, 12, 25)
    own = ServiceSettings(work_time="mon-fri 08:00-17:00", holidays=(day,))
    assert own.figures(HOURS).work_time == WorkTime((0, 1, 2, 3, 4), 480, 1020, (day,))
    assert ServiceSettings().figures(HOURS).work_time == HOURS
    assert ServiceSettings(holidays=(day,)).figures().work_time == WorkTime(holidays=(day,))
