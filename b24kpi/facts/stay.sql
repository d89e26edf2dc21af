-- fact: stay
-- grain: one row per uninterrupted stay of a deal in a stage, final stages included
-- owner: deal
-- needs: stage
-- dimensions: pipeline=category_id, stage=stage_id, manager=manager_id, department=manager_id, source=source_id
-- Steps come from the portal's stage history. A deal older than the history begins in its pipeline's first stage when it
-- was created; where the last step is not the present stage, a step to it at MOVED_TIME is added (kpi.md, G9), marked
-- `is_approx` where even that is unknown. Steps that the portal has dropped since are still used: they did happen.
CREATE TABLE fact_stay (
    deal_id INTEGER NOT NULL, position INTEGER NOT NULL, visit INTEGER NOT NULL,
    category_id INTEGER NOT NULL, stage_id TEXT NOT NULL, semantic TEXT NOT NULL, rank INTEGER,
    entered_at INTEGER NOT NULL, entered_day INTEGER NOT NULL, left_at INTEGER, is_approx INTEGER NOT NULL,
    manager_id INTEGER, source_id TEXT,
    PRIMARY KEY (deal_id, position)
) STRICT;
CREATE INDEX fact_stay_day ON fact_stay (entered_day, semantic);

INSERT INTO fact_stay
WITH subject AS (
    SELECT d.*,
           (SELECT s.id FROM stage_step AS s
            WHERE s.entity_type_id = 2 AND s.owner_id = d.id
            ORDER BY s.created_time DESC, s.id DESC LIMIT 1) AS last_step_id,
           (SELECT f.stage_id FROM fact_stage AS f
            WHERE f.category_id = d.category_id AND f.rank = 1 AND f.is_live = 1) AS first_stage_id
    FROM owner AS o CROSS JOIN deal AS d ON d.id = o.id
    WHERE d.deleted_at IS NULL AND COALESCE(d.is_recurring, 'N') <> 'Y'
),
step AS (
    SELECT d.id AS deal_id, s.created_time AS at, s.id AS place, COALESCE(s.category_id, 0) AS category_id, s.stage_id,
           s.stage_semantic_id AS semantic, 0 AS is_approx
    FROM subject AS d JOIN stage_step AS s ON s.entity_type_id = 2 AND s.owner_id = d.id
    UNION ALL
    SELECT d.id, d.date_create, 0, d.category_id, COALESCE(d.first_stage_id, d.stage_id), NULL, 0
    FROM subject AS d
    WHERE d.last_step_id IS NULL
    UNION ALL
    SELECT d.id, CASE WHEN d.moved_time > d.date_create THEN d.moved_time ELSE d.date_create END, 1, d.category_id,
           d.stage_id, d.stage_semantic_id, d.moved_time IS NULL
    FROM subject AS d
    WHERE d.last_step_id IS NULL AND d.stage_id <> COALESCE(d.first_stage_id, d.stage_id)
    UNION ALL
    SELECT d.id, CASE WHEN d.moved_time > last.created_time THEN d.moved_time ELSE last.created_time END,
           last.id + 1, d.category_id, d.stage_id, d.stage_semantic_id, d.moved_time IS NULL
    FROM subject AS d JOIN stage_step AS last ON last.entity_type_id = 2 AND last.id = d.last_step_id
    WHERE last.stage_id <> d.stage_id OR COALESCE(last.category_id, 0) <> d.category_id
),
move AS (
    SELECT step.*, LAG(stage_id) OVER life AS stage_before, LAG(category_id) OVER life AS category_before
    FROM step
    WINDOW life AS (PARTITION BY deal_id ORDER BY at, place)
),
stay AS (
    SELECT move.*,
           ROW_NUMBER() OVER life AS position,
           SUM(CASE WHEN category_before = category_id THEN 0 ELSE 1 END) OVER life AS visit,
           LEAD(at) OVER life AS left_at
    FROM move
    WHERE stage_before IS NULL OR stage_before <> stage_id OR category_before <> category_id
    WINDOW life AS (PARTITION BY deal_id ORDER BY at, place)
)
SELECT s.deal_id, s.position, s.visit, s.category_id, s.stage_id,
       COALESCE(s.semantic, f.semantic, 'P'),
       CASE WHEN COALESCE(s.semantic, f.semantic, 'P') = 'P' THEN f.rank END,
       s.at, local_day(s.at), s.left_at, s.is_approx,
       COALESCE((SELECT h.assigned_by_id FROM deal_history AS h
                 WHERE h.id = s.deal_id AND h.valid_to >= s.at ORDER BY h.valid_to LIMIT 1), d.assigned_by_id),
       d.source_id
FROM stay AS s
JOIN deal AS d ON d.id = s.deal_id
LEFT JOIN fact_stage AS f ON f.category_id = s.category_id AND f.stage_id = s.stage_id;
