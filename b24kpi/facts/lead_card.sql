-- fact: lead_card
-- grain: one row per lead, with whom one talks to about it
-- owner: lead
-- needs: lead
-- dimensions: manager=manager_id, department=manager_id, source=source_id, utm_source=utm_source, utm_medium=utm_medium, utm_campaign=utm_campaign, lead_stage=status_id
-- on demand: fact_lead_card_created, fact_lead_card_finished
-- `party` is the lead's own company, else contact; else the customer of its first deal; else what was made of it; else the
-- lead itself. `finished_at` is when it was converted or rejected.
CREATE TABLE fact_lead_card (
    lead_id INTEGER PRIMARY KEY, party TEXT NOT NULL, created_at INTEGER NOT NULL, created_day INTEGER NOT NULL,
    finished_at INTEGER, finished_day INTEGER, status_id TEXT, is_junk INTEGER NOT NULL, is_converted INTEGER NOT NULL, is_customer INTEGER NOT NULL,
    manager_id INTEGER, source_id TEXT, utm_source TEXT, utm_medium TEXT, utm_campaign TEXT
) STRICT;
CREATE INDEX fact_lead_card_party ON fact_lead_card (party);

INSERT INTO fact_lead_card
WITH subject AS (
    SELECT l.*, CASE WHEN l.status_semantic_id IN ('S', 'F')
                     THEN COALESCE(l.date_closed, l.moved_time, l.date_create) END AS finished_at
    FROM owner AS o CROSS JOIN lead AS l ON l.id = o.id WHERE l.deleted_at IS NULL
)
SELECT l.id,
       CASE WHEN l.company_id > 0 THEN 'company:' || l.company_id
            WHEN l.contact_id > 0 THEN 'contact:' || l.contact_id
            ELSE COALESCE(
                (SELECT d.customer FROM fact_deal AS d
                 WHERE d.lead_id = l.id AND d.customer IS NOT NULL ORDER BY d.deal_id LIMIT 1),
                (SELECT 'company:' || MIN(c.id) FROM company AS c
                 WHERE c.lead_id = l.id AND c.lead_id > 0 AND c.deleted_at IS NULL HAVING MIN(c.id) IS NOT NULL),
                (SELECT 'contact:' || MIN(c.id) FROM contact AS c
                 WHERE c.lead_id = l.id AND c.lead_id > 0 AND c.deleted_at IS NULL HAVING MIN(c.id) IS NOT NULL),
                'lead:' || l.id) END,
       f.created_at, f.created_day, l.finished_at, local_day(l.finished_at), l.status_id,
       f.is_junk,
       CASE WHEN l.status_semantic_id = 'S' THEN 1 ELSE 0 END, f.is_customer,
       f.manager_id, l.source_id, l.utm_source, l.utm_medium, l.utm_campaign
FROM subject AS l JOIN fact_lead AS f ON f.lead_id = l.id;

CREATE INDEX fact_lead_card_created ON fact_lead_card (created_day);
CREATE INDEX fact_lead_card_finished ON fact_lead_card (finished_day) WHERE finished_day IS NOT NULL;
