-- fact: stay
-- grain: one row per uninterrupted stay of a deal in a stage, final stages included
-- owner: deal
-- needs: stage
-- dimensions: pipeline=category_id, stage=stage_id, manager=manager_id, department=manager_id, source=source_id
-- on demand: fact_stay_day
-- Steps come from the portal's stage history. A deal older than the history begins in its pipeline's first stage when it
-- was created; where the last step is not the present stage, a step to it at MOVED_TIME is added (kpi.md, G9), marked
-- `is_approx` where even that is unknown. Steps that the portal has dropped since are still used: they did happen.
-- Windows over millions of rows are SQLite's weak spot. Here rows are put down in their order instead, so that the one
-- before and the one after are found by their places, and counting is subtracting places.
CREATE TABLE fact_stay (
    deal_id INTEGER NOT NULL, position INTEGER NOT NULL, visit INTEGER NOT NULL,
    category_id INTEGER NOT NULL, stage_id TEXT NOT NULL, semantic TEXT NOT NULL, rank INTEGER,
    entered_at INTEGER NOT NULL, entered_day INTEGER NOT NULL, left_at INTEGER, is_approx INTEGER NOT NULL,
    manager_id INTEGER, source_id TEXT,
    PRIMARY KEY (deal_id, position)
) STRICT, WITHOUT ROWID;

-- Every deal's recorded steps (where there are none, its creation), then its present stage, which mostly says nothing new.
CREATE TEMP TABLE stay_kind (is_present INTEGER PRIMARY KEY);
INSERT INTO stay_kind VALUES (0), (1);
CREATE TEMP TABLE stay_step (
    place INTEGER PRIMARY KEY, deal_id INTEGER, at INTEGER, category_id INTEGER, stage_id TEXT, semantic TEXT,
    is_present INTEGER
);
INSERT INTO stay_step (deal_id, at, category_id, stage_id, semantic, is_present)
SELECT d.id,
       CASE WHEN s.id IS NOT NULL THEN s.created_time WHEN k.is_present = 1 THEN d.moved_time ELSE d.date_create END,
       CASE WHEN s.id IS NOT NULL THEN COALESCE(s.category_id, 0) ELSE d.category_id END,
       CASE WHEN s.id IS NOT NULL THEN s.stage_id WHEN k.is_present = 1 THEN d.stage_id ELSE COALESCE((
           SELECT f.stage_id FROM fact_stage AS f
           WHERE f.category_id = d.category_id AND f.rank = 1 AND f.is_live = 1), d.stage_id) END,
       CASE WHEN s.id IS NOT NULL THEN s.stage_semantic_id WHEN k.is_present = 1 THEN d.stage_semantic_id END,
       k.is_present
FROM owner AS o
CROSS JOIN deal AS d ON d.id = o.id AND d.deleted_at IS NULL AND COALESCE(d.is_recurring, 'N') <> 'Y'
CROSS JOIN stay_kind AS k ON k.is_present IN (0, 1)
LEFT JOIN stage_step AS s ON k.is_present = 0 AND s.entity_type_id = 2 AND s.owner_id = o.id
ORDER BY o.id, k.is_present, s.created_time, s.id;

-- Steps to another stage than the one before; `enters` where that is in another pipeline.
CREATE TEMP TABLE stay_move (
    place INTEGER PRIMARY KEY, deal_id INTEGER, at INTEGER, category_id INTEGER, stage_id TEXT, semantic TEXT,
    is_approx INTEGER, enters INTEGER
);
INSERT INTO stay_move (deal_id, at, category_id, stage_id, semantic, is_approx, enters)
SELECT s.deal_id, CASE WHEN s.is_present = 0 OR s.at > b.at THEN s.at ELSE b.at END,
       s.category_id, s.stage_id, s.semantic, s.is_present = 1 AND s.at IS NULL,
       CASE WHEN b.category_id = s.category_id THEN 0 ELSE 1 END
FROM stay_step AS s LEFT JOIN stay_step AS b ON b.place = s.place - 1 AND b.deal_id = s.deal_id
WHERE b.place IS NULL OR b.stage_id <> s.stage_id OR b.category_id <> s.category_id
ORDER BY s.place;

CREATE TEMP TABLE stay_visit (place INTEGER PRIMARY KEY, deal_id INTEGER, first_move INTEGER);
INSERT INTO stay_visit (deal_id, first_move) SELECT m.deal_id, m.place FROM stay_move AS m WHERE m.enters = 1 ORDER BY m.place;

CREATE TEMP TABLE stay_life (deal_id INTEGER PRIMARY KEY, first_visit INTEGER, first_move INTEGER, was_changed INTEGER);
INSERT INTO stay_life
SELECT v.deal_id, v.place, v.first_move, EXISTS (SELECT 1 FROM deal_history AS h WHERE h.id = v.deal_id)
FROM stay_visit AS v LEFT JOIN stay_visit AS b ON b.place = v.place - 1 AND b.deal_id = v.deal_id
WHERE b.place IS NULL ORDER BY v.place;

INSERT INTO fact_stay
SELECT s.deal_id, s.place - l.first_move + 1, v.place - l.first_visit + 1, s.category_id, s.stage_id,
       COALESCE(s.semantic, f.semantic, 'P'),
       CASE WHEN COALESCE(s.semantic, f.semantic, 'P') = 'P' THEN f.rank END,
       s.at, COALESCE(CASE WHEN s.at < y.border THEN y.before ELSE y.after END, local_day(s.at)), n.at, s.is_approx,
       CASE WHEN l.was_changed = 0 THEN d.assigned_by_id ELSE COALESCE((
           SELECT h.assigned_by_id FROM deal_history AS h
           WHERE h.id = s.deal_id AND h.valid_to >= s.at ORDER BY h.valid_to LIMIT 1), d.assigned_by_id) END,
       d.source_id
FROM stay_visit AS v
CROSS JOIN stay_life AS l ON l.deal_id = v.deal_id
CROSS JOIN deal AS d ON d.id = v.deal_id
LEFT JOIN stay_visit AS w ON w.place = v.place + 1
CROSS JOIN stay_move AS s ON s.place >= v.first_move AND s.place < COALESCE(w.first_move, 9223372036854775807)
LEFT JOIN stay_move AS n ON n.place = s.place + 1 AND n.deal_id = s.deal_id
LEFT JOIN fact_stage AS f ON f.category_id = s.category_id AND f.stage_id = s.stage_id
LEFT JOIN day_border AS y ON y.number = s.at / 86400
ORDER BY v.place, s.place;

CREATE INDEX fact_stay_day ON fact_stay (entered_day);
