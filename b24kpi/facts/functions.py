"""Functions that fact files use: local days, money in the report currency, the base; settled when facts are made."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from fractions import Fraction
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from b24kpi.facts.arrays import BLOCK, BYTE, ID, MOMENT, MONEY, NO_ID, NO_MOMENT, packed, packed_texts
from b24kpi.facts.clock_changes import clocks_ahead
from b24kpi.facts.figures import Figures
from b24kpi.facts.work_calendar import WorkCalendar

_SCORE = re.compile(r"[0-9]{1,3}(\.0*)?", re.ASCII)


@dataclass(frozen=True)
class Rates:
    """Snapshots of currency rates.

    Attributes:
        snapshots: currency → ((day as YYYYMMDD, price of one unit in the base currency), …) ascending by day.
        currency: code of the report currency.
    """

    snapshots: Mapping[str, tuple[tuple[int, Fraction], ...]]
    currency: str

    @property
    def newest_day(self) -> int:
        """Day of the newest snapshot as YYYYMMDD; 0 without any."""
        return max((days[-1][0] for days in self.snapshots.values()), default=0)

    def to_report(self, amount: int, currency: str | None, day: int | None) -> int:
        """Hundredths of `currency` → hundredths of the report currency at the rate of the day; unknown currency → 0."""
        if currency == self.currency:
            return amount
        price, unit = self._price(currency, day), self._price(self.currency, day)
        return round(amount * price / unit) if price and unit else 0

    def is_approx(self, currency: str | None, day: int | None) -> int:
        """1 where the day lies before the oldest snapshot of either currency."""
        if currency == self.currency or day is None:
            return 0
        known = (self._of(currency), self._of(self.currency))
        return int(any(snapshots and day < snapshots[0][0] for snapshots in known))

    def is_unknown(self, currency: str | None) -> int:
        """1 where nothing is known of either currency, so that the money counts as 0."""
        return int(currency != self.currency and not (self._of(currency) and self._of(self.currency)))

    def _of(self, currency: str | None) -> tuple[tuple[int, Fraction], ...]:
        return self.snapshots.get(currency or "", ())

    def _price(self, currency: str | None, day: int | None) -> Fraction:
        snapshots = self._of(currency)
        if not snapshots:
            return Fraction(0)
        if day is None:
            return snapshots[-1][1]
        return snapshots[max(bisect_right(snapshots, day, key=lambda snapshot: snapshot[0]) - 1, 0)][1]


def row_amount(price: int | None, quantity: int | None) -> int:
    """Ten-thousandths of a price × ten-thousandths of a quantity → hundredths, half to even; nothing is 0.

    >>> row_amount(12_500, 30_000), row_amount(50, 10_000), row_amount(150, 10_000)
    (375, 0, 2)
    """
    whole, rest = divmod((price or 0) * (quantity or 0), 1_000_000)
    return whole + (2 * rest > 1_000_000 or (2 * rest == 1_000_000 and whole % 2))


def share_of(money: int, part: int, whole: int) -> int:
    """Of some money the share part / whole, without the fraction of a hundredth; 0 where the whole is 0.

    >>> share_of(100, 1, 3), share_of(-100, 2, 3), share_of(100, 1, 0)
    (33, -66, 0)
    """
    if whole == 0:
        return 0
    share = abs(money * part) // abs(whole)
    return -share if (money < 0) ^ (part < 0) ^ (whole < 0) else share


def local_day(moment: float | None, zone: ZoneInfo) -> int | None:
    """Epoch seconds → local date as YYYYMMDD."""
    if moment is None:
        return None
    return as_number(datetime.fromtimestamp(moment, zone))


DAY = 86_400  # seconds


class _Borders(dict[int, tuple[int, int, int] | None]):
    """Day of Greenwich, counted from 1970 → when a local day begins in it, and the numbers of the days before and from
    then on; None for a day on which clocks change. Each is found when it is first asked for.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self._zone = zone

    def __missing__(self, day: int) -> tuple[int, int, int] | None:
        self[day] = self._border(day * DAY)
        return self[day]

    def _border(self, begin: int) -> tuple[int, int, int] | None:
        ahead, later = (clocks_ahead(self._zone, moment) for moment in (begin, begin + DAY))
        if ahead != later:
            return None
        number = (begin + ahead) // DAY + 1
        border, first = number * DAY - ahead, date(1970, 1, 1).toordinal()
        return border, number_day(first + number - 1), number_day(first + number)


