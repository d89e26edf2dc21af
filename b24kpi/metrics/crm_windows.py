"""Which months are compared: those with the CRM, once people had learnt it, and those before it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from b24kpi.facts.functions import as_date
from b24kpi.metrics.period import Grain, Period

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine

MOST_MONTHS = 12


class Basis(StrEnum):
    """What stands on the side before."""

    SAME_MONTHS = "same_months"  # the same months of an earlier year
    OTHER_MONTHS = "other_months"  # the last months before the CRM
    GIVEN = "given"  # a figure of the settings
    NOTHING = "nothing"


@dataclass(frozen=True)
class Span:
    """Whole months, `start` <= day < `end`; both are first days of months."""

    start: date
    end: date

    @property
    def months(self) -> tuple[Period, ...]:
        return tuple(_months(self.start, self.end))

    @property
    def whole(self) -> Period:
        """The span as one period; its label is that of its first month."""
        return Period(self.start, self.end, Grain.MONTH)

    def earlier(self, months: int) -> "Span":
        """As many months earlier."""
        return Span(shifted(self.start, -months), shifted(self.end, -months))


@dataclass(frozen=True)
class Counterpart:
    """What a span is compared with; `span` is None where it is nothing of the portal's."""

    span: Span | None
    basis: Basis


def shifted(month: date, months: int) -> date:
    """The first day of the month that lies so many months later."""
    count = month.year * 12 + month.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def today(engine: "Engine") -> date:
    """The local day up to which the cache knows everything."""
    return datetime.fromtimestamp(engine.as_of, engine.zone).date()


def first_month(engine: "Engine") -> date | None:
    """The first month of which leads or deals are known from its first day on; None without any."""
    days = engine.store.query(
        "SELECT MIN(day) FROM (SELECT MIN(created_day) AS day FROM fact_deal "
        "UNION ALL SELECT MIN(created_day) FROM fact_lead)"
    )[0][0]
    return None if days is None else month_from(as_date(days))


def month_from(day: date) -> date:
    """The first day of a month that lies on the day or after it."""
    return day if day.day == 1 else shifted(day, 1)


def learnt_from(go_live: date, adaptation_days: int) -> date:
    """The first day that is compared."""
    return go_live + timedelta(days=adaptation_days)


def after_span(go_live: date, adaptation_days: int, now: date) -> Span | None:
    """The last twelve complete months with the CRM, without those of learning; None where there is none yet."""
    start, end = month_from(learnt_from(go_live, adaptation_days)), now.replace(day=1)
    return Span(max(start, shifted(end, -MOST_MONTHS)), end) if start < end else None


def counterpart(span: Span, go_live: date, first: date | None) -> Counterpart:
    """The same months of the latest year that lies before the CRM, else the last months before it.

    Args:
        first: the first month of which everything is known.
    """
    if first is None:
        return Counterpart(None, Basis.NOTHING)
    same = span.earlier(12)
    while same.end > go_live:
        same = same.earlier(12)
    if same.start >= first:
        return Counterpart(same, Basis.SAME_MONTHS)
    end = go_live.replace(day=1)
    start = max(first, shifted(end, -MOST_MONTHS))
    return Counterpart(Span(start, end), Basis.OTHER_MONTHS) if start < end else Counterpart(None, Basis.NOTHING)


def _months(start: date, end: date) -> Iterator[Period]:
    month = start
    while month < end:
        period = Period.containing(month, Grain.MONTH)
        yield period
        month = period.end
