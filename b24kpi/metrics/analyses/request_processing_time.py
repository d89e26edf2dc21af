"""In how much working time requests are settled, whichever way; open ones are still under way, not left out."""

from typing import TYPE_CHECKING

from b24kpi.metrics.model import Number, Query, Value
from b24kpi.metrics.statistics.survival import Observations, kaplan_meier_quantile, nearest_rank
from b24kpi.metrics.working_times import observe, values_of

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """The Kaplan-Meier median of the measure `requests`; further: P80, and the median of those that are closed."""
    observed = observe(engine, query, by, query.metric.measures["requests"], "created_work", "closed_work")
    return values_of(engine, query, by, observed, _further, {})


def _further(observed: Observations) -> dict[str, Number | None]:
    return {
        "p80": kaplan_meier_quantile(observed, 0.8).value,
        "median_of_closed": nearest_rank(observed.seconds[observed.ended], 0.5),
    }
