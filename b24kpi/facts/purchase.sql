-- fact: purchase
-- grain: one row per won deal of a known customer
-- owner: customer
-- needs: deal, product_sale
-- dimensions: pipeline=category_id, manager=manager_id, department=manager_id, source=source_id, utm_source=utm_source, utm_medium=utm_medium, utm_campaign=utm_campaign, currency=currency_id, customer_kind=deal_id, visit=number
-- flags: won_date_approx, fx_approx, fx_unknown
-- `number` counts the customer's purchases from 1; `acquired_*` are those of his first one, `first_*` its first touch.
-- `covered_money` is the money of what was bought at a known price, `purchase_money` that price: see product_sale.
-- `next_at` is his next purchase, NULL while there is none; `gap_days` are the local days since the one before.
CREATE TABLE fact_purchase (
    deal_id INTEGER PRIMARY KEY, customer TEXT NOT NULL, number INTEGER NOT NULL,
    won_at INTEGER NOT NULL, won_day INTEGER NOT NULL, next_at INTEGER, gap_days INTEGER, money INTEGER NOT NULL,
    covered_money INTEGER NOT NULL, purchase_money INTEGER NOT NULL,
    category_id INTEGER NOT NULL, manager_id INTEGER, source_id TEXT, utm_source TEXT, utm_medium TEXT, utm_campaign TEXT,
    currency_id TEXT,
    acquired_day INTEGER NOT NULL, acquired_category_id INTEGER NOT NULL, acquired_manager_id INTEGER, acquired_source_id TEXT,
    acquired_utm_source TEXT, acquired_utm_medium TEXT, acquired_utm_campaign TEXT,
    first_source_id TEXT, first_utm_campaign TEXT,
    won_date_approx INTEGER NOT NULL, fx_approx INTEGER NOT NULL, fx_unknown INTEGER NOT NULL
) STRICT;
CREATE INDEX fact_purchase_customer ON fact_purchase (customer, number);

-- Wins in the order of customers and time, so that the one before and the one after are found by their places.
CREATE TEMP TABLE purchase_win (
    place INTEGER PRIMARY KEY, deal_id INTEGER, customer TEXT, closed_at INTEGER, closed_day INTEGER
);
INSERT INTO purchase_win (deal_id, customer, closed_at, closed_day)
SELECT d.deal_id, d.customer, d.closed_at, d.closed_day
FROM owner_customer AS o CROSS JOIN fact_deal AS d ON d.customer = o.customer AND d.outcome = 'won'
ORDER BY o.customer, d.closed_at, d.deal_id;

CREATE TEMP TABLE purchase_life (place INTEGER PRIMARY KEY, first_win INTEGER, deal_id INTEGER);
INSERT INTO purchase_life (first_win, deal_id)
SELECT w.place, w.deal_id FROM purchase_win AS w LEFT JOIN purchase_win AS b ON b.place = w.place - 1
WHERE b.place IS NULL OR b.customer <> w.customer ORDER BY w.place;

-- The same in the order of deals, in which rows are read and written fastest.
CREATE TEMP TABLE purchase_number (
    deal_id INTEGER PRIMARY KEY, number INTEGER, next_at INTEGER, before_day INTEGER, first_deal_id INTEGER
);
INSERT INTO purchase_number
SELECT w.deal_id, w.place - l.first_win + 1, n.closed_at, b.closed_day, l.deal_id
FROM purchase_life AS l
LEFT JOIN purchase_life AS m ON m.place = l.place + 1
CROSS JOIN purchase_win AS w ON w.place >= l.first_win AND w.place < COALESCE(m.first_win, 9223372036854775807)
LEFT JOIN purchase_win AS n ON n.place = w.place + 1 AND n.place < COALESCE(m.first_win, 9223372036854775807)
LEFT JOIN purchase_win AS b ON b.place = w.place - 1 AND b.place >= l.first_win;

INSERT INTO fact_purchase
SELECT w.deal_id, w.customer, p.number, w.closed_at, w.closed_day, p.next_at,
       CASE WHEN p.before_day IS NOT NULL THEN day_number(w.closed_day) - day_number(p.before_day) END, w.money,
       (SELECT SUM(s.covered_money) FROM fact_product_sale AS s WHERE s.deal_id = w.deal_id),
       (SELECT SUM(s.purchase_money) FROM fact_product_sale AS s WHERE s.deal_id = w.deal_id),
       w.category_id, w.manager_id, w.source_id, w.utm_source, w.utm_medium, w.utm_campaign, w.currency_id,
       a.closed_day, a.category_id, a.manager_id, a.source_id, a.utm_source, a.utm_medium, a.utm_campaign,
       a.first_source_id, a.first_utm_campaign,
       w.won_date_approx, w.fx_approx, w.fx_unknown
FROM purchase_number AS p
CROSS JOIN fact_deal AS w ON w.deal_id = p.deal_id
CROSS JOIN fact_deal AS a ON a.deal_id = p.first_deal_id
ORDER BY p.deal_id;

CREATE INDEX fact_purchase_day ON fact_purchase (won_day, number);
