"""The share of content customers, once the field that tells it has been read."""

from typing import TYPE_CHECKING

from b24kpi.metrics.model import Query, Value
from b24kpi.metrics.needs import not_read, unless
from b24kpi.metrics.ratios import ratio_values

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """The ratio of the metric; votes on calls alone would not be the whole where a field is mapped too."""
    mapped = engine.figures.mapped
    unread = not_read(engine.store, mapped.csat_field, mapped.csat_date_field)
    return [unless(unread, value) for value in ratio_values(engine, query, by)]
