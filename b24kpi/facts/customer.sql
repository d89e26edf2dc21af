-- fact: customer
-- grain: one row per customer with a purchase
-- owner: customer
-- needs: purchase
-- dimensions: pipeline=category_id, manager=manager_id, department=manager_id, source=source_id, utm_source=utm_source, utm_medium=utm_medium, utm_campaign=utm_campaign
-- flags: won_date_approx
-- `deal_id` and the dimensions are those of his first purchase. `lost_at` is the moment at which he leaves the base unless
-- he buys again: so many days of 24 hours after his last purchase as a customer belongs to the base. It may lie ahead.
CREATE TABLE fact_customer (
    customer TEXT PRIMARY KEY, deal_id INTEGER NOT NULL, purchases INTEGER NOT NULL,
    won_at INTEGER NOT NULL, won_day INTEGER NOT NULL, lost_at INTEGER NOT NULL,
    category_id INTEGER NOT NULL, manager_id INTEGER, source_id TEXT, utm_source TEXT, utm_medium TEXT, utm_campaign TEXT,
    won_date_approx INTEGER NOT NULL
) STRICT;

INSERT INTO fact_customer
SELECT p.customer, p.deal_id, (SELECT COUNT(*) FROM fact_purchase AS every WHERE every.customer = p.customer),
       p.won_at, p.won_day,
       (SELECT MAX(last.won_at) FROM fact_purchase AS last WHERE last.customer = p.customer) + 86400 * base_days(),
       p.category_id, p.manager_id, p.source_id, p.utm_source, p.utm_medium, p.utm_campaign, p.won_date_approx
FROM owner_customer AS o CROSS JOIN fact_purchase AS p ON p.customer = o.customer
WHERE p.number = 1;

CREATE INDEX fact_customer_day ON fact_customer (won_day);
