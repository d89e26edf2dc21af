"""How soon inquiries are answered, in working time: what nobody has answered yet is still waiting, not left out."""

from typing import TYPE_CHECKING

from b24kpi.metrics.model import Number, Query, Unit, Value
from b24kpi.metrics.statistics.survival import Observations, kaplan_meier_quantile, nearest_rank
from b24kpi.metrics.working_times import observe, values_of

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

_UNITS = {"within_sla": Unit.RATIO}


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """The Kaplan-Meier median of the measure `inquiries`; further: share within the SLA, P90, median of the answered.

    The share leaves out what is younger than the SLA and still open: it may yet be answered in time.
    """
    observed = observe(engine, query, by, query.metric.measures["inquiries"], "asked_work", "answered_work")
    sla = engine.figures.service.sla
    return values_of(engine, query, by, observed, lambda mine: _further(mine, sla), _UNITS)


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
