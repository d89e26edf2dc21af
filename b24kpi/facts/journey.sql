-- fact: journey
-- grain: one row per won deal and touch of marketing on the way to it
-- owner: win
-- needs: deal, lead_card, touch, product_sale
-- dimensions: pipeline=category_id, manager=manager_id, department=manager_id, source=source_id, utm_source=utm_source, utm_medium=utm_medium, utm_campaign=utm_campaign
-- flags: won_date_approx, fx_approx, fx_unknown
-- A journey begins with the deal's lead, else with the deal, and ends with the win; its first touch (`place` 1 of `places`)
-- is what that row says, even if it says nothing. Between the two there may be: the deal, and the card of its contact, else of
-- its company, where they tell something that has not been told before, for what conversion copies is no touch; further leads
-- of the customer or the contact that led to no deal; web forms and chats about the deal, its lead or these two whose source
-- the settings name, but for those within ten minutes of the beginning, which announce it. `days` are the local days from the beginning to the win.
-- The money is that of the whole deal in each row: `attribution` divides it.
CREATE TABLE fact_journey (
    deal_id INTEGER NOT NULL, place INTEGER NOT NULL, places INTEGER NOT NULL, kind TEXT NOT NULL,
    touched_at INTEGER NOT NULL, touched_day INTEGER NOT NULL,
    source_id TEXT, utm_source TEXT, utm_medium TEXT, utm_campaign TEXT,
    began_at INTEGER NOT NULL, began_day INTEGER NOT NULL, won_at INTEGER NOT NULL, won_day INTEGER NOT NULL, days INTEGER NOT NULL,
    money INTEGER NOT NULL, covered_money INTEGER NOT NULL, purchase_money INTEGER NOT NULL,
    customer TEXT, category_id INTEGER NOT NULL, manager_id INTEGER,
    won_date_approx INTEGER NOT NULL, fx_approx INTEGER NOT NULL, fx_unknown INTEGER NOT NULL,
    PRIMARY KEY (deal_id, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deal_contact ON deal (contact_id) WHERE contact_id > 0;
CREATE INDEX IF NOT EXISTS fact_touch_lead ON fact_touch (lead_id, at, channel) WHERE lead_id IS NOT NULL;

INSERT INTO fact_journey
WITH win AS MATERIALIZED (
    SELECT d.*, l.id AS own_lead, COALESCE(l.date_create, d.created_at) AS began_at,
           CASE WHEN r.contact_id > 0 THEN r.contact_id END AS contact_id,
           CASE WHEN COALESCE(r.contact_id, 0) <= 0 AND r.company_id > 0 THEN r.company_id END AS company_id,
           CASE WHEN r.contact_id > 0 THEN 'contact:' || r.contact_id END AS person
    FROM owner AS o
    CROSS JOIN fact_deal AS d ON d.deal_id = o.id AND d.outcome = 'won'
    CROSS JOIN deal AS r ON r.id = d.deal_id
    LEFT JOIN lead AS l ON l.id = d.lead_id AND l.deleted_at IS NULL
),
-- What was said about the deal, about its lead, and with its customer about nothing of the kind.
talk AS (
    SELECT w.deal_id, w.began_at, w.closed_at, t.activity_id, t.at, t.channel
    FROM win AS w CROSS JOIN fact_touch AS t ON t.deal_id = w.deal_id
    UNION ALL
    SELECT w.deal_id, w.began_at, w.closed_at, t.activity_id, t.at, t.channel
    FROM win AS w CROSS JOIN fact_touch AS t ON t.lead_id = w.own_lead
    UNION ALL
    SELECT w.deal_id, w.began_at, w.closed_at, t.activity_id, t.at, t.channel
    FROM win AS w CROSS JOIN fact_touch AS t ON t.party IN (w.customer, w.person) AND t.deal_id IS NULL AND t.lead_id IS NULL
),
-- `sort` 0 is the beginning; the deal has to differ from it, the card from both.
every AS (
    SELECT w.deal_id, w.began_at, 0 AS sort, w.deal_id AS id, w.began_at AS at,
           CASE WHEN w.own_lead IS NULL THEN 'deal' ELSE 'lead' END AS kind, w.first_source_id AS source_id,
           w.first_utm_source AS utm_source, w.first_utm_medium AS utm_medium, w.first_utm_campaign AS utm_campaign
    FROM win AS w
    UNION ALL
    SELECT w.deal_id, w.began_at, 1, w.deal_id, w.created_at, 'deal', w.source_id, w.utm_source, w.utm_medium, w.utm_campaign
    FROM win AS w
    WHERE w.own_lead IS NOT NULL AND w.created_at >= w.began_at AND w.created_at <= w.closed_at
      AND (w.source_id <> COALESCE(w.first_source_id, '') OR w.utm_source <> COALESCE(w.first_utm_source, '') OR w.utm_medium <> COALESCE(w.first_utm_medium, '') OR w.utm_campaign <> COALESCE(w.first_utm_campaign, ''))
    UNION ALL
    SELECT w.deal_id, w.began_at, 2, c.id, c.date_create, 'card', c.source_id, c.utm_source, c.utm_medium, c.utm_campaign
    FROM win AS w CROSS JOIN contact AS c ON c.id = w.contact_id
    WHERE c.deleted_at IS NULL AND c.date_create >= w.began_at AND c.date_create <= w.closed_at
      AND (c.source_id <> COALESCE(w.first_source_id, '') OR c.utm_source <> COALESCE(w.first_utm_source, '') OR c.utm_medium <> COALESCE(w.first_utm_medium, '') OR c.utm_campaign <> COALESCE(w.first_utm_campaign, ''))
      AND (c.source_id <> COALESCE(w.source_id, '') OR c.utm_source <> COALESCE(w.utm_source, '') OR c.utm_medium <> COALESCE(w.utm_medium, '') OR c.utm_campaign <> COALESCE(w.utm_campaign, ''))
    UNION ALL
    SELECT w.deal_id, w.began_at, 2, c.id, c.date_create, 'card', NULL, c.utm_source, c.utm_medium, c.utm_campaign
    FROM win AS w CROSS JOIN company AS c ON c.id = w.company_id
    WHERE c.deleted_at IS NULL AND c.date_create >= w.began_at AND c.date_create <= w.closed_at
      AND (c.utm_source <> COALESCE(w.first_utm_source, '') OR c.utm_medium <> COALESCE(w.first_utm_medium, '') OR c.utm_campaign <> COALESCE(w.first_utm_campaign, ''))
      AND (c.utm_source <> COALESCE(w.utm_source, '') OR c.utm_medium <> COALESCE(w.utm_medium, '') OR c.utm_campaign <> COALESCE(w.utm_campaign, ''))
    UNION ALL
    SELECT w.deal_id, w.began_at, 3, l.lead_id, l.created_at, 'lead', l.source_id, l.utm_source, l.utm_medium, l.utm_campaign
    FROM win AS w CROSS JOIN fact_lead_card AS l ON l.party IN (w.customer, w.person)
    WHERE l.created_at >= w.began_at AND l.created_at <= w.closed_at
      AND COALESCE(l.source_id, l.utm_source, l.utm_medium, l.utm_campaign) IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM fact_deal AS own WHERE own.lead_id = l.lead_id)
    UNION ALL
    SELECT t.deal_id, t.began_at, 4, t.activity_id, t.at, t.channel, touch_source(t.channel, a.provider_type_id), NULL, NULL, NULL
    FROM talk AS t CROSS JOIN activity AS a ON a.id = t.activity_id
    WHERE t.channel IN ('form', 'chat') AND t.at > t.began_at + 600 AND t.at <= t.closed_at
      AND touch_source(t.channel, a.provider_type_id) IS NOT NULL
)
SELECT e.deal_id, ROW_NUMBER() OVER (PARTITION BY e.deal_id ORDER BY e.sort > 0, e.at, e.sort, e.id),
       COUNT(*) OVER (PARTITION BY e.deal_id), e.kind, e.at, local_day(e.at),
       e.source_id, e.utm_source, e.utm_medium, e.utm_campaign, e.began_at, local_day(e.began_at),
       d.closed_at, d.closed_day, day_number(d.closed_day) - day_number(local_day(e.began_at)), d.money,
       (SELECT SUM(s.covered_money) FROM fact_product_sale AS s WHERE s.deal_id = e.deal_id),
       (SELECT SUM(s.purchase_money) FROM fact_product_sale AS s WHERE s.deal_id = e.deal_id),
       d.customer, d.category_id, d.manager_id, d.won_date_approx, d.fx_approx, d.fx_unknown
FROM every AS e CROSS JOIN fact_deal AS d ON d.deal_id = e.deal_id;

CREATE INDEX fact_journey_won ON fact_journey (won_day);
CREATE INDEX fact_journey_began ON fact_journey (began_day);
