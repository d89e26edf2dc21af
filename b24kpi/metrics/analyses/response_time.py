"""How soon inquiries are answered, in working time: what nobody has answered yet is still waiting, not left out."""

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from b24kpi.facts.work_calendar import WorkCalendar
from b24kpi.metrics.compiler import duration_statement
from b24kpi.metrics.model import Durations, Number, Query, Reason, Unit, Value
from b24kpi.metrics.statistics.survival import Observations, kaplan_meier_quantile, nearest_rank

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key

EMPTY = Observations(np.empty(0), np.empty(0, dtype=bool), np.empty(0, dtype=bool))
_UNITS = {"within_sla": Unit.RATIO}


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """The Kaplan-Meier median of the measure `inquiries`; further: share within the SLA, P90, median of the answered.

    The share leaves out what is younger than the SLA and still open: it may yet be answered in time.
    """
    cells = _observed(engine, query, by)
    unreadable = engine.unreadable(query.metric)
    found = []
    for key in engine.keys(query, by, cells):
        for position, period in enumerate(query.periods):
            observed = cells.get((position, key), EMPTY)
            median = kaplan_meier_quantile(observed, 0.5)
            reason = unreadable or _reason(len(observed.seconds), median.value)
            found.append(
                Value(
                    metric=query.metric.id,
                    period=period,
                    by=dict(zip(by, key, strict=True)),
                    value=None if reason else median.value,
                    unit=query.metric.unit,
                    n=len(observed.seconds),
                    low=None if reason else median.low,
                    high=None if reason else median.high,
                    reason=reason,
                    extra=_further(observed, engine.figures.service.sla) if not unreadable else {},
                    units=_UNITS,
                )
            )
    return found


def _observed(engine: "Engine", query: Query, by: "Key") -> "Mapping[Cell, Observations]":
    """Working seconds until the answer, or until now."""
    asked = query.metric.measures["inquiries"]
    part = Durations(
        asked.fact, asked.time, "asked_work", "answered_work", where=asked.where, dimensions=asked.dimensions
    )
    now = WorkCalendar(engine.figures.service.work_time, engine.zone).reading(engine.as_of)
    rows: dict[Cell, list[tuple[int, bool]]] = defaultdict(list)
    for cell, (start, end, _) in engine.rows(duration_statement(part, by, query.where), len(by)):
        is_answered = end is not None and end <= now
        rows[cell].append((max((end if is_answered else now) - start, 0), is_answered))
    return {cell: _observations(found) for cell, found in rows.items()}


def _observations(rows: list[tuple[int, bool]]) -> Observations:
    seconds, ended = zip(*rows, strict=True)
    return Observations(np.array(seconds, dtype=float), np.array(ended), np.zeros(len(rows), dtype=bool))


def _further(observed: Observations, sla: int) -> dict[str, Number | None]:
    seconds, ended = observed.seconds, observed.ended
    in_time = int((ended & (seconds <= sla)).sum())
    decided = int((ended | (seconds > sla)).sum())
    return {
        "within_sla": in_time / decided if decided else None,
        "p90": kaplan_meier_quantile(observed, 0.9).value,
        "median_of_answered": nearest_rank(seconds[ended], 0.5),
        "p90_of_answered": nearest_rank(seconds[ended], 0.9),
    }


def _reason(count: int, value: float | None) -> Reason | None:
    if not count:
        return Reason.NO_EVENTS
    return Reason.NOT_MATURE if value is None else None
