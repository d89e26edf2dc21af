"""The funnel as Bitrix24 itself counts it, for comparison: of the deals that were active in a period.

Active are those that had come into the pipeline by its end and were not closed before its beginning; the close is
CLOSEDATE, which people may edit, and open deals have none. Passed stages are counted as passed, of lost deals up to
the furthest stage seen. The time in a stage is the mean of the completed stays alone, of each deal the longest one, so
that whatever still lies there is left out. A deal that went over to another pipeline counts there alone, and
responsible is who is so now (read from the portal's source; https://helpdesk.bitrix24.com/open/9676893/).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from b24kpi.metrics.engine import Engine, set_periods
from b24kpi.metrics.period import Period
from b24kpi.report.labels import Labels

_COLUMNS = {"pipeline": "v.category_id", "manager": "d.assigned_by_id", "source": "d.source_id"}

_TABLE = (
    "CREATE TEMP TABLE IF NOT EXISTS active_visit "
    "(deal_id INTEGER PRIMARY KEY, visit INTEGER, category_id INTEGER, is_won INTEGER, furthest INTEGER)"
)
# The active visits; of each the furthest stage by the end of the period, and what had become of it by then.
_ACTIVE = """
    INSERT INTO active_visit
    SELECT v.deal_id, v.visit, v.category_id, MAX(s.semantic = 'S') AS is_won,
           MAX(1, COALESCE(MAX(s.rank), 1)) AS furthest
    FROM period AS p
    CROSS JOIN fact_pipeline_visit AS v ON v.entered_day < p.to_day AND v.outcome <> 'transferred'
    CROSS JOIN deal AS d ON d.id = v.deal_id
    CROSS JOIN fact_deal AS c ON c.deal_id = v.deal_id
    CROSS JOIN fact_stay AS s ON s.deal_id = v.deal_id AND s.visit = v.visit AND s.entered_day < p.to_day
    WHERE (v.outcome = 'open'
           OR COALESCE(CAST(REPLACE(d.closedate, '-', '') AS INTEGER), c.closed_day) >= p.from_day)
          {conditions}
    GROUP BY v.deal_id, v.visit, v.category_id"""
_PIPELINES = "SELECT category_id, COUNT(*), SUM(is_won) FROM active_visit GROUP BY category_id"
_STAGES = """
    SELECT f.category_id, f.stage_id, f.rank,
           (SELECT COUNT(*) FROM active_visit AS a
            WHERE a.category_id = f.category_id AND (a.furthest >= f.rank OR a.is_won = 1)),
           COUNT(t.deal_id), COUNT(t.longest), AVG(t.longest)
    FROM fact_stage AS f
    LEFT JOIN (SELECT a.category_id, s.stage_id, a.deal_id,
                      MAX(CASE WHEN s.left_at < :end THEN s.left_at - s.entered_at END) AS longest
               FROM active_visit AS a
               CROSS JOIN fact_stay AS s ON s.deal_id = a.deal_id AND s.visit = a.visit AND s.entered_at < :end
               GROUP BY a.category_id, s.stage_id, a.deal_id, a.visit) AS t
           ON t.category_id = f.category_id AND t.stage_id = f.stage_id
    WHERE f.is_live = 1 AND f.semantic = 'P'
    GROUP BY f.category_id, f.stage_id, f.rank"""


@dataclass(frozen=True)
class ActiveStage:
    """A stage among the active deals of its pipeline.

    Attributes:
        passed: deals that reached it, passing by included; `visited`: that were really in it.
        finished: of these, that had left it by the end of the period; `mean_seconds`: how long these were in it.
    """

    stage: str
    labels: Mapping[str, str]
    rank: int
    passed: int
    visited: int
    finished: int
    mean_seconds: float | None


@dataclass(frozen=True)
class ActivePipeline:
    """A pipeline: deals that were active in it, and those of them that were won by the end of the period."""

    pipeline: str
    name: str
    active: int
    won: int
    stages: tuple[ActiveStage, ...]

    @property
    def conversion(self) -> float | None:
        """Won of all active ones; None where none was, for which Bitrix24 shows 0 %."""
        return self.won / self.active if self.active else None


def active_funnel(engine: Engine, period: Period, where: Mapping[str, str], *, language: str) -> list[ActivePipeline]:
    """The pipelines in which any deal was active, in the order of their ids.

    Args:
        where: of pipeline, manager and source.
    """
    labels, store = Labels(engine.store, language), engine.store
    conditions = "".join(f" AND COALESCE(CAST({_COLUMNS[name]} AS TEXT), '') = :{name}" for name in where)
    set_periods(store, (period,))
    store.db.execute(_TABLE)
    store.db.execute("DELETE FROM active_visit")
    store.db.conn.execute(_ACTIVE.format(conditions=conditions), dict(where))
    stages: dict[int, list[ActiveStage]] = {}
    for category, stage, rank, *counts in store.query(_STAGES, {"end": min(engine.moment(period.end), engine.as_of)}):
        named = labels.of({"pipeline": str(category), "stage": stage})
        stages.setdefault(category, []).append(ActiveStage(stage, named, rank, *counts))
    return [
        ActivePipeline(
            str(category),
            labels.of({"pipeline": str(category)}).get("pipeline", str(category)),
            active,
            won,
            tuple(sorted(stages.get(category, ()), key=lambda each: each.rank)),
        )
        for category, active, won in sorted(store.query(_PIPELINES))
    ]
