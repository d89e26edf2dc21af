"""Periods: half-open ranges of local dates, named as the contract names them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from b24kpi.errors import BadInput


class Grain(StrEnum):
    """Lengths of a period."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, order=True)
class Period:
    """`start` <= day < `end`, both local dates.

    >>> Period.containing(date(2026, 6, 5), Grain.WEEK).label
    '2026-W23'
    """

    start: date
    end: date
    grain: Grain

    @classmethod
    def containing(cls, day: date, grain: Grain) -> "Period":
        """The period of this length in which the day lies."""
        start = _start(day, grain)
        return cls(start, _next_start(start, grain), grain)

    @classmethod
    def parse(cls, label: str) -> "Period":
        """The period that a label names: 2026-06-05, 2026-W23, 2026-06, 2026-Q2 or 2026.

        Raises:
            BadInput: the text is none of these.
        """
        try:
            return cls.containing(*_parse(label))
        except ValueError:
            raise BadInput("metrics.bad_period", label=label) from None

    @property
    def label(self) -> str:
        """Its name: 2026-06-05, 2026-W23, 2026-06, 2026-Q2 or 2026; weeks are ISO 8601's."""
        year, month = self.start.year, self.start.month
        if self.grain is Grain.DAY:
            return self.start.isoformat()
        if self.grain is Grain.WEEK:
            iso = self.start.isocalendar()
            return f"{iso.year}-W{iso.week:02}"
        if self.grain is Grain.MONTH:
            return f"{year}-{month:02}"
        return f"{year}-Q{(month + 2) // 3}" if self.grain is Grain.QUARTER else f"{year}"

    @property
    def previous(self) -> "Period":
        return Period.containing(self.start - timedelta(days=1), self.grain)

    @property
    def following(self) -> "Period":
        return Period.containing(self.end, self.grain)


def periods(start: date, end: date, grain: Grain) -> list[Period]:
    """Every period that has a day in the half-open range, in order; they tile it without gap or overlap."""
    return list(_walk(start, end, grain))


def latest(count: int, today: date, grain: Grain) -> list[Period]:
    """The last `count` complete periods and the present one, in order."""
    found = [Period.containing(today, grain)]
    for _ in range(count):
        found.append(found[-1].previous)
    return found[::-1]


def _walk(start: date, end: date, grain: Grain) -> Iterator[Period]:
    period = Period.containing(start, grain)
    while period.start < end:
        yield period
        period = period.following


def _start(day: date, grain: Grain) -> date:
    if grain is Grain.DAY:
        return day
    if grain is Grain.WEEK:
        return day - timedelta(days=day.weekday())
    if grain is Grain.MONTH:
        return day.replace(day=1)
    month = day.month - (day.month - 1) % 3 if grain is Grain.QUARTER else 1
    return day.replace(month=month, day=1)


_DAYS_INTO_NEXT = {Grain.DAY: 1, Grain.WEEK: 7, Grain.MONTH: 31, Grain.QUARTER: 93, Grain.YEAR: 366}


def _next_start(start: date, grain: Grain) -> date:
    return _start(start + timedelta(days=_DAYS_INTO_NEXT[grain]), grain)


def _parse(label: str) -> tuple[date, Grain]:
    if len(label) == 4:
        return date(int(label), 1, 1), Grain.YEAR
    if "W" in label:
        year, week = label.split("-W")
        return date.fromisocalendar(int(year), int(week), 1), Grain.WEEK
    if "Q" in label:
        year, quarter = label.split("-Q")
        return date(int(year), 3 * int(quarter) - 2, 1), Grain.QUARTER
    if len(label) == 7:
        return date.fromisoformat(f"{label}-01"), Grain.MONTH
    return date.fromisoformat(label), Grain.DAY
