"""In how much working time requests are settled, whichever way; open ones are still under way, not left out."""

from typing import TYPE_CHECKING

from b24kpi.metrics.columns import Numbers
from b24kpi.metrics.model import Durations, Number, Query, Value
from b24kpi.metrics.observed import rank_in
from b24kpi.metrics.working_times import observed, timed, values_of

if TYPE_CHECKING:
    from b24kpi.metrics.analyses import Part
    from b24kpi.metrics.engine import Engine, Key
    from b24kpi.metrics.shared import Shared


def looks_at(query: Query) -> "list[Part]":
    """The requests, from their creation to their closing."""
    return [(_part(query), query.slicing)]


def _part(query: Query) -> Durations:
    return timed(query.metric.measures["requests"], "created_work", "closed_work")


def values(engine: "Engine", query: Query, by: "Key", shared: "Shared") -> list[Value]:
    """The Kaplan-Meier median of the measure `requests`; further: P80, and the median of those that are closed."""
    cells = observed(_part(query), by, shared)
    return values_of(engine, query, by, cells, 0.8, _further, {})


def _further(_: Numbers, closed: Numbers, p80: float | None) -> dict[str, Number | None]:
    return {"p80": p80, "median_of_closed": rank_in(closed, 0.5)}
