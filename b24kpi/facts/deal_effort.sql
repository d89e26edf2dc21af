-- fact: deal_effort
-- grain: one row per deal, with the contacts there were about it and about its lead
-- owner: worked_deal
-- needs: touch
-- dimensions: pipeline=category_id, manager=manager_id, department=manager_id, source=source_id, utm_source=utm_source, utm_medium=utm_medium, utm_campaign=utm_campaign
-- flags: won_date_approx
-- Contacts up to the closing, web forms left out. `is_filled`: amount, customer and source are given. `is_lived`: it stayed
-- in some process stage for more than a minute, so it was not entered after the fact.
CREATE TABLE fact_deal_effort (
    deal_id INTEGER PRIMARY KEY, outcome TEXT NOT NULL, created_day INTEGER NOT NULL, closed_day INTEGER,
    touches INTEGER NOT NULL, is_filled INTEGER NOT NULL, is_lived INTEGER NOT NULL, is_worked INTEGER NOT NULL,
    category_id INTEGER NOT NULL, manager_id INTEGER, source_id TEXT, utm_source TEXT, utm_medium TEXT, utm_campaign TEXT,
    won_date_approx INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS fact_touch_lead ON fact_touch (lead_id, at, channel) WHERE lead_id IS NOT NULL;

INSERT INTO fact_deal_effort
WITH work AS MATERIALIZED (
    SELECT d.deal_id,
           (SELECT COUNT(*) FROM fact_touch AS t
            WHERE t.deal_id = d.deal_id AND t.channel <> 'form' AND (d.closed_at IS NULL OR t.at <= d.closed_at))
         + (SELECT COUNT(*) FROM fact_touch AS t
            WHERE t.lead_id = d.lead_id AND t.channel <> 'form' AND (d.closed_at IS NULL OR t.at <= d.closed_at)) AS touches,
           EXISTS (SELECT 1 FROM fact_stay AS s
                   WHERE s.deal_id = d.deal_id AND s.semantic = 'P' AND COALESCE(s.left_at, s.entered_at + 61) - s.entered_at > 60
           ) AS is_lived
    FROM owner AS o CROSS JOIN fact_deal AS d ON d.deal_id = o.id
)
SELECT d.deal_id, d.outcome, d.created_day, d.closed_day, w.touches,
       CASE WHEN d.money > 0 AND d.customer IS NOT NULL AND d.source_id IS NOT NULL THEN 1 ELSE 0 END,
       w.is_lived, w.touches > 0, d.category_id, d.manager_id, d.source_id, d.utm_source, d.utm_medium, d.utm_campaign,
       d.won_date_approx
FROM work AS w CROSS JOIN fact_deal AS d ON d.deal_id = w.deal_id;

CREATE INDEX fact_deal_effort_closed ON fact_deal_effort (closed_day) WHERE closed_day IS NOT NULL;
