-- fact: stage_visit
-- grain: one row per visit and stage of its pipeline that the visit reached
-- owner: deal
-- needs: pipeline_visit
-- dimensions: pipeline=category_id, stage=stage_id, manager=manager_id, department=manager_id, source=source_id, utm_source=utm_source, utm_medium=utm_medium, utm_campaign=utm_campaign, currency=currency_id
-- `fate` balances each stage (kpi.md G17): what reached it has advanced, is lost, was moved back and is now in an earlier
-- stage, was transferred to another pipeline, or is still here. A present stage of unknown place counts as here,
-- and one before the first as the first.
-- Advancing is reaching the next stage, from the last one being won. `ended_at` is when that was decided, NULL while it is not.
CREATE TABLE fact_stage_visit (
    deal_id INTEGER NOT NULL, visit INTEGER NOT NULL, category_id INTEGER NOT NULL, stage_id TEXT NOT NULL, rank INTEGER NOT NULL,
    visit_day INTEGER NOT NULL, reached_at INTEGER NOT NULL, reached_day INTEGER NOT NULL,
    is_advanced INTEGER NOT NULL, advanced_day INTEGER, ended_at INTEGER, ended_day INTEGER, outcome TEXT NOT NULL, fate TEXT NOT NULL,
    manager_id INTEGER, source_id TEXT, utm_source TEXT, utm_medium TEXT, utm_campaign TEXT, currency_id TEXT,
    PRIMARY KEY (deal_id, visit, rank)
) STRICT;
CREATE INDEX fact_stage_visit_day ON fact_stage_visit (visit_day);
CREATE INDEX fact_stage_visit_reached ON fact_stage_visit (reached_day);
CREATE INDEX fact_stage_visit_advanced ON fact_stage_visit (advanced_day) WHERE advanced_day IS NOT NULL;

INSERT INTO fact_stage_visit
WITH reached AS (
    SELECT v.deal_id, v.visit, f.stage_id, f.rank,
           CASE WHEN f.rank = 1 THEN v.entered_at ELSE (
               SELECT MIN(s.entered_at) FROM fact_stay AS s
               WHERE s.deal_id = v.deal_id AND s.visit = v.visit AND (s.rank >= f.rank OR s.semantic = 'S')) END AS reached_at
    FROM owner AS o
    CROSS JOIN fact_pipeline_visit AS v ON v.deal_id = o.id
    JOIN fact_stage AS f ON f.category_id = v.category_id AND f.is_live = 1 AND f.semantic = 'P' AND f.rank <= v.furthest
),
advance AS (
    SELECT r.*, LEAD(r.reached_at) OVER (PARTITION BY r.deal_id, r.visit ORDER BY r.rank) AS next_at FROM reached AS r
),
decided AS (
    SELECT a.deal_id, a.visit, a.stage_id, a.rank, a.reached_at, COALESCE(a.next_at, v.won_at) AS advanced_at
    FROM advance AS a JOIN fact_pipeline_visit AS v ON v.deal_id = a.deal_id AND v.visit = a.visit
)
SELECT a.deal_id, a.visit, v.category_id, a.stage_id, a.rank, v.entered_day, a.reached_at, local_day(a.reached_at),
       a.advanced_at IS NOT NULL, local_day(a.advanced_at), COALESCE(a.advanced_at, v.left_at),
       local_day(COALESCE(a.advanced_at, v.left_at)),
       CASE WHEN a.advanced_at IS NOT NULL THEN 'advanced' WHEN v.left_at IS NOT NULL THEN 'left' ELSE 'open' END,
       CASE WHEN a.advanced_at IS NOT NULL THEN 'advanced' WHEN v.outcome <> 'open' THEN v.outcome
            WHEN EXISTS (SELECT 1 FROM fact_stay AS s
                         WHERE s.deal_id = a.deal_id AND s.left_at IS NULL AND MAX(s.rank, 1) < a.rank) THEN 'back'
            ELSE 'here' END,
       v.manager_id, v.source_id, v.utm_source, v.utm_medium, v.utm_campaign, v.currency_id
FROM decided AS a JOIN fact_pipeline_visit AS v ON v.deal_id = a.deal_id AND v.visit = a.visit;
