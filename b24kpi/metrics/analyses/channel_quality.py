"""What a customer of each channel brings in twelve months, and whether he is worth what he cost.

The lifetime value is read off cohorts: the margin of the k-th calendar month after the first purchase, of the cohorts
that have seen that month to its end, per customer of these cohorts, summed over twelve months. So young customers
neither count as if nothing more came from them, nor are left out of the months that they have seen.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from b24kpi.metrics.compiler import dimension, slice_conditions
from b24kpi.metrics.margin import COLUMNS, Sales
from b24kpi.metrics.model import Measure, Number, Query, Reason, Unit, Value
from b24kpi.metrics.ratios import ENOUGH, SMALL_SAMPLE, as_money, ratio_values

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

MONTHS = 12
UNITS = {"acquisition_cost": Unit.MONEY, "ltv_to_cac": Unit.NUMBER, "payback_months": Unit.COUNT}
# Measures of the metric.
PURCHASES, CUSTOMERS, SPEND = "sales", "customers", "spend"

Months = dict[int, int]  # months counted one by one → a sum
Margins = dict[int, Fraction]


@dataclass
class Channel:
    """A channel's history.

    Attributes:
        margin: month of the first purchase → months since → margin of the customers who were new then.
        new: month → new customers; spend: month → marketing cost.
    """

    margin: dict[int, Margins] = field(default_factory=lambda: defaultdict(lambda: defaultdict(Fraction)))
    new: Months = field(default_factory=lambda: defaultdict(int))
    spend: Months = field(default_factory=lambda: defaultdict(int))

    def curve(self, end: int) -> list[Fraction]:
        """Margin that a customer has brought after 1, 2, … months, as far as cohorts have seen them before `end`."""
        total, found = Fraction(0), []
        for age in range(MONTHS):
            seen = [month for month in self.new if month + age < end]
            customers = sum(self.new[month] for month in seen)
            if not customers:
                break
            total += sum((self.margin[month][age] for month in seen), Fraction(0)) / customers
            found.append(total)
        return found

    def acquisition_cost(self, end: int) -> Fraction | None:
        """Marketing cost of a new customer in the months before `end`, from the first cost on; None without either."""
        cost = sum(amount for month, amount in self.spend.items() if month < end)
        first = min(self.spend, default=end)
        new = sum(count for month, count in self.new.items() if first <= month < end)
        return Fraction(cost, new) if cost and new else None


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """The lifetime value of twelve months by the first touch of customers, as of the end of each period."""
    channels = _channels(engine, query, by)
    tomorrow = datetime.fromtimestamp(engine.as_of, engine.zone).date() + timedelta(days=1)
    found = []
    for value in ratio_values(engine, query, by):
        channel = channels.get(tuple(value.by[name] for name in by), Channel())
        end = _month_of(min(value.period.end, tomorrow))
        found.append(_valued(value, channel, end))
    return found


def _valued(value: Value, channel: Channel, end: int) -> Value:
    curve = channel.curve(end)
    reason = value.reason or (Reason.NOT_MATURE if len(curve) < MONTHS else None)
    small = {SMALL_SAMPLE} if 0 < value.n < ENOUGH else set()
    unreadable = value.reason in (Reason.NO_PERMISSION, Reason.NOT_LOADED)
    extra = dict.fromkeys(UNITS) if unreadable else _extra(curve, channel.acquisition_cost(end))
    return replace(
        value,
        value=None if reason else as_money(curve[-1]),
        numerator=None,
        denominator=None,
        reason=reason,
        flags=tuple(sorted({*value.flags, *small})),
        extra={**value.extra, **extra},
        units={**value.units, **UNITS},
    )


def _extra(curve: Sequence[Fraction], cost: Fraction | None) -> dict[str, Number | None]:
    if cost is None:
        return dict.fromkeys(UNITS)
    return {
        "acquisition_cost": as_money(cost),
        "ltv_to_cac": float(curve[-1] / cost) if len(curve) == MONTHS else None,
        "payback_months": next((month for month, money in enumerate(curve, 1) if money >= cost), None),
    }


def _channels(engine: "Engine", query: Query, by: "Key") -> "Mapping[Key, Channel]":
    found: dict[Key, Channel] = defaultdict(Channel)
    parts = query.metric.measures
    months = "f.acquired_day / 100, f.won_day / 100"
    for key, (since, month, *sold) in _sums(engine, parts[PURCHASES], f"{months}, {COLUMNS}", 2, query, by):
        margin = Sales(*sold).margin(engine.figures.margin)
        found[key].margin[_number(since)][_number(month) - _number(since)] += margin
    for key, (month, count) in _sums(engine, parts[CUSTOMERS], "f.acquired_day / 100, COUNT(*)", 1, query, by):
        found[key].new[_number(month)] += count
    for key, (month, money) in _sums(engine, parts[SPEND], "f.day / 100, SUM(f.money)", 1, query, by):
        found[key].spend[_number(month)] += money
    return found


def _sums(
    engine: "Engine", part: Measure, picked: str, groups: int, query: Query, by: "Key"
) -> "Iterator[tuple[Key, tuple[int, ...]]]":
    """Rows of (combination, what was picked); months as YYYYMM."""
    keys = [dimension(part, name) for name in by]
    conditions = [*slice_conditions(part, query.where), *([f"({part.where})"] if part.where else [])]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    grouped = ", ".join(str(number) for number in range(1, len(keys) + groups + 1))
    sql = f"SELECT {', '.join([*keys, picked])} FROM fact_{part.fact} AS f{where} GROUP BY {grouped}"
    for row in engine.store.query(sql, dict(query.where)):
        yield tuple("" if value is None else str(value) for value in row[: len(by)]), row[len(by) :]


def _number(month: int) -> int:
    return month // 100 * 12 + month % 100 - 1


def _month_of(day: date) -> int:
    return day.year * 12 + day.month - 1
