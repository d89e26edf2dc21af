-- fact: customer_span
-- grain: one row per uninterrupted time for which a customer belongs to the base
-- owner: customer
-- needs: purchase
-- dimensions: pipeline=acquired_category_id, manager=acquired_manager_id, department=acquired_manager_id, source=acquired_source_id, utm_source=acquired_utm_source, utm_medium=acquired_utm_medium, utm_campaign=acquired_utm_campaign
-- flags: won_date_approx
-- A customer belongs to the base for W days (`base_days`) from the day of each purchase on; times that touch are one.
-- `deal_id` is the purchase that begins it, `left_day` the first day after it: on the evening before a day `d` the
-- customer is in the base where joined_day < d <= left_day. `…_number` are the same days, counted one by one.
CREATE TABLE fact_customer_span (
    deal_id INTEGER PRIMARY KEY, customer TEXT NOT NULL, acquired_day INTEGER NOT NULL,
    joined_day INTEGER NOT NULL, left_day INTEGER NOT NULL, joined_number INTEGER NOT NULL, left_number INTEGER NOT NULL,
    acquired_category_id INTEGER NOT NULL, acquired_manager_id INTEGER, acquired_source_id TEXT,
    acquired_utm_source TEXT, acquired_utm_medium TEXT, acquired_utm_campaign TEXT,
    won_date_approx INTEGER NOT NULL
) STRICT;
CREATE INDEX fact_customer_span_customer ON fact_customer_span (customer);
CREATE INDEX fact_customer_span_joined ON fact_customer_span (joined_day);

INSERT INTO fact_customer_span
WITH purchase AS (
    SELECT p.*, CASE WHEN p.gap_days <= base_days() THEN 0 ELSE 1 END AS is_beginning
    FROM owner_customer AS o CROSS JOIN fact_purchase AS p ON p.customer = o.customer
),
placed AS (
    SELECT p.*, SUM(p.is_beginning) OVER (PARTITION BY p.customer ORDER BY p.number) AS span FROM purchase AS p
),
span AS (
    SELECT customer, MIN(number) AS first_number, MAX(won_day) AS last_day, MAX(won_date_approx) AS won_date_approx
    FROM placed GROUP BY customer, span
)
SELECT p.deal_id, p.customer, p.acquired_day,
       p.won_day, days_later(s.last_day, base_days()), day_number(p.won_day), day_number(s.last_day) + base_days(),
       p.acquired_category_id, p.acquired_manager_id, p.acquired_source_id,
       p.acquired_utm_source, p.acquired_utm_medium, p.acquired_utm_campaign, s.won_date_approx
FROM span AS s JOIN placed AS p ON p.customer = s.customer AND p.number = s.first_number;
