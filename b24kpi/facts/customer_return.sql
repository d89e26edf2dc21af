-- fact: customer_return
-- grain: one row per time for which a customer belongs to the base and a later one
-- owner: customer
-- needs: customer_span
-- dimensions: pipeline=acquired_category_id, manager=acquired_manager_id, department=acquired_manager_id, source=acquired_source_id, utm_source=acquired_utm_source, utm_medium=acquired_utm_medium, utm_campaign=acquired_utm_campaign
-- flags: won_date_approx
-- Who is in the base at both ends of a period may have left and come back in between: of his times in the base one
-- covers the beginning, joined_day to left_day, and a later one the end, back_day to gone_day. `deal_id` began the later.
CREATE TABLE fact_customer_return (
    deal_id INTEGER NOT NULL, customer TEXT NOT NULL,
    joined_day INTEGER NOT NULL, left_day INTEGER NOT NULL, back_day INTEGER NOT NULL, gone_day INTEGER NOT NULL,
    acquired_category_id INTEGER NOT NULL, acquired_manager_id INTEGER, acquired_source_id TEXT,
    acquired_utm_source TEXT, acquired_utm_medium TEXT, acquired_utm_campaign TEXT,
    won_date_approx INTEGER NOT NULL,
    PRIMARY KEY (gone_day, deal_id, joined_day)
) STRICT, WITHOUT ROWID;

INSERT INTO fact_customer_return
SELECT b.deal_id, b.customer, a.joined_day, a.left_day, b.joined_day, b.left_day,
       b.acquired_category_id, b.acquired_manager_id, b.acquired_source_id,
       b.acquired_utm_source, b.acquired_utm_medium, b.acquired_utm_campaign, MAX(a.won_date_approx, b.won_date_approx)
FROM owner_customer AS o
CROSS JOIN fact_customer_span AS a ON a.customer = o.customer
CROSS JOIN fact_customer_span AS b ON b.customer = a.customer AND b.joined_day > a.joined_day;

CREATE INDEX fact_customer_return_customer ON fact_customer_return (customer);
