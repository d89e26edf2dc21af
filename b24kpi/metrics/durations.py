"""Values of metrics that are made of durations: medians, and shares of what lasts so long."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from b24kpi.metrics.model import Metric, Number, Query, Reason, Unit, Value
from b24kpi.metrics.needs import not_given
from b24kpi.metrics.observed import EMPTY, rank_in
from b24kpi.metrics.statistics.survival import Curves, Estimate, Observations, kaplan_meier_share

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key
    from b24kpi.metrics.shared import Shared

DAY = 86_400
UNITS = {"eventual": Unit.RATIO}
Extra = Mapping[str, Number | None]
Columns = dict[str, list[float | None]]  # readings, of each cell
Told = tuple["Cell", int, Estimate, Extra]  # a cell, how many observations it has, and what they say


def duration_values(engine: "Engine", query: Query, by: "Key", shared: "Shared") -> list[Value]:
    """One value for each period and combination; what is still open is censored at the engine's `as_of`.

    A median; where the unit is a ratio, the share that is still open after the days of the customer base.
    """
    metric = query.metric
    assert metric.durations
    observed = shared.observations(metric.durations, by)
    readings = {name: shared.observations(part, by) for name, part in metric.readings.items()}
    cells = cells_of(engine, query, by, [cell for part in (observed, *readings.values()) for cell in part])
    groups = [observed.get(cell, EMPTY) for cell in cells]
    sizes = [len(group.seconds) for group in groups]
    if metric.unit is Unit.RATIO:
        horizon, extras = DAY * engine.figures.base_days, [dict[str, float | None]()] * len(cells)
        estimates = [kaplan_meier_share(group, horizon) for group in groups]
    else:
        curves = Curves(groups)
        medians = {name: _medians(part, cells) for name, part in readings.items()}
        estimates, extras = curves.estimates(0.5), _rows(_spread(curves) | medians | _ends(metric, curves))
    found = zip(cells, sizes, estimates, extras, strict=True)
    return told(query, by, found, UNITS, unknown_of(engine, metric))


def cells_of(engine: "Engine", query: Query, by: "Key", found: "Iterable[Cell]") -> "list[Cell]":
    """Those that get a value, in the order of values."""
    return [(position, key) for key in engine.keys(query, by, found) for position in range(len(query.periods))]


def unknown_of(engine: "Engine", metric: Metric) -> Reason | None:
    """Why nothing can be said of any cell."""
    return engine.unreadable(metric) or not_given(metric, engine.figures.constants)


def told(
    query: Query, by: "Key", found: Iterable[Told], units: Mapping[str, Unit], unknown: Reason | None
) -> list[Value]:
    """The values of cells, with their intervals; without them where all is `unknown`."""
    metric, periods = query.metric, query.periods
    values = []
    for (position, key), count, estimate, extra in found:
        reason = unknown or reason_of(count, estimate.value)
        value, low, high = (None, None, None) if reason else (estimate.value, estimate.low, estimate.high)
        values.append(
            Value(
                metric=metric.id,
                period=periods[position],
                by=dict(zip(by, key, strict=True)),
                value=value,
                unit=metric.unit,
                n=count,
                low=low,
                high=high,
                reason=reason,
                extra=extra,
                units=units,
            )
        )
    return values


def reason_of(count: int, value: float | None) -> Reason | None:
    """Why so many observations have no such quantile."""
    if not count:
        return Reason.NO_EVENTS
    return Reason.NOT_MATURE if value is None else None


def _medians(observed: "Mapping[Cell, Observations]", cells: "Iterable[Cell]") -> list[float | None]:
    return [rank_in(observed.get(cell, EMPTY).seconds, 0.5) for cell in cells]


def _spread(curves: Curves) -> Columns:
    return {"p80": curves.reached(0.8), "p90": curves.reached(0.9), "mean": curves.means}


def _ends(metric: Metric, curves: Curves) -> Columns:
    """What is told of those that ended, and of the event among the ends."""
    found: Columns = {}
    if metric.durations and metric.durations.event:
        incidences = curves.incidences
        found["time_to_win"] = [each.median for each in incidences]
        found["eventual"] = [each.ever for each in incidences]
    found["mean_of_finished"] = [float(each.mean()) if len(each) else None for each in curves.finished]
    return found


def _rows(columns: Columns) -> list[dict[str, float | None]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
