-- fact: pipeline_visit
-- grain: one row per uninterrupted visit of a deal to a pipeline
-- owner: deal
-- needs: deal
-- dimensions: pipeline=category_id, manager=manager_id, department=manager_id, source=source_id, utm_source=utm_source, utm_medium=utm_medium, utm_campaign=utm_campaign, currency=currency_id
-- `furthest` is the rank of the furthest stage reached (kpi.md G16): skipped stages count as passed, a won visit passed
-- all, a lost one only up to the furthest stage seen, going back un-reaches nothing. The manager is the one at the entry.
CREATE TABLE fact_pipeline_visit (
    deal_id INTEGER NOT NULL, visit INTEGER NOT NULL, category_id INTEGER NOT NULL,
    entered_at INTEGER NOT NULL, entered_day INTEGER NOT NULL, left_at INTEGER,
    outcome TEXT NOT NULL, won_at INTEGER, won_day INTEGER, furthest INTEGER NOT NULL,
    manager_id INTEGER, source_id TEXT, utm_source TEXT, utm_medium TEXT, utm_campaign TEXT, currency_id TEXT,
    PRIMARY KEY (deal_id, visit)
) STRICT, WITHOUT ROWID;

INSERT INTO fact_pipeline_visit
WITH visit AS (
    SELECT s.deal_id, s.visit, s.category_id, MIN(s.position) AS first_position, MIN(s.entered_at) AS entered_at,
           MAX(CASE WHEN s.left_at IS NULL THEN 1 ELSE 0 END) AS is_last,
           MAX(s.left_at) AS left_at,
           MAX(CASE WHEN s.semantic = 'S' THEN 1 ELSE 0 END) AS was_won,
           MAX(s.rank) AS furthest
    FROM owner AS o CROSS JOIN fact_stay AS s ON s.deal_id = o.id
    GROUP BY s.deal_id, s.visit, s.category_id
)
SELECT v.deal_id, v.visit, v.category_id, v.entered_at, s.entered_day,
       CASE WHEN v.is_last = 0 THEN v.left_at WHEN d.outcome <> 'open' THEN d.closed_at END,
       CASE WHEN v.is_last = 0 THEN 'transferred' ELSE d.outcome END,
       CASE WHEN v.is_last = 1 AND d.outcome = 'won' THEN d.closed_at END,
       CASE WHEN v.is_last = 1 AND d.outcome = 'won' THEN d.closed_day END,
       CASE WHEN v.was_won = 1 THEN COALESCE((SELECT MAX(f.rank) FROM fact_stage AS f
                                              WHERE f.category_id = v.category_id AND f.is_live = 1), 1)
            WHEN v.furthest > 1 THEN v.furthest ELSE 1 END,
       s.manager_id, d.source_id, d.utm_source, d.utm_medium, d.utm_campaign, d.currency_id
FROM visit AS v
CROSS JOIN fact_deal AS d ON d.deal_id = v.deal_id
CROSS JOIN fact_stay AS s ON s.deal_id = v.deal_id AND s.position = v.first_position;

CREATE INDEX fact_pipeline_visit_entered ON fact_pipeline_visit (entered_day);
CREATE INDEX fact_pipeline_visit_won ON fact_pipeline_visit (won_day) WHERE won_day IS NOT NULL;
