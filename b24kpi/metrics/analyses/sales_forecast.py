"""What the sales of a period will come to: wins so far, open deals by their chances, business yet to come.

A period that is not over is looked at from now; one that is over, from the last second before it began, so that the
forecast can be held against what came, `actual`, as `report.forecast` does; its flag `foreseen` says so.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from b24kpi.metrics.estimates import money
from b24kpi.metrics.model import Number, Query, Reason, Unit, Value
from b24kpi.metrics.period import Period
from b24kpi.metrics.prospects import Book, Cut, book_of
from b24kpi.metrics.series import is_complete
from b24kpi.metrics.statistics.simulation import Prospects, draw, interval

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

PART = "sales"  # the measure of which all rows are part
TESTED = 12  # periods whose forecasts are held against what came


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """One value for each period and combination; `low80` … `high80` hold it four times in five."""
    name = PART, query.periods, by, tuple(sorted(query.where.items()))
    return engine.once(name, lambda: _values(engine, query, by))


def _values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    book = book_of(engine, query, by)
    keys = book.keys if by else [()]
    return [_value(engine, query, book, period, by, key) for key in keys for period in query.periods]


def rows(engine: "Engine", query: Query, by: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the forecast of the query's only period is made of; what the rows add, in currency units, is its value.

    Each win so far, each open deal, and new business, which also takes what rounding leaves over.
    """
    (period,) = query.periods
    (value,) = values(engine, query, ())
    if value.value is None:
        return
    book = book_of(engine, query, ())
    cut = book.cut(period)
    left = Decimal(value.value)
    for place, hundredths, why in _counted(book, period, cut):
        added = money(hundredths)
        left -= added
        for row in engine.store.dicts("SELECT * FROM fact_deal WHERE deal_id = ?", [int(book.ids[place])]):
            yield PART, row | {"adds": added, "why": f"forecast.why.{why}"}
    yield PART, {"adds": left, "why": "forecast.why.new"}


def _counted(book: Book, period: Period, cut: Cut) -> Iterator[tuple[int, float, str]]:
    """(place of the deal, what it adds in hundredths, why) of each deal in a forecast."""
    yield from ((place, float(book.money[place]), "won") for place in book.won(period, cut))
    (deals, rows), prospects = book.open_deals(cut, ()), book.prospects(period, cut, ())
    places = deals.places[rows].tolist()
    for place, amount, chance in zip(places, prospects.amounts, prospects.chances, strict=True):
        yield place, float(amount * chance), "open"


def _value(engine: "Engine", query: Query, book: Book, period: Period, by: "Key", key: "Key") -> Value:
    cut = book.cut(period)
    reason = engine.unreadable(query.metric) or (None if book.is_known_at(cut) else Reason.INSUFFICIENT_DATA)
    named = dict(zip(by, key, strict=True))
    if reason is not None:
        return Value(query.metric.id, period, named, None, Unit.MONEY, reason=reason)
    prospects = book.prospects(period, cut, key)
    actual = {"actual": money(book.actual(period, key))} if is_complete(engine, period) else {}
    return Value(
        metric=query.metric.id,
        period=period,
        by=named,
        value=money(prospects.expected),
        unit=Unit.MONEY,
        n=len(prospects.amounts),
        flags=_flags(engine, period, prospects),
        extra=_extra(prospects) | actual,
    )


def _flags(engine: "Engine", period: Period, prospects: Prospects) -> tuple[str, ...]:
    flags = {"foreseen": is_complete(engine, period), "pipeline_only": prospects.new is None}
    return tuple(sorted(name for name, is_set in flags.items() if is_set))


def _extra(prospects: Prospects) -> dict[str, Number | None]:
    low, high = (None, None) if prospects.new is None else interval(draw(prospects))
    parts = {
        "low80": low,
        "high80": high,
        "won_so_far": prospects.won,
        "open_deals": prospects.pipeline,
        "new_business": prospects.new,
    }
    return {name: None if part is None else money(part) for name, part in parts.items()}
