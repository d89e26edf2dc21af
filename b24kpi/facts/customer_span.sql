-- fact: customer_span
-- grain: one row per uninterrupted time for which a customer belongs to the base
-- owner: customer
-- needs: purchase
-- dimensions: pipeline=acquired_category_id, manager=acquired_manager_id, department=acquired_manager_id, source=acquired_source_id, utm_source=acquired_utm_source, utm_medium=acquired_utm_medium, utm_campaign=acquired_utm_campaign
-- flags: won_date_approx
-- A customer belongs to the base for W days (`base_days`) from the day of each purchase on; times that touch are one.
-- `deal_id` is the purchase that begins it, `left_day` the first day after it: on the evening before a day `d` the
-- customer is in the base where joined_day < d <= left_day. `…_number` are the same days, counted one by one.
-- Rows lie in the order of leaving, since the base of an evening is looked for among those who have not left by then.
CREATE TABLE fact_customer_span (
    deal_id INTEGER NOT NULL, customer TEXT NOT NULL, acquired_day INTEGER NOT NULL,
    joined_day INTEGER NOT NULL, left_day INTEGER NOT NULL, joined_number INTEGER NOT NULL, left_number INTEGER NOT NULL,
    acquired_category_id INTEGER NOT NULL, acquired_manager_id INTEGER, acquired_source_id TEXT,
    acquired_utm_source TEXT, acquired_utm_medium TEXT, acquired_utm_campaign TEXT,
    won_date_approx INTEGER NOT NULL,
    PRIMARY KEY (left_day, deal_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX fact_customer_span_customer ON fact_customer_span (customer);

INSERT INTO fact_customer_span
WITH purchase AS (
    SELECT p.*, CASE WHEN p.gap_days <= base_days() THEN 0 ELSE 1 END AS is_beginning
    FROM owner_customer AS o CROSS JOIN fact_purchase AS p ON p.customer = o.customer
),
placed AS (
    SELECT p.*, SUM(p.is_beginning) OVER (PARTITION BY p.customer ORDER BY p.number) AS span FROM purchase AS p
),
span AS (
    -- What is acquired is the same for all purchases of a customer.
    SELECT customer, MAX(CASE WHEN is_beginning = 1 THEN deal_id END) AS deal_id, MIN(acquired_day) AS acquired_day,
           MIN(won_day) AS joined_day, day_number(MIN(won_day)) AS joined_number,
           day_number(MAX(won_day)) + base_days() AS left_number,
           MIN(acquired_category_id) AS category_id, MIN(acquired_manager_id) AS manager_id,
           MIN(acquired_source_id) AS source_id, MIN(acquired_utm_source) AS utm_source,
           MIN(acquired_utm_medium) AS utm_medium, MIN(acquired_utm_campaign) AS utm_campaign,
           MAX(won_date_approx) AS won_date_approx
    FROM placed GROUP BY customer, span
)
SELECT deal_id, customer, acquired_day, joined_day, number_day(left_number), joined_number, left_number,
       category_id, manager_id, source_id, utm_source, utm_medium, utm_campaign, won_date_approx
FROM span ORDER BY left_number;
