"""What people give about answering customers: working hours, and how soon an answer has to come."""

from dataclasses import dataclass
from datetime import date

MINUTE, HOUR, DAY = 60, 3600, 86_400
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE_HOURS = "mon-fri 09:00-18:00"


@dataclass(frozen=True)
class WorkTime:
    """The hours in which people work.

    Attributes:
        weekdays: of the working days, 0 for Monday.
        begin, end: minutes after local midnight; the end is at most 1440.
        holidays: days on which nobody works.
        days_off, days_on: (month, day) on which nobody works in any year, and on which people do whatever the weekday.
    """

    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    begin: int = 540
    end: int = 1080
    holidays: tuple[date, ...] = ()
    days_off: tuple[tuple[int, int], ...] = ()
    days_on: tuple[tuple[int, int], ...] = ()

    @classmethod
    def parse(cls, text: str, holidays: tuple[date, ...] = ()) -> "WorkTime":
        """`mon-fri 09:00-18:00`; days may also be a list, `mon,wed,fri`.

        Raises:
            ValueError: it is not written so, or the end is not after the beginning.
        """
        days, hours = text.strip().lower().split()
        begin, end = (_minutes(part) for part in hours.split("-"))
        if not 0 <= begin < end <= DAY // MINUTE:
            raise ValueError(text)
        weekdays = {day for part in days.split(",") for day in _days(part)}
        return cls(tuple(sorted(weekdays)), begin, end, tuple(sorted(set(holidays))))

    @property
    def text(self) -> str:
        """As `parse` reads it, without days of the year."""
        names = ",".join(WEEKDAYS[day] for day in self.weekdays)
        if len(self.weekdays) > 2 and self.weekdays[-1] - self.weekdays[0] == len(self.weekdays) - 1:
            names = f"{WEEKDAYS[self.weekdays[0]]}-{WEEKDAYS[self.weekdays[-1]]}"
        begin, end = (f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (self.begin, self.end))
        return f"{names} {begin}-{end}"

    def is_working(self, day: date) -> bool:
        """Whether people work on a day."""
        of_year = (day.month, day.day)
        if day in self.holidays or of_year in self.days_off:
            return False
        return day.weekday() in self.weekdays or of_year in self.days_on


@dataclass(frozen=True)
class ServiceFigures:
    """When an answer is in time, and when a request counts as lost; durations in seconds.

    Attributes:
        sla: working time within which an inquiry is to be answered.
        lost_after: working time after which an inquiry that nobody answered is lost.
        repeat_within: time within which a further inquiry of the same customer is a repeated one.
        email, chat, meeting: how long such a contact takes; of calls the telephony tells.
    """

    work_time: WorkTime = WorkTime()
    sla: int = 15 * MINUTE
    lost_after: int = 24 * HOUR
    repeat_within: int = 7 * DAY
    email: int = 5 * MINUTE
    chat: int = 10 * MINUTE
    meeting: int = HOUR


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _days(text: str) -> range:
    first, _, last = text.partition("-")
    begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    if end < begin:
        raise ValueError(text)
    return range(begin, end + 1)
