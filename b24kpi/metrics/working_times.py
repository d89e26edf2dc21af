"""Durations in working time, and the median of them with what is asked of every median."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from b24kpi.metrics.columns import Numbers
from b24kpi.metrics.durations import cells_of, told, unknown_of
from b24kpi.metrics.model import Durations, Measure, Number, Query, Unit, Value
from b24kpi.metrics.observed import EMPTY
from b24kpi.metrics.statistics.survival import Curves, Observations

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key
    from b24kpi.metrics.shared import Shared

# (durations, those of what is over, both ascending, and the upper quantile) → what is told beside the median
Readings = Callable[[Numbers, Numbers, float | None], dict[str, Number | None]]


def values_of(
    engine: "Engine",
    query: Query,
    by: "Key",
    found: "Mapping[Cell, Observations]",
    upper: float,
    further: Readings,
    units: Mapping[str, Unit],
) -> list[Value]:
    """The Kaplan-Meier median of each cell with its interval; `further` makes the other readings.

    Args:
        upper: the share of all by whose end `further` is told the time.
    """
    unknown, cells = unknown_of(engine, query.metric), cells_of(engine, query, by, found)
    groups = [found.get(cell, EMPTY) for cell in cells]
    curves, sizes = Curves(groups), [len(group.seconds) for group in groups]
    read = zip(groups, curves.finished, curves.reached(upper), strict=True)
    extras = [{} if unknown else further(group.seconds, finished, until) for group, finished, until in read]
    return told(query, by, zip(cells, sizes, curves.estimates(0.5), extras, strict=True), units, unknown)


def timed(measure: Measure, start: str, end: str) -> Durations:
    """Working seconds from one reading of the clock to the other of the rows that a measure counts."""
    return Durations(measure.fact, measure.time, start, end, where=measure.where, dimensions=measure.dimensions)


def observed(part: Durations, by: "Key", shared: "Shared") -> "Mapping[Cell, Observations]":
    """Cells of such durations; what is open runs until now, by the same clock."""
    return shared.observations(part, by)
