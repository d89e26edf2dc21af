"""Working time between two moments, day by day: Monday to Friday, nine to six."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WORKDAYS = range(5)
BEGIN, END = time(9), time(18)


def worked(start: float, end: float, zone: ZoneInfo) -> float:
    """Seconds of working time from start to end; 0 where the end is not later."""
    total, day = 0.0, datetime.fromtimestamp(start, zone).date()
    while day <= datetime.fromtimestamp(end, zone).date():
        opens, closes = _hours(day, zone)
        total += max(0.0, min(end, closes) - max(start, opens))
        day += timedelta(days=1)
    return total


def _hours(day: date, zone: ZoneInfo) -> tuple[float, float]:
    if day.weekday() not in WORKDAYS:
        return 0.0, 0.0
    opens, closes = (datetime.combine(day, clock, zone).timestamp() for clock in (BEGIN, END))
    return opens, closes
