"""Deals with several products among those with any; beside it the same of customers, over all their deals."""

from dataclasses import replace
from typing import TYPE_CHECKING

from b24kpi.metrics.model import Query, Unit, Value
from b24kpi.metrics.ratios import ratio_values
from b24kpi.metrics.sold import sold

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

READING = "of_customers"


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """The rate of deals; `of_customers`: buyers of two or more different products in the period / buyers of any."""
    known = "f.has_row = 1 AND f.customer IS NOT NULL"
    bought = sold(engine, query, by, "customer", "COUNT(DISTINCT f.product)", where=known)
    positions = {period: position for position, period in enumerate(query.periods)}
    found = []
    for value in ratio_values(engine, query, by):
        customers = bought.get((positions[value.period], tuple(value.by.values())), {})
        several = sum(1 for products in customers.values() if products[0] > 1)
        share = several / len(customers) if customers and not engine.unreadable(query.metric) else None
        extra, units = {**value.extra, READING: share}, {**value.units, READING: Unit.RATIO}
        found.append(replace(value, extra=extra, units=units))
    return found
