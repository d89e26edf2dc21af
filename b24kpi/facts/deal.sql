-- fact: deal
-- grain: one row per deal
-- owner: deal
-- needs: stay
-- dimensions: pipeline=category_id, manager=manager_id, department=manager_id, source=source_id, utm_source=utm_source, utm_medium=utm_medium, utm_campaign=utm_campaign, currency=currency_id, customer_kind=deal_id, loss_reason=loss_reason, point=manager_id
-- flags: won_date_approx, fx_approx, fx_unknown
-- The closing moment is the start of the last uninterrupted run of stays in semantic S (won) or F (lost), kpi.md G9;
-- CLOSEDATE, flagged, where neither history nor MOVED_TIME tells it.
-- `manager_id` is the responsible at the closing, the present one of open deals; money is in the report currency.
-- `first_*` is the first touch: the lead's source where the deal has a lead, else the deal's own.
CREATE TABLE fact_deal (
    deal_id INTEGER PRIMARY KEY, category_id INTEGER NOT NULL, outcome TEXT NOT NULL, loss_reason TEXT,
    created_at INTEGER NOT NULL, created_day INTEGER NOT NULL, closed_at INTEGER, closed_day INTEGER,
    money INTEGER NOT NULL, currency_id TEXT, customer TEXT, lead_id INTEGER,
    manager_id INTEGER, created_manager_id INTEGER,
    source_id TEXT, utm_source TEXT, utm_medium TEXT, utm_campaign TEXT,
    first_source_id TEXT, first_utm_source TEXT, first_utm_medium TEXT, first_utm_campaign TEXT,
    won_date_approx INTEGER NOT NULL, fx_approx INTEGER NOT NULL, fx_unknown INTEGER NOT NULL
) STRICT;
CREATE INDEX fact_deal_buyer ON fact_deal (customer, closed_at, closed_day) WHERE outcome = 'won' AND customer IS NOT NULL;
CREATE INDEX fact_deal_lead ON fact_deal (lead_id) WHERE lead_id IS NOT NULL;

INSERT INTO fact_deal
WITH present AS MATERIALIZED (
    SELECT s.deal_id, s.semantic, s.stage_id, s.is_approx,
           CASE WHEN s.semantic NOT IN ('S', 'F') THEN NULL
                WHEN b.semantic <> s.semantic AND s.is_approx = 0 THEN s.entered_at
                ELSE COALESCE((
               SELECT local_midnight(d.closedate) FROM deal AS d WHERE d.id = s.deal_id AND s.is_approx = 1), (
               SELECT run.entered_at FROM fact_stay AS run
               WHERE run.deal_id = s.deal_id AND run.position > COALESCE((
                   SELECT MAX(other.position) FROM fact_stay AS other
                   WHERE other.deal_id = s.deal_id AND other.semantic <> s.semantic), 0)
               ORDER BY run.position LIMIT 1)) END AS closed_at
    FROM owner AS o CROSS JOIN fact_stay AS s ON s.deal_id = o.id
    LEFT JOIN fact_stay AS b ON b.deal_id = s.deal_id AND b.position = s.position - 1
    WHERE s.left_at IS NULL
),
closing AS MATERIALIZED (
    SELECT p.*, CASE WHEN p.closed_at IS NOT NULL THEN COALESCE(
               CASE WHEN p.closed_at < y.border THEN y.before ELSE y.after END, local_day(p.closed_at)) END AS closed_day
    FROM present AS p LEFT JOIN day_border AS y ON y.number = p.closed_at / 86400
)
SELECT d.id, d.category_id,
       CASE p.semantic WHEN 'S' THEN 'won' WHEN 'F' THEN 'lost' ELSE 'open' END,
       CASE WHEN p.semantic = 'F' THEN p.stage_id END,
       d.date_create,
       COALESCE(CASE WHEN d.date_create < y.border THEN y.before ELSE y.after END, local_day(d.date_create)),
       p.closed_at, p.closed_day,
       CASE WHEN d.currency_id = report_currency() THEN COALESCE(d.opportunity, 0)
            ELSE to_report(COALESCE(d.opportunity, 0), d.currency_id, p.closed_day) END,
       d.currency_id,
       CASE WHEN d.company_id > 0 THEN 'company:' || d.company_id WHEN d.contact_id > 0 THEN 'contact:' || d.contact_id END,
       CASE WHEN d.lead_id > 0 THEN d.lead_id END,
       CASE WHEN p.closed_at IS NOT NULL THEN COALESCE((
           SELECT h.assigned_by_id FROM deal_history AS h
           WHERE h.id = d.id AND h.valid_to >= p.closed_at ORDER BY h.valid_to LIMIT 1), d.assigned_by_id)
       ELSE d.assigned_by_id END,
       COALESCE((SELECT h.assigned_by_id FROM deal_history AS h
                 WHERE h.id = d.id AND h.valid_to >= d.date_create ORDER BY h.valid_to LIMIT 1), d.assigned_by_id),
       d.source_id, d.utm_source, d.utm_medium, d.utm_campaign,
       CASE WHEN l.id IS NULL THEN d.source_id ELSE l.source_id END,
       CASE WHEN l.id IS NULL THEN d.utm_source ELSE l.utm_source END,
       CASE WHEN l.id IS NULL THEN d.utm_medium ELSE l.utm_medium END,
       CASE WHEN l.id IS NULL THEN d.utm_campaign ELSE l.utm_campaign END,
       CASE WHEN p.semantic = 'S' THEN p.is_approx ELSE 0 END,
       CASE WHEN d.currency_id = report_currency() THEN 0 ELSE fx_approx(d.currency_id, p.closed_day) END,
       CASE WHEN d.currency_id = report_currency() THEN 0 ELSE fx_unknown(d.currency_id) END
FROM closing AS p
CROSS JOIN deal AS d ON d.id = p.deal_id
LEFT JOIN lead AS l ON l.id = d.lead_id AND l.deleted_at IS NULL
LEFT JOIN day_border AS y ON y.number = d.date_create / 86400;

CREATE INDEX fact_deal_closed ON fact_deal (closed_day, outcome);
CREATE INDEX fact_deal_created ON fact_deal (created_day);
