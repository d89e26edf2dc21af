-- fact: product_sale
-- grain: one row per product row of a won deal, and one for a won deal without rows
-- owner: deal
-- needs: deal
-- dimensions: pipeline=category_id, manager=manager_id, department=manager_id, source=source_id, utm_source=utm_source, utm_medium=utm_medium, utm_campaign=utm_campaign, currency=currency_id, customer_kind=deal_id, product=product, point=manager_id
-- flags: won_date_approx, fx_approx, fx_unknown
-- on demand: fact_product_sale_day
-- The deal's money is split by the amounts of its rows, price × quantity; what rounding leaves goes to the row with the
-- largest amount, of equal ones to the first, and all of it where the amounts add up to nothing. `product` is the id in
-- the catalogue, else the name written in the row; NULL without rows. `quantity` is in ten-thousandths; `products` counts
-- the different products of the deal. `purchase_money` is what the row cost to buy, at the purchase price that the cache
-- knew at the win, as far as it goes back; a price of 0 is one that nobody has entered. `covered_money` is the
-- row's money where that is known, else 0.
CREATE TABLE fact_product_sale (
    deal_id INTEGER NOT NULL, row_id INTEGER NOT NULL, has_row INTEGER NOT NULL, product TEXT, products INTEGER NOT NULL,
    won_at INTEGER NOT NULL, won_day INTEGER NOT NULL, quantity INTEGER NOT NULL,
    money INTEGER NOT NULL, covered_money INTEGER NOT NULL, purchase_money INTEGER NOT NULL,
    customer TEXT, category_id INTEGER NOT NULL, manager_id INTEGER, source_id TEXT,
    utm_source TEXT, utm_medium TEXT, utm_campaign TEXT, currency_id TEXT, first_source_id TEXT, first_utm_campaign TEXT,
    won_date_approx INTEGER NOT NULL, fx_approx INTEGER NOT NULL, fx_unknown INTEGER NOT NULL,
    PRIMARY KEY (deal_id, row_id)
) STRICT;

INSERT INTO fact_product_sale
WITH item AS (
    SELECT d.deal_id, r.id AS row_id, r.product_id,
           CASE WHEN r.product_id > 0 THEN CAST(r.product_id AS TEXT) ELSE 'name:' || COALESCE(r.product_name, '') END AS product,
           COALESCE(r.quantity, 0) AS quantity, row_amount(r.price, r.quantity) AS amount
    FROM owner AS o
    CROSS JOIN fact_deal AS d ON d.deal_id = o.id AND d.outcome = 'won'
    CROSS JOIN product_row AS r ON r.owner_id = d.deal_id AND r.owner_type_id = 2 AND r.deleted_at IS NULL
),
deal_sum AS (
    SELECT deal_id, SUM(amount) AS amount, COUNT(DISTINCT product) AS products FROM item GROUP BY deal_id
),
placed AS (
    SELECT i.*, s.amount AS deal_amount, s.products, d.money AS deal_money,
           ROW_NUMBER() OVER (PARTITION BY i.deal_id ORDER BY i.amount DESC, i.row_id) AS place,
           share_of(d.money, i.amount, s.amount) AS share
    FROM item AS i JOIN deal_sum AS s ON s.deal_id = i.deal_id JOIN fact_deal AS d ON d.deal_id = i.deal_id
),
split AS (
    SELECT p.*, p.share + CASE WHEN p.place = 1
               THEN p.deal_money - SUM(p.share) OVER (PARTITION BY p.deal_id) ELSE 0 END AS money
    FROM placed AS p
),
priced AS (
    SELECT s.deal_id, s.row_id, s.quantity, d.closed_day,
           COALESCE((SELECT h.purchasing_price FROM product_history AS h
                     WHERE h.id = s.product_id AND h.valid_to >= d.closed_at AND h.purchasing_price > 0
                     ORDER BY h.valid_to LIMIT 1),
                    (SELECT p.purchasing_price FROM product AS p WHERE p.id = s.product_id AND p.purchasing_price > 0),
                    (SELECT h.purchasing_price FROM offer_history AS h
                     WHERE h.id = s.product_id AND h.valid_to >= d.closed_at AND h.purchasing_price > 0
                     ORDER BY h.valid_to LIMIT 1),
                    (SELECT p.purchasing_price FROM offer AS p WHERE p.id = s.product_id AND p.purchasing_price > 0)) AS price,
           COALESCE((SELECT COALESCE(h.purchasing_currency, '') FROM product_history AS h
                     WHERE h.id = s.product_id AND h.valid_to >= d.closed_at AND h.purchasing_price > 0
                     ORDER BY h.valid_to LIMIT 1),
                    (SELECT COALESCE(p.purchasing_currency, '') FROM product AS p WHERE p.id = s.product_id AND p.purchasing_price > 0),
                    (SELECT COALESCE(h.purchasing_currency, '') FROM offer_history AS h
                     WHERE h.id = s.product_id AND h.valid_to >= d.closed_at AND h.purchasing_price > 0
                     ORDER BY h.valid_to LIMIT 1),
                    (SELECT COALESCE(p.purchasing_currency, '') FROM offer AS p WHERE p.id = s.product_id AND p.purchasing_price > 0)) AS currency
    FROM split AS s JOIN fact_deal AS d ON d.deal_id = s.deal_id
),
bought AS (
    SELECT deal_id, row_id, to_report(row_amount(price, quantity), currency, closed_day) AS purchase_money
    FROM priced WHERE price > 0 AND NOT fx_unknown(currency)
)
SELECT d.deal_id, COALESCE(s.row_id, 0), s.row_id IS NOT NULL, s.product, COALESCE(s.products, 0),
       d.closed_at, d.closed_day, COALESCE(s.quantity, 0), COALESCE(s.money, d.money),
       CASE WHEN b.deal_id IS NULL THEN 0 ELSE s.money END, COALESCE(b.purchase_money, 0),
       d.customer, d.category_id, d.manager_id, d.source_id, d.utm_source, d.utm_medium, d.utm_campaign, d.currency_id,
       d.first_source_id, d.first_utm_campaign, d.won_date_approx, d.fx_approx, d.fx_unknown
FROM owner AS o
CROSS JOIN fact_deal AS d ON d.deal_id = o.id AND d.outcome = 'won'
LEFT JOIN split AS s ON s.deal_id = d.deal_id
LEFT JOIN bought AS b ON b.deal_id = s.deal_id AND b.row_id = s.row_id;

CREATE INDEX fact_product_sale_day ON fact_product_sale (won_day);
