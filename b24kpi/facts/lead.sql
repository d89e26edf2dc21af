-- fact: lead
-- grain: one row per lead
-- owner: lead
-- needs: purchase
-- dimensions: manager=manager_id, department=manager_id, source=source_id, utm_source=utm_source, utm_medium=utm_medium, utm_campaign=utm_campaign, lead_stage=status_id
-- A lead became a customer when a deal of it is won, or one of its customers has a win after the lead was created: its own
-- company, else contact, and the companies and contacts that were made of it. CROSS JOIN keeps SQLite to this order.
-- `is_junk`: its status is one that means junk by the settings.
CREATE TABLE fact_lead (
    lead_id INTEGER PRIMARY KEY, created_at INTEGER NOT NULL, created_day INTEGER NOT NULL, status_id TEXT,
    is_converted INTEGER NOT NULL, is_customer INTEGER NOT NULL, is_junk INTEGER NOT NULL, decided_at INTEGER, outcome TEXT NOT NULL,
    manager_id INTEGER, source_id TEXT, utm_source TEXT, utm_medium TEXT, utm_campaign TEXT
) STRICT;
CREATE INDEX fact_lead_created ON fact_lead (created_day);
CREATE INDEX fact_lead_age ON fact_lead (decided_at - created_at) WHERE decided_at IS NOT NULL;

INSERT INTO fact_lead
WITH subject AS (
    SELECT l.* FROM owner AS o CROSS JOIN lead AS l ON l.id = o.id WHERE l.deleted_at IS NULL
),
person AS (
    SELECT l.id, l.date_create,
           CASE WHEN l.company_id > 0 THEN 'company:' || l.company_id ELSE 'contact:' || l.contact_id END AS customer
    FROM subject AS l WHERE l.company_id > 0 OR l.contact_id > 0
    UNION
    SELECT l.id, l.date_create, 'company:' || c.id
    FROM subject AS l CROSS JOIN company AS c ON c.lead_id = l.id AND c.lead_id > 0 AND c.deleted_at IS NULL
    UNION
    SELECT l.id, l.date_create, 'contact:' || c.id
    FROM subject AS l CROSS JOIN contact AS c ON c.lead_id = l.id AND c.lead_id > 0 AND c.deleted_at IS NULL
),
win AS (
    SELECT d.lead_id AS id, d.closed_at
    FROM subject AS l CROSS JOIN fact_deal AS d ON d.lead_id = l.id
    WHERE d.outcome = 'won'
    UNION ALL
    SELECT p.id, d.closed_at
    FROM person AS p CROSS JOIN fact_deal AS d ON d.customer = p.customer
    WHERE d.outcome = 'won' AND d.closed_at >= p.date_create
),
first_win AS (
    SELECT id, MIN(closed_at) AS won_at FROM win GROUP BY id
)
SELECT l.id, l.date_create, local_day(l.date_create), l.status_id,
       CASE WHEN l.status_semantic_id = 'S' OR EXISTS (SELECT 1 FROM fact_deal AS d WHERE d.lead_id = l.id) THEN 1 ELSE 0 END,
       w.id IS NOT NULL, is_junk(l.status_id),
       COALESCE(w.won_at, CASE WHEN l.status_semantic_id = 'F' THEN COALESCE(l.date_closed, l.moved_time) END),
       CASE WHEN w.id IS NOT NULL THEN 'won' WHEN l.status_semantic_id = 'F' THEN 'lost' ELSE 'open' END,
       COALESCE((SELECT h.assigned_by_id FROM lead_history AS h
                 WHERE h.id = l.id AND h.valid_to >= l.date_create ORDER BY h.valid_to LIMIT 1), l.assigned_by_id),
       l.source_id, l.utm_source, l.utm_medium, l.utm_campaign
FROM subject AS l LEFT JOIN first_win AS w ON w.id = l.id;
