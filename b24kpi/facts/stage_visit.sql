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
) STRICT, WITHOUT ROWID;

-- In the order of visits and ranks, so that the next stage of a visit is found by its place. A stage is reached by the
-- first stay (`position`) in it or beyond.
CREATE TEMP TABLE stage_visit_reach (
    place INTEGER PRIMARY KEY, deal_id INTEGER, visit INTEGER, stage_id TEXT, rank INTEGER, position INTEGER
);
INSERT INTO stage_visit_reach (deal_id, visit, stage_id, rank, position)
SELECT v.deal_id, v.visit, f.stage_id, f.rank, (
           SELECT s.position FROM fact_stay AS s
           WHERE s.deal_id = v.deal_id AND s.visit = v.visit AND (f.rank = 1 OR s.rank >= f.rank OR s.semantic = 'S')
           ORDER BY s.position LIMIT 1)
FROM owner AS o
CROSS JOIN fact_pipeline_visit AS v ON v.deal_id = o.id
CROSS JOIN fact_stage AS f ON f.category_id = v.category_id AND f.is_live = 1 AND f.semantic = 'P' AND f.rank <= v.furthest
ORDER BY o.id, v.visit, f.rank;

INSERT INTO fact_stage_visit
SELECT r.deal_id, r.visit, v.category_id, r.stage_id, r.rank, v.entered_day, s.entered_at, s.entered_day,
       CASE WHEN n.place IS NOT NULL OR v.won_at IS NOT NULL THEN 1 ELSE 0 END, COALESCE(t.entered_day, v.won_day),
       COALESCE(t.entered_at, v.won_at, v.left_at), COALESCE(t.entered_day, v.won_day, local_day(v.left_at)),
       CASE WHEN n.place IS NOT NULL OR v.won_at IS NOT NULL THEN 'advanced' WHEN v.left_at IS NOT NULL THEN 'left'
            ELSE 'open' END,
       CASE WHEN n.place IS NOT NULL OR v.won_at IS NOT NULL THEN 'advanced' WHEN v.outcome <> 'open' THEN v.outcome
            WHEN EXISTS (SELECT 1 FROM fact_stay AS p
                         WHERE p.deal_id = r.deal_id AND p.left_at IS NULL AND MAX(p.rank, 1) < r.rank) THEN 'back'
            ELSE 'here' END,
       v.manager_id, v.source_id, v.utm_source, v.utm_medium, v.utm_campaign, v.currency_id
FROM stage_visit_reach AS r
CROSS JOIN fact_pipeline_visit AS v ON v.deal_id = r.deal_id AND v.visit = r.visit
CROSS JOIN fact_stay AS s ON s.deal_id = r.deal_id AND s.position = r.position
LEFT JOIN stage_visit_reach AS n ON n.place = r.place + 1 AND n.deal_id = r.deal_id AND n.visit = r.visit
LEFT JOIN fact_stay AS t ON t.deal_id = n.deal_id AND t.position = n.position
ORDER BY r.place;

CREATE INDEX fact_stage_visit_day ON fact_stage_visit (visit_day);
CREATE INDEX fact_stage_visit_reached ON fact_stage_visit (reached_day);
CREATE INDEX fact_stage_visit_advanced ON fact_stage_visit (advanced_day) WHERE advanced_day IS NOT NULL;
