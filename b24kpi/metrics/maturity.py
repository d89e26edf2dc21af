"""Young cohorts: which conversions are still to rise, and where Aalen-Johansen expects them.

A cohort is mature once its youngest member is older than the 90th percentile (nearest rank) of the cycle: of the visits
of its pipeline that have ended, or of the leads that were decided. Until then the value is flagged `immature`, and
`nowcast` is the probability to have advanced by that age.
"""

from collections import defaultdict
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from b24kpi.metrics.model import Query
from b24kpi.metrics.observed import observations
from b24kpi.metrics.statistics.survival import incidence_at, nearest_rank

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key
    from b24kpi.metrics.shared import Shared

MATURE_SHARE = 0.9


def nowcasts(engine: "Engine", query: Query, by: "Key", shared: "Shared") -> "dict[Cell, tuple[bool, float | None]]":
    """Cell of a young cohort → (True, expected value); mature cells and cells without members are absent."""
    part = query.metric.nowcast
    assert part
    horizons = shared.horizons(part.fact, by_pipeline="pipeline" in by)
    ages = [engine.as_of - engine.moment(period.end) for period in query.periods]
    latest = max(horizons.values(), default=inf) if "pipeline" not in by else inf
    young = [position for position, age in enumerate(ages) if age < latest]
    found: dict[Cell, tuple[bool, float | None]] = {}
    if not young:
        return found
    for cell, observed in observations(engine, part, (by,), query.where, young)[by].items():
        position, key = cell
        horizon = horizons.get(key[by.index("pipeline")] if "pipeline" in by else "")
        if horizon is None or ages[position] < horizon:
            found[cell] = (True, None if horizon is None else incidence_at(observed, horizon))
    return found


def horizons(engine: "Engine", fact: str, *, by_pipeline: bool) -> dict[str, float]:
    """Pipeline ("" for all together) → age by which 90 % of what was ever decided had been."""
    pipeline = "f.category_id" if by_pipeline else "''"
    start, end = ("created_at", "decided_at") if fact == "lead" else ("entered_at", "left_at")
    table = "fact_lead" if fact == "lead" else "fact_pipeline_visit"
    groups: dict[str, list[float]] = defaultdict(list)
    for key, seconds in engine.store.query(
        f"SELECT {pipeline}, f.{end} - f.{start} FROM {table} AS f WHERE f.{end} IS NOT NULL"
    ):
        groups[str(key)].append(seconds)
    ages = {key: nearest_rank(np.array(values, dtype=float), MATURE_SHARE) for key, values in groups.items()}
    return {key: age for key, age in ages.items() if age is not None}
