"""Reporting periods: half-open spans of local days, and the local day of a moment."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

GRAINS = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True)
class Period:
    """Local days start <= day < end, under the label that the report prints."""

    label: str
    start: date
    end: date

    def holds(self, day: date) -> bool:
        """Whether the day lies in the period; the end does not."""
        return self.start <= day < self.end

    @property
    def previous(self) -> "Period":
        """The period of the same kind before this one."""
        last = self.start - timedelta(days=1)
        return next(split(_grain(self.label), last, self.start))


def local_day(moment: float, zone: ZoneInfo) -> date:
    """The calendar day of a moment (epoch seconds) in the zone."""
    return datetime.fromtimestamp(moment, zone).date()


def midnight(day: date, zone: ZoneInfo) -> float:
    """Epoch seconds at which the local day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


def split(grain: str, start: date, end: date) -> Iterator[Period]:
    """The whole periods of the grain that touch start <= day < end, in order. ValueError for an unknown grain."""
    if grain not in GRAINS:
        raise ValueError(f'period "{grain}" is not one of {", ".join(GRAINS)}')
    first = _first_day(grain, start)
    while first < end:
        after = _next_first_day(grain, first)
        yield Period(_label(grain, first), first, after)
        first = after


def _grain(label: str) -> str:
    if "W" in label or "Q" in label:
        return "week" if "W" in label else "quarter"
    return {4: "year", 7: "month", 10: "day"}[len(label)]


def _first_day(grain: str, day: date) -> date:
    if grain == "day":
        return day
    if grain == "week":
        return day - timedelta(days=day.weekday())
    if grain == "month":
        return day.replace(day=1)
    if grain == "quarter":
        return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    return date(day.year, 1, 1)


def _next_first_day(grain: str, first: date) -> date:
    if grain == "day":
        return first + timedelta(days=1)
    if grain == "week":
        return first + timedelta(days=7)
    months = {"month": 1, "quarter": 3, "year": 12}[grain]
    year, month = divmod(12 * first.year + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _label(grain: str, first: date) -> str:
    if grain == "day":
        return first.isoformat()
    if grain == "week":
        year, week, _ = first.isocalendar()
        return f"{year}-W{week:02}"
    if grain == "month":
        return f"{first.year}-{first.month:02}"
    if grain == "quarter":
        return f"{first.year}-Q{(first.month + 2) // 3}"
    return str(first.year)
