"""Working time as a clock that stands still at night, on weekends and on holidays."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from b24kpi.facts.service_figures import WorkTime

_FIRST = 1999  # year: nothing in a CRM is older
_ONE_DAY = timedelta(days=1)
_DAY, _WEEK, _EPOCH = 86_400, 7, date(1970, 1, 1).toordinal()  # seconds, days, day


class WorkCalendar:
    """Reads moments off the clock: what lies between two of them is their difference.

    A working day is as long as it really is: on the day on which clocks change, a night shift is longer or shorter.
    """

    def __init__(self, work_time: WorkTime, zone: ZoneInfo) -> None:
        self._zone = zone
        self._work_time = work_time
        self._year = _FIRST  # the next to learn
        self._begins: list[int] = []  # of each working day known so far, epoch seconds,
        self._reads: list[int] = []  # and what the clock reads then
        self._until: list[int] = []  # and at its end
        self._end, self._total = 0, 0  # end of the last of them, and what the clock reads from there on

    def reading(self, moment: float) -> int:
        """What the clock reads at a moment (epoch seconds): working seconds since long ago."""
        while self._end < moment:
            self._learn()
        place = bisect_left(self._begins, moment) - 1
        if place < 0:
            return 0
        now, following = self._reads[place] + int(moment) - self._begins[place], self._until[place]
        return now if now < following else following

    def days(self, first: int, last: int) -> Iterator[tuple[int, int | None, int | None]]:
        """The working days from one moment to another: when each begins, what the clock reads then and at its end.

        After the end of the last one, where that tells nothing any more, a row without readings begins.
        """
        self.reading(last)
        place = max(bisect_left(self._begins, first) - 1, 0)
        yield from zip(self._begins[place:], self._reads[place:], self._until[place:], strict=True)
        yield self._end, None, None

    def moment_after(self, moment: float, seconds: int) -> int:
        """When so many working seconds will have passed since a moment, epoch seconds."""
        wanted = self.reading(moment) + seconds
        while self._total < wanted:
            self._learn()
        place = bisect_left(self._reads, wanted) - 1
        return self._begins[place] + wanted - self._reads[place] if place >= 0 else int(moment)

    def _learn(self) -> None:
        for begin, end in _working_days(self._work_time, self._zone, self._year):
            self._begins.append(begin)
            self._reads.append(self._total)
            self._end, self._total = end, self._total + end - begin
            self._until.append(self._total)
        self._year += 1


@lru_cache(512)
def _working_days(work_time: WorkTime, zone: ZoneInfo, year: int) -> tuple[tuple[int, int], ...]:
    """When each working day of a year begins and ends."""
    first, following = date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()
    return tuple(
        _hours(work_time, day, zone, offset)
        for begin in range(first, following, _WEEK)
        for offset in [_steady_offset(begin, zone)]
        for day in map(date.fromordinal, range(begin, min(begin + _WEEK, following)))
        if work_time.is_working(day)
    )


def _steady_offset(first: int, zone: ZoneInfo) -> int | None:
    """Seconds by which clocks are ahead from this day on, for a week and the night after it; None where that changes.

    No zone has changed its clocks there and back within four days; Recife did within eight, in October 2000.
    """
    days = (first, first + _WEEK // 2 + 1, first + _WEEK + 1)
    begin, *others = (_offset(datetime.fromordinal(day).replace(tzinfo=zone)) for day in days)
    return begin if others == [begin, begin] else None


def _hours(work_time: WorkTime, day: date, zone: ZoneInfo, offset: int | None) -> tuple[int, int]:
    """When a working day begins and ends."""
    if offset is None:
        return _at(day, work_time.begin, zone), _at(day, work_time.end, zone)
    midnight = (day.toordinal() - _EPOCH) * _DAY - offset
    return midnight + work_time.begin * 60, midnight + work_time.end * 60


def _at(day: date, minutes: int, zone: ZoneInfo) -> int:
    """A time of a local day, which may lie in the next one."""
    whole, rest = divmod(minutes, 24 * 60)
    local = datetime(day.year, day.month, day.day, *divmod(rest, 60), tzinfo=zone)
    offset = _offset(local + whole * _ONE_DAY if whole else local)
    return (day.toordinal() + whole - _EPOCH) * _DAY + rest * 60 - offset


def _offset(local: datetime) -> int:
    found = local.utcoffset()
    assert found is not None
    return found.days * _DAY + found.seconds
