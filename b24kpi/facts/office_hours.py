"""The working hours of the portal's own calendar, which count where the settings tell none.

https://apidocs.bitrix24.com/api-reference/calendar/calendar-settings-get.html : hours as `9` or `9.30`, days of the
week as `SA`, days of the year as `1.01`, parted by commas.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from b24kpi.cache.context import OFFICE_HOURS
from b24kpi.cache.journal import Journal
from b24kpi.cache.store import Store
from b24kpi.facts.service_figures import WorkTime

_WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# Holidays of Russia, which a portal has until somebody changes them, in earlier editions wherever it stands: read from
# the source of the calendar module (the defaults of CCalendar::GetSettings), and in the sample of the page above.
_UNTOUCHED = {"1.01,2.01,7.01,23.02,8.03,1.05,9.05,12.06,4.11" + further for further in ("", ",12.12")}


def office_hours(store: Store) -> WorkTime | None:
    """Those that the last sync has learnt; None where it could learn none."""
    told = Journal(store).meta(OFFICE_HOURS)
    return hours_of(json.loads(told)) if told else None


def hours_of(told: Mapping[str, Any]) -> WorkTime | None:
    """The portal's answer in our terms; None where nobody works by it.

    Days of the year that nobody has ever changed are none.
    """
    begin, end = (_minutes(str(told.get(name) or "")) for name in ("work_time_start", "work_time_end"))
    free = told.get("week_holidays") or ()
    weekdays = tuple(place for place, name in enumerate(_WEEK) if name not in free)
    if begin is None or end is None or begin >= end or not weekdays:
        return None
    days_off, days_on = (str(told.get(name) or "") for name in ("year_holidays", "year_workdays"))
    if days_off in _UNTOUCHED:
        return WorkTime(weekdays, begin, end)
    return WorkTime(weekdays, begin, end, days_off=_days_of_year(days_off), days_on=_days_of_year(days_on))


def _minutes(text: str) -> int | None:
    """`9`, `9.30`, `24` → minutes after midnight."""
    found = re.fullmatch(r"(\d{1,2})(?:[.:](\d{1,2}))?", text.strip())
    if found is None:
        return None
    minutes = int(found[1]) * 60 + int((found[2] or "0").ljust(2, "0"))
    return minutes if minutes <= 24 * 60 else None


def _days_of_year(text: str) -> tuple[tuple[int, int], ...]:
    """`1.01, 24.08` → (month, day), ascending; what is no day is left out."""
    found = {(int(month), int(day)) for day, month in re.findall(r"(\d{1,2})\.(\d{1,2})", text)}
    return tuple(sorted((month, day) for month, day in found if 1 <= month <= 12 and 1 <= day <= 31))
