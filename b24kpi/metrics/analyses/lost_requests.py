"""Requests that nobody answers, and what they would bring if they became customers like others of their source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from b24kpi.metrics.catalogue import find
from b24kpi.metrics.model import Metric, Query, Unit, Value
from b24kpi.metrics.period import Grain, Period
from b24kpi.metrics.ratios import as_money, ratio_values

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

YEAR = timedelta(days=365)
_ALL = "\0"  # no source is called so


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """The count; `recoverable_revenue` is the sum over sources of lost requests × conversion × average order.

    Conversion and average order are those of the source in the year up to the period's end; where the source itself
    tells nothing, those of all sources. None where no order tells what one is worth.
    """
    counted = ratio_values(engine, query, by)
    if engine.unreadable(query.metric):
        return counted
    with_source = tuple(dict.fromkeys((*by, "source")))
    sources = ratio_values(engine, query, with_source)
    worth = worths(engine, query.periods)
    engine.set_periods(query.metric, query.periods)
    found = []
    for value in counted:
        mine = [each for each in sources if each.period == value.period and value.by.items() <= each.by.items()]
        revenue = _recoverable(mine, worth[value.period])
        units = {**value.units, "recoverable_revenue": Unit.MONEY}
        found.append(replace(value, extra={**value.extra, "recoverable_revenue": revenue}, units=units))
    return found


@dataclass(frozen=True)
class Worth:
    """What became of others: hundredths an order and share of leads that buy, by source and of all together."""

    orders: Mapping[str, Fraction]
    buyers: Mapping[str, Fraction]

    def of(self, source: str) -> Fraction | None:
        """What a request of the source is worth, in hundredths."""
        order = self.orders.get(source, self.orders.get(_ALL))
        buyer = self.buyers.get(source, self.buyers.get(_ALL))
        return None if order is None or buyer is None else order * buyer


def worths(engine: "Engine", periods: Sequence[Period]) -> dict[Period, Worth]:
    """Of each period, what was so in the year up to its end."""
    years = tuple(Period(period.end - YEAR, period.end, Grain.YEAR) for period in periods)
    orders, buyers = (_ratios(engine, find(name), years) for name in ("aov", "lead_to_customer_rate"))
    return {period: Worth(orders[year], buyers[year]) for period, year in zip(periods, years, strict=True)}


def _ratios(engine: "Engine", metric: Metric, years: tuple[Period, ...]) -> dict[Period, dict[str, Fraction]]:
    found: dict[Period, dict[str, Fraction]] = {year: {} for year in years}
    plain = replace(metric, nowcast=None)
    engine.set_periods(plain, years)
    for by in ((), ("source",)):
        for value in ratio_values(engine, Query(plain, years, by), by):
            if value.reason is None and value.numerator is not None and value.denominator:
                hundredths = 100 if isinstance(value.numerator, Decimal) else 1
                ratio = Fraction(value.numerator) * hundredths / Fraction(value.denominator)
                found[value.period][value.by.get("source", _ALL)] = ratio
    return found


def _recoverable(lost: list[Value], worth: Worth) -> Decimal | None:
    values = [(value.n, worth.of(value.by["source"])) for value in lost if value.n]
    if any(each is None for _, each in values):
        return None
    return as_money(sum((count * each for count, each in values if each is not None), Fraction(0)))
