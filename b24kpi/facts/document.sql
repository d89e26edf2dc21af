-- fact: document
-- grain: one row per visit of a deal to a pipeline that has left a stage in which documents are made
-- owner: deal
-- needs: pipeline_visit
-- dimensions: pipeline=category_id, manager=manager_id, department=manager_id, source=source_id, utm_source=utm_source, utm_medium=utm_medium, utm_campaign=utm_campaign
-- It is reworked if it was moved from such a stage back to an earlier one of the same pipeline. A visit that is still in its
-- first such stage tells nothing yet. It counts on the day it left that stage; the manager is the one of the stay in it.
CREATE TABLE fact_document (
    deal_id INTEGER NOT NULL, visit INTEGER NOT NULL, category_id INTEGER NOT NULL, ready_at INTEGER NOT NULL,
    ready_day INTEGER NOT NULL, is_reworked INTEGER NOT NULL, manager_id INTEGER,
    source_id TEXT, utm_source TEXT, utm_medium TEXT, utm_campaign TEXT,
    PRIMARY KEY (deal_id, visit)
) STRICT, WITHOUT ROWID;

INSERT INTO fact_document
WITH made AS (
    SELECT s.deal_id, s.visit, MIN(s.position) AS position,
           MAX(CASE WHEN n.semantic = 'P' AND n.rank < s.rank THEN 1 ELSE 0 END) AS is_reworked
    FROM owner AS o
    CROSS JOIN fact_stay AS s ON s.deal_id = o.id AND s.semantic = 'P' AND is_document(s.stage_id) = 1
    LEFT JOIN fact_stay AS n ON n.deal_id = s.deal_id AND n.position = s.position + 1 AND n.visit = s.visit
    WHERE has_documents() = 1
    GROUP BY s.deal_id, s.visit
)
SELECT m.deal_id, m.visit, v.category_id, s.left_at, local_day(s.left_at), m.is_reworked, s.manager_id,
       v.source_id, v.utm_source, v.utm_medium, v.utm_campaign
FROM made AS m
CROSS JOIN fact_stay AS s ON s.deal_id = m.deal_id AND s.position = m.position AND s.left_at IS NOT NULL
CROSS JOIN fact_pipeline_visit AS v ON v.deal_id = m.deal_id AND v.visit = m.visit;

CREATE INDEX fact_document_day ON fact_document (ready_day);