def day_reader(zone: ZoneInfo) -> Callable[[int | None], int | None]:
    """`local_day` of one zone for millions of moments: each day of Greenwich is looked at once."""
    borders = _Borders(zone)

    def read(moment: int | None) -> int | None:
        if moment is None:
            return None
        found = borders[moment // DAY]
        if found is None:
            return local_day(moment, zone)
        border, before, after = found
        return before if moment < border else after

    return read


def day_borders(zone: ZoneInfo, first: int, last: int) -> Iterator[tuple[int, int, int, int]]:
    """Days of Greenwich since 1970, from that of one moment to that of another, but those on which clocks change.

    Each as its number from 1970 on, when a local day begins in it, and the days before and from then on as YYYYMMDD.
    """
    borders = _Borders(zone)
    for day in range(max(first // DAY, 1), last // DAY + 1):
        found = borders[day]
        if found is not None:
            yield day, *found


def local_midnight(day: str | None, zone: ZoneInfo) -> int | None:
    """'YYYY-MM-DD' → epoch seconds of its beginning."""
    if day is None:
        return None
    return int(datetime.combine(date.fromisoformat(day), time(), zone).timestamp())


def moment_of(value: int | str | None, zone: ZoneInfo) -> int | None:
    """What a date field holds → epoch seconds: a moment stays, a date is its local midnight, all else is nothing."""
    if isinstance(value, int):
        return value
    try:
        return local_midnight(value and value[:10], zone)
    except ValueError:
        return None


SCALE_WITH_ZERO = 10  # scales of ten begin at 0, others at 1


def score_of(text: str, scale: int) -> int | None:
    """An answer as people gave it → whole points; None where it is no whole number of the scale.

    >>> score_of("9", 10), score_of(" 9.0 ", 10), score_of("0", 10), score_of("0", 5), score_of("9.5", 10)
    (9, 9, 0, None, None)
    """
    if not _SCORE.fullmatch(text.strip()):
        return None
    points = int(text.strip().partition(".")[0])
    return points if (0 if scale == SCALE_WITH_ZERO else 1) <= points <= scale else None


def as_date(day: int) -> date:
    """A local date as facts hold it, YYYYMMDD."""
    return date(day // 10_000, day // 100 % 100, day % 100)


def as_number(day: date) -> int:
    """A local date → YYYYMMDD."""
    return day.year * 10_000 + day.month * 100 + day.day


def day_number(day: int | None) -> int | None:
    """YYYYMMDD → the days counted one by one, 1 for 0001-01-01."""
    return None if day is None else as_date(day).toordinal()


def number_day(number: int) -> int:
    """The days counted one by one → YYYYMMDD."""
    return as_number(date.fromordinal(number))


def register(connection: Any, zone: ZoneInfo, rates: Rates, figures: Figures) -> None:
    """Make the functions known to a connection."""
    mapped, service, calendar = figures.mapped, figures.service, WorkCalendar(figures.service.work_time, zone)
    for name, arguments, function in (
        ("row_amount", 2, row_amount),
        ("share_of", 3, share_of),
        ("packed_bytes", 1, partial(packed, BYTE)),
        ("packed_ids", 1, partial(packed, ID)),
        ("no_id", 0, lambda: NO_ID),
        ("packed_moments", 1, partial(packed, MOMENT)),
        ("packed_money", 1, partial(packed, MONEY)),
        ("packed_texts", 1, packed_texts),
        ("no_moment", 0, lambda: NO_MOMENT),
        ("block_deals", 0, lambda: BLOCK),
        ("point_basis", 0, lambda: figures.point),
        ("local_day", 1, day_reader(zone)),
        ("local_midnight", 1, lambda day: local_midnight(day, zone)),
        ("report_currency", 0, lambda: rates.currency),
        ("to_report", 3, rates.to_report),
        ("fx_approx", 2, rates.is_approx),
        ("fx_unknown", 1, rates.is_unknown),
        ("day_number", 1, day_number),
        ("number_day", 1, number_day),
        ("base_days", 0, lambda: figures.base_days),
        ("is_junk", 1, lambda status: int(status in figures.junk)),
        ("work_clock", 1, lambda moment: None if moment is None else calendar.reading(moment)),
        ("lost_at", 1, lambda moment: calendar.moment_after(moment, service.lost_after)),
        ("repeat_within", 0, lambda: service.repeat_within),
        ("request_pipeline", 0, lambda: mapped.request_pipeline),
        ("has_approvals", 0, lambda: int(bool(mapped.approval_stages))),
        ("has_documents", 0, lambda: int(bool(mapped.document_stages))),
        ("is_approval", 1, lambda stage: int(stage in mapped.approval_stages)),
        ("is_document", 1, lambda stage: int(stage in mapped.document_stages)),
        ("moment_of", 1, lambda value: moment_of(value, zone)),
        ("score_of", 2, score_of),
        ("offer_days", 0, lambda: mapped.offer_days),
        ("touch_source", 2, mapped.touch_source),
        ("contact_seconds", 1, {"email": service.email, "chat": service.chat, "meeting": service.meeting}.get),
    ):
        connection.create_function(name, arguments, function, deterministic=True)
