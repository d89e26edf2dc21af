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

from b24kpi.metrics.model import Number, Query
from b24kpi.metrics.observed import observations
from b24kpi.metrics.statistics.survival import Curves, nearest_rank, rank_of

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key
    from b24kpi.metrics.shared import Shared

MATURE_SHARE = 0.9


def nowcasts(
    engine: "Engine", query: Query, by: "Key", shared: "Shared | None" = None
) -> "dict[Cell, Mapping[str, Number | None]]":
    """Cell of a young cohort → what is expected of it; mature ones and cells without members are absent."""
    part, by_pipeline = query.metric.nowcast, "pipeline" in by
    assert part
    given = shared.horizons(part.fact, by_pipeline=by_pipeline) if shared else None
    limits = horizons(engine, part.fact, by_pipeline=by_pipeline) if given is None else given
    ages = [engine.as_of - engine.moment(period.end) for period in query.periods]
    latest = inf if by_pipeline else max(limits.values(), default=inf)
    young = tuple(position for position, age in enumerate(ages) if age < latest)
    found: dict[Cell, Mapping[str, Number | None]] = {}
    if not young:
        return found
    read = shared.observations(part, by, young) if shared else observations(engine, part, (by,), query.where, young)[by]
    for cell, incidence in zip(read, Curves(list(read.values())).incidences, strict=True):
        position, key = cell
        horizon = limits.get(key[by.index("pipeline")] if by_pipeline else "")
        if horizon is None:
            found[cell] = {"nowcast": None, "eventual": None}
        elif ages[position] < horizon:
            found[cell] = {"nowcast": incidence.at(horizon), "eventual": incidence.ever}
    return found


def horizons(engine: "Engine", fact: str, *, by_pipeline: bool) -> "Mapping[str, float]":
    """Pipeline ("" for all together) → age by which 90 % of what was ever decided had been."""
    if fact == "lead":
        return _age_of_leads(engine)
    pipeline = "f.category_id" if by_pipeline else "''"
    groups: dict[str, list[float]] = defaultdict(list)
    for key, seconds in engine.store.query(
        f"SELECT {pipeline}, f.left_at - f.entered_at FROM fact_pipeline_visit AS f WHERE f.left_at IS NOT NULL"
    ):
        groups[str(key)].append(seconds)
    ages = {key: nearest_rank(np.array(values, dtype=float), MATURE_SHARE) for key, values in groups.items()}
    return {key: age for key, age in ages.items() if age is not None}


def _age_of_leads(engine: "Engine") -> Mapping[str, float]:
    """By the nearest rank, from an index in the order of ages."""
    decided = "fact_lead AS f INDEXED BY fact_lead_age WHERE f.decided_at IS NOT NULL"
    count = engine.store.query(f"SELECT COUNT(*) FROM {decided}")[0][0]
    older = count - rank_of(count, MATURE_SHARE)
    descending = f"SELECT f.decided_at - f.created_at FROM {decided} ORDER BY 1 DESC LIMIT 1 OFFSET {older}"
    return {"": float(engine.store.query(descending)[0][0])} if count else {}
