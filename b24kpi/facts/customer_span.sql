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

-- Purchases in the order of customers and time: one time in the base ends before the next one begins.
CREATE TEMP TABLE customer_span_purchase (
    place INTEGER PRIMARY KEY, deal_id INTEGER, won_day INTEGER, is_beginning INTEGER, won_date_approx INTEGER
);
INSERT INTO customer_span_purchase (deal_id, won_day, is_beginning, won_date_approx)
SELECT p.deal_id, p.won_day, CASE WHEN p.gap_days <= base_days() THEN 0 ELSE 1 END, p.won_date_approx
FROM owner_customer AS o CROSS JOIN fact_purchase AS p ON p.customer = o.customer
ORDER BY o.customer, p.number;

CREATE TEMP TABLE customer_span_begin (number INTEGER PRIMARY KEY, place INTEGER);
INSERT INTO customer_span_begin (place) SELECT p.place FROM customer_span_purchase AS p WHERE p.is_beginning = 1 ORDER BY p.place;

INSERT INTO fact_customer_span
WITH span AS MATERIALIZED (
    SELECT f.deal_id, MAX(p.won_date_approx) AS won_date_approx,
           day_number(f.won_day) AS joined_number, day_number(MAX(p.won_day)) + base_days() AS left_number
    FROM customer_span_begin AS b
    CROSS JOIN customer_span_purchase AS f ON f.place = b.place
    LEFT JOIN customer_span_begin AS n ON n.number = b.number + 1
    CROSS JOIN customer_span_purchase AS p ON p.place >= b.place AND p.place < COALESCE(n.place, 9223372036854775807)
    GROUP BY b.number
)
SELECT s.deal_id, p.customer, p.acquired_day, p.won_day, number_day(s.left_number), s.joined_number, s.left_number,
       p.acquired_category_id, p.acquired_manager_id, p.acquired_source_id,
       p.acquired_utm_source, p.acquired_utm_medium, p.acquired_utm_campaign, s.won_date_approx
FROM span AS s CROSS JOIN fact_purchase AS p ON p.deal_id = s.deal_id
ORDER BY s.left_number, s.deal_id;
