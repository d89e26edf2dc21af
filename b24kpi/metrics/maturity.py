"""Young cohorts: which conversions are still to rise, and where Aalen-Johansen expects them.

A cohort is mature once its youngest member is older than the 90th percentile (nearest rank) of the cycle: of the visits
of its pipeline that have ended, or of the leads that were decided. Until then the value is flagged `immature`,
`nowcast` is the probability to have advanced by that age, and `eventual` that to advance ever, as far as the oldest
member has been watched.
"""

from collections import defaultdict
from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from b24kpi.metrics.durations import observations
from b24kpi.metrics.model import Number, Query
from b24kpi.metrics.statistics.survival import incidence_at, nearest_rank

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key

MATURE_SHARE = 0.9


def nowcasts(engine: "Engine", query: Query, by: "Key") -> "dict[Cell, Mapping[str, Number | None]]":
    """Cell of a young cohort → what is expected of it; mature ones and cells without members are absent."""
    assert query.metric.nowcast
    ages = horizons(engine, query.metric.nowcast.fact, by)
    found: dict[Cell, Mapping[str, Number | None]] = {}
    for cell, observed in observations(engine, query.metric.nowcast, query, by).items():
        position, key = cell
        horizon = ages.get(key[by.index("pipeline")] if "pipeline" in by else "")
        age = engine.as_of - engine.moment(query.periods[position].end)
        if horizon is None:
            found[cell] = {"nowcast": None, "eventual": None}
        elif age < horizon:
            found[cell] = {"nowcast": incidence_at(observed, horizon), "eventual": incidence_at(observed, inf)}
    return found


def horizons(engine: "Engine", fact: str, by: "Key") -> dict[str, float]:
    """Pipeline ("" for all together) → age by which 90 % of what was ever decided had been."""
    pipeline = "f.category_id" if "pipeline" in by else "''"
    start, end = ("created_at", "decided_at") if fact == "lead" else ("entered_at", "left_at")
    table = "fact_lead" if fact == "lead" else "fact_pipeline_visit"
    groups: dict[str, list[float]] = defaultdict(list)
    for key, seconds in engine.store.query(
        f"SELECT {pipeline}, f.{end} - f.{start} FROM {table} AS f WHERE f.{end} IS NOT NULL"
    ):
        groups[str(key)].append(seconds)
    ages = {key: nearest_rank(np.array(values, dtype=float), MATURE_SHARE) for key, values in groups.items()}
    return {key: age for key, age in ages.items() if age is not None}
