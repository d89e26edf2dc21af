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

INSERT INTO fact_lead
WITH subject AS MATERIALIZED (
    SELECT l.*, (
               SELECT MIN(w.at) FROM (
                   SELECT MIN(d.closed_at) AS at FROM fact_deal AS d WHERE d.lead_id = l.id AND d.outcome = 'won'
                   UNION ALL
                   SELECT MIN(d.closed_at) FROM fact_deal AS d
                   WHERE d.customer = CASE WHEN l.company_id > 0 THEN 'company:' || l.company_id
                                           WHEN l.contact_id > 0 THEN 'contact:' || l.contact_id END
                     AND d.outcome = 'won' AND d.closed_at >= l.date_create
                   UNION ALL
                   SELECT MIN(d.closed_at) FROM company AS c CROSS JOIN fact_deal AS d ON d.customer = 'company:' || c.id
                   WHERE c.lead_id = l.id AND c.lead_id > 0 AND c.deleted_at IS NULL
                     AND d.outcome = 'won' AND d.closed_at >= l.date_create
                   UNION ALL
                   SELECT MIN(d.closed_at) FROM contact AS c CROSS JOIN fact_deal AS d ON d.customer = 'contact:' || c.id
                   WHERE c.lead_id = l.id AND c.lead_id > 0 AND c.deleted_at IS NULL
                     AND d.outcome = 'won' AND d.closed_at >= l.date_create) AS w) AS won_at
    FROM owner AS o CROSS JOIN lead AS l ON l.id = o.id WHERE l.deleted_at IS NULL
)
SELECT l.id, l.date_create, COALESCE(CASE WHEN l.date_create < y.border THEN y.before ELSE y.after END, local_day(l.date_create)), l.status_id,
       CASE WHEN l.status_semantic_id = 'S' OR EXISTS (SELECT 1 FROM fact_deal AS d WHERE d.lead_id = l.id) THEN 1 ELSE 0 END,
       l.won_at IS NOT NULL, is_junk(l.status_id),
       COALESCE(l.won_at, CASE WHEN l.status_semantic_id = 'F' THEN COALESCE(l.date_closed, l.moved_time) END),
       CASE WHEN l.won_at IS NOT NULL THEN 'won' WHEN l.status_semantic_id = 'F' THEN 'lost' ELSE 'open' END,
       COALESCE((SELECT h.assigned_by_id FROM lead_history AS h
                 WHERE h.id = l.id AND h.valid_to >= l.date_create ORDER BY h.valid_to LIMIT 1), l.assigned_by_id),
       l.source_id, l.utm_source, l.utm_medium, l.utm_campaign
FROM subject AS l LEFT JOIN day_border AS y ON y.number = l.date_create / 86400;

CREATE INDEX fact_lead_created ON fact_lead (created_day);
CREATE INDEX fact_lead_age ON fact_lead (decided_at - created_at) WHERE decided_at IS NOT NULL;
