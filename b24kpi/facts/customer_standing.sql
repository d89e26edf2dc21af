-- fact: customer_standing
-- grain: one row per customer and time between two days of purchases, the time after the last included
-- owner: customer
-- needs: purchase
-- dimensions: pipeline=acquired_category_id, manager=acquired_manager_id, department=acquired_manager_id, source=acquired_source_id, utm_source=acquired_utm_source, utm_medium=acquired_utm_medium, utm_campaign=acquired_utm_campaign
-- flags: won_date_approx
-- How a customer stood on the evening before a day `d`, where won_day < d <= until_day: `deal_id` was his last purchase,
-- `purchases` and `money` are all that he had bought by then. Of several purchases on one day only the last has a row.
CREATE TABLE fact_customer_standing (
    deal_id INTEGER NOT NULL, customer TEXT NOT NULL,
    won_day INTEGER NOT NULL, won_number INTEGER NOT NULL, until_day INTEGER NOT NULL,
    purchases INTEGER NOT NULL, money INTEGER NOT NULL,
    acquired_day INTEGER NOT NULL, acquired_category_id INTEGER NOT NULL, acquired_manager_id INTEGER,
    acquired_source_id TEXT, acquired_utm_source TEXT, acquired_utm_medium TEXT, acquired_utm_campaign TEXT,
    won_date_approx INTEGER NOT NULL,
    PRIMARY KEY (until_day, deal_id)
) STRICT, WITHOUT ROWID;

INSERT INTO fact_customer_standing
WITH life AS (
    SELECT p.*, LEAD(p.won_day) OVER purchases AS next_day, SUM(p.money) OVER purchases AS total
    FROM owner_customer AS o CROSS JOIN fact_purchase AS p ON p.customer = o.customer
    WINDOW purchases AS (PARTITION BY p.customer ORDER BY p.number)
)
SELECT deal_id, customer, won_day, day_number(won_day), COALESCE(next_day, 99991231), number, total,
       acquired_day, acquired_category_id, acquired_manager_id, acquired_source_id,
       acquired_utm_source, acquired_utm_medium, acquired_utm_campaign, won_date_approx
FROM life WHERE next_day IS NULL OR next_day > won_day;

CREATE INDEX fact_customer_standing_customer ON fact_customer_standing (customer, until_day);
