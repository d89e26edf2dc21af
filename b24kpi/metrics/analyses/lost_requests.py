"""Requests that nobody answers, and what they would bring if they became customers like others of their source."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from b24kpi.metrics.catalogue import find
from b24kpi.metrics.model import Measure, Metric, Query, Unit, Value
from b24kpi.metrics.passes import name_of
from b24kpi.metrics.period import Grain, Period
from b24kpi.metrics.ratios import as_money, ratio_values
from b24kpi.metrics.shared import Shared, sums_of

if TYPE_CHECKING:
    from b24kpi.metrics.analyses import Part
    from b24kpi.metrics.engine import Cell, Engine, Key
    from b24kpi.metrics.passes import Sums

YEAR = timedelta(days=365)
_ALL = "\0"  # no source is called so
Lost = Sequence[tuple[str, int]]  # sources, and how many of each


def looks_at(query: Query) -> "list[Part]":
    """All inquiries, and the lost ones by source too."""
    by, lost = query.slicing, query.metric.measures["lost"]
    return [*((measure, by) for measure in query.metric.measures.values()), (lost, _with_source(by))]


def values(engine: "Engine", query: Query, by: "Key", shared: Shared) -> list[Value]:
    """The count; `recoverable_revenue` is the sum over sources of lost requests × conversion × average order.

    Conversion and average order are those of the source in the year up to the period's end; where the source itself
    tells nothing, those of all sources. None where no order tells what one is worth.
    """
    counted = ratio_values(engine, query, by, shared)
    if engine.unreadable(query.metric):
        return counted
    lost, worth = _lost(query, by, shared), worths(engine, query.periods, shared)
    places = {period: position for position, period in enumerate(query.periods)}
    found = []
    for value in counted:
        mine = lost.get((places[value.period], tuple(value.by.values())), ())
        revenue = _recoverable(mine, worth[value.period])
        units = {**value.units, "recoverable_revenue": Unit.MONEY}
        found.append(value.changed(extra={**value.extra, "recoverable_revenue": revenue}, units=units))
    return found


def _with_source(by: "Key") -> "Key":
    return by if "source" in by else (*by, "source")


def _lost(query: Query, by: "Key", shared: Shared) -> "Mapping[Cell, Lost]":
    """What is lost in each cell, by its sources."""
    with_source = _with_source(by)
    source = with_source.index("source")
    found: dict[Cell, list[tuple[str, int]]] = defaultdict(list)
    for (position, key), lost in shared.sums(query.metric.measures["lost"], with_source).items():
        found[position, key[: len(by)]].append((key[source], int(lost.total)))
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


def worths(engine: "Engine", periods: Sequence[Period], shared: Shared | None = None) -> dict[Period, Worth]:
    """Of each period, what was so in the year up to its end; without `shared` the engine is left with these years."""
    years = tuple(Period(period.end - YEAR, period.end, Grain.YEAR) for period in periods)
    metrics = find("aov"), find("lead_to_customer_rate")
    sides = [side for metric in metrics if not engine.unreadable(metric) for side in _sides(metric)]
    asked = [(measure, by) for measure in sides for by in ((), ("source",))]
    sums = shared.sums_of(years, asked) if shared else sums_of(engine, years, asked)
    orders, buyers = (_ratios(metric, sums, len(years)) for metric in metrics)
    return {period: Worth(*each) for period, *each in zip(periods, orders, buyers, strict=True)}


def _sides(metric: Metric) -> tuple[Measure, Measure]:
    return metric.measures[metric.numerator], metric.measures[metric.denominator]


def _ratios(metric: Metric, sums: "Sums", count: int) -> list[dict[str, Fraction]]:
    """For each year by source and of all together what the metric is; where it is undefined, or unreadable, nothing."""
    found: list[dict[str, Fraction]] = [{} for _ in range(count)]
    above, below = map(name_of, _sides(metric))
    for by in ((), ("source",)):
        tops = sums.get((above, by), {})
        for (position, key), whole in sums.get((below, by), {}).items():
            top = tops.get((position, key))
            if whole.total:
                found[position][key[0] if key else _ALL] = Fraction(round(top.total) if top else 0) / whole.total
    return found


def _recoverable(lost: Lost, worth: Worth) -> Decimal | None:
    values = [(count, worth.of(source)) for source, count in lost if count]
    if any(each is None for _, each in values):
        return None
    return as_money(sum((count * each for count, each in values if each is not None), Fraction(0)))
