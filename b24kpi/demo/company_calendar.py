"""Working time: the scale on which the demo company lives.

Business time is seconds of work since the company's first working day: nine hours a day from 9:00 local time,
Monday to Friday. Lives of leads and deals are drawn on it, so that every step lands in office hours of the right
day through every change of clocks.
"""

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = 9 * 3600.0  # seconds of business time in a working day
OPENING = time(9)


class WorkCalendar:
    """Working days from the moment `start` to `end` (epoch seconds) in the given zone."""

    def __init__(self, start: float, end: float, zone: ZoneInfo) -> None:
        days = _working_days(_local_date(start, zone), _local_date(end, zone))
        self._starts = [int(datetime.combine(day, OPENING, zone).timestamp()) for day in days]
        self._dates = [day.isoformat() for day in days]
        self.months = [day.month for day in days]

    def __len__(self) -> int:
        return len(self._starts)

    def moment(self, at: float) -> int:
        """Epoch seconds of a moment of business time."""
        day = int(at // DAY)
        return int(self._starts[day] + at - day * DAY)

    def business(self, moment: float) -> float:
        """Business time of an epoch moment: nights and weekends count as the end of the working day before."""
        day = bisect_right(self._starts, moment) - 1
        if day < 0:
            return 0.0
        return day * DAY + min(moment - self._starts[day], DAY - 1)

    def date(self, at: float) -> str:
        """The local day, YYYY-MM-DD, of a moment of business time; the calendar's last day for what lies after it."""
        return self._dates[min(int(at // DAY), len(self._dates) - 1)]


def _local_date(moment: float, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(moment, UTC).astimezone(zone).date()


def _working_days(first: date, last: date) -> list[date]:
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5]
