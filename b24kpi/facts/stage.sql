-- fact: stage
-- grain: one row per stage of a deal pipeline, deleted ones included
-- owner: all
-- Rank counts the live process stages in the order of the portal; a deleted stage stands where it stood,
-- with the rank of the last live stage at or before it.
CREATE TABLE fact_stage (
    category_id INTEGER NOT NULL, stage_id TEXT NOT NULL, name TEXT, semantic TEXT NOT NULL, rank INTEGER, is_live INTEGER NOT NULL,
    PRIMARY KEY (category_id, stage_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX fact_stage_rank ON fact_stage (category_id, rank) WHERE is_live = 1 AND semantic = 'P';

INSERT INTO fact_stage
SELECT CASE s.entity_id WHEN 'DEAL_STAGE' THEN 0 ELSE CAST(substr(s.entity_id, 12) AS INTEGER) END,
       s.status_id,
       s.name,
       COALESCE(s.semantics, 'P'),
       CASE WHEN s.semantics IS NULL OR s.semantics = 'P' THEN (
           SELECT COUNT(*) FROM status AS live
           WHERE live.entity_id = s.entity_id AND live.deleted_at IS NULL AND COALESCE(live.semantics, 'P') = 'P'
             AND (live.sort < s.sort OR live.sort = s.sort AND (s.deleted_at IS NOT NULL OR live.id <= s.id))) END,
       s.deleted_at IS NULL
FROM status AS s
WHERE s.entity_id = 'DEAL_STAGE' OR s.entity_id LIKE 'DEAL\_STAGE\__%' ESCAPE '\';
