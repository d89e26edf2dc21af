"""How soon inquiries are answered, in working time: what nobody has answered yet is still waiting, not left out."""

from functools import partial
from typing import TYPE_CHECKING

from b24kpi.metrics.columns import Numbers
from b24kpi.metrics.model import Durations, Number, Query, Unit, Value
from b24kpi.metrics.observed import rank_in
from b24kpi.metrics.working_times import observed, timed, values_of

if TYPE_CHECKING:
    from b24kpi.metrics.analyses import Part
    from b24kpi.metrics.engine import Engine, Key
    from b24kpi.metrics.shared import Shared

_UNITS = {"within_sla": Unit.RATIO}


def looks_at(query: Query) -> "list[Part]":
    """The inquiries, from the question to the answer."""
    return [(_part(query), query.slicing)]


def _part(query: Query) -> Durations:
    return timed(query.metric.measures["inquiries"], "asked_work", "answered_work")


def values(engine: "Engine", query: Query, by: "Key", shared: "Shared") -> list[Value]:
    """The Kaplan-Meier median of the measure `inquiries`; further: share within the SLA, P90, median of the answered.

    The share leaves out what is younger than the SLA and still open: it may yet be answered in time.
    """
    sla = engine.figures.service.sla
    cells = observed(_part(query), by, shared)
    return values_of(engine, query, by, cells, 0.9, partial(_further, sla), _UNITS)


def _further(sla: int, seconds: Numbers, answered: Numbers, p90: float | None) -> dict[str, Number | None]:
    in_time = int(answered.searchsorted(sla, side="right"))
    decided = in_time + len(seconds) - int(seconds.searchsorted(sla, side="right"))
    return {
        "within_sla": in_time / decided if decided else None,
        "p90": p90,
        "median_of_answered": rank_in(answered, 0.5),
        "p90_of_answered": rank_in(answered, 0.9),
    }
