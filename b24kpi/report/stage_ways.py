"""How deals came through the stages: which they passed by, through which they only flashed, from which they went back.

A stage is passed by where a visit reached a later one and never stayed in it; a robot's hop of less than a minute is no
stay either, but is told apart. Back is a move from a stage to an earlier one of the same visit (kpi.md G16).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from b24kpi.metrics.catalogue import find
from b24kpi.metrics.compiler import slice_conditions
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.period import Period

METRIC = "stage_conversion"
INSTANT = 60  # seconds in which nobody works on a deal

_STAY = (
    "SELECT {picked} FROM fact_stay AS s WHERE s.deal_id = f.deal_id AND s.visit = f.visit AND s.stage_id = f.stage_id"
)
_SEEN = _STAY.format(picked="1")
_BACK = (
    "SELECT COUNT(*) FROM fact_stay AS s "
    "CROSS JOIN fact_stay AS n ON n.deal_id = s.deal_id AND n.position = s.position + 1 AND n.visit = s.visit "
    "WHERE s.deal_id = f.deal_id AND s.visit = f.visit AND s.stage_id = f.stage_id AND n.rank < s.rank"
)
_WAYS = f"""
    SELECT w.category_id, w.stage_id, COUNT(*), SUM(w.is_stayed), SUM(w.is_seen - w.is_stayed), SUM(1 - w.is_seen),
           SUM(w.returns > 0), SUM(w.returns)
    FROM (SELECT f.category_id, f.stage_id, EXISTS ({_SEEN}) AS is_seen,
                 EXISTS ({_SEEN} AND (s.left_at IS NULL OR s.left_at - s.entered_at >= {INSTANT})) AS is_stayed,
                 ({_BACK}) AS returns
          FROM period AS p CROSS JOIN fact_stage_visit AS f ON f.visit_day >= p.from_day AND f.visit_day < p.to_day
          WHERE {{conditions}}) AS w
    GROUP BY w.category_id, w.stage_id"""


@dataclass(frozen=True)
class Ways:
    """Of the visits that began in a period and reached a stage.

    Attributes:
        stayed, instant, skipped: they stayed, flashed through in less than a minute, passed it by; together `reached`.
        returned: were moved back from it at least once; `returns`: how often in all.
    """

    reached: int
    stayed: int
    instant: int
    skipped: int
    returned: int
    returns: int

    def share(self, count: int) -> float | None:
        """Of those that reached the stage; None where nobody did."""
        return count / self.reached if self.reached else None


def stage_ways(engine: Engine, period: Period, where: Mapping[str, str]) -> dict[tuple[str, str], Ways]:
    """(pipeline, stage) → how visits came through it; only of stages that any of them has reached.

    Raises:
        BadInput: visits have no such dimension.
    """
    metric = find(METRIC)
    engine.set_periods(metric, (period,))
    conditions = slice_conditions(metric.measures["reached"], where) or ["TRUE"]
    rows = engine.store.query(_WAYS.format(conditions=" AND ".join(conditions)), dict(where))
    return {(str(category), stage): Ways(*counts) for category, stage, *counts in rows}
