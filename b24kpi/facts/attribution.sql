-- fact: attribution
-- grain: one row per won deal, rule of attribution, and touch that gets a part of the deal by it
-- owner: none
-- key: deal_id, rule, place
-- needs: journey
-- dimensions: pipeline=category_id, manager=manager_id, department=manager_id, source=source_id, utm_source=utm_source, utm_medium=utm_medium, utm_campaign=utm_campaign
-- flags: won_date_approx, fx_approx, fx_unknown
-- For each rule the parts of a deal add up to it, to the hundredth: first, last: all to that touch; linear: the same to each;
-- position: 40 % to the first, 40 % to the last, the rest to those between in equal parts, of two touches half to each.
-- What rounding leaves goes to the first touch. A touch that tells no source is what cannot be attributed.
CREATE VIEW fact_attribution (
    deal_id, rule, place, places, kind, touched_at, touched_day, source_id, utm_source, utm_medium, utm_campaign,
    began_at, began_day, won_at, won_day, days, money, covered_money, purchase_money,
    customer, category_id, manager_id, won_date_approx, fx_approx, fx_unknown
) AS
WITH weight AS (
    -- What a touch between gets, and what the last one gets: parts of so many parts.
    SELECT j.*, r.rule, j.places - 2 AS between_them,
           CASE r.rule WHEN 'linear' THEN 1 WHEN 'position' THEN 1 ELSE 0 END AS up,
           CASE r.rule WHEN 'position' THEN 5 * (j.places - 2) ELSE j.places END AS down,
           CASE WHEN r.rule = 'first' OR j.places = 1 THEN 0 WHEN r.rule = 'position' AND j.places > 2 THEN 2 ELSE 1 END AS last_up,
           CASE r.rule WHEN 'last' THEN 1 WHEN 'linear' THEN j.places ELSE CASE WHEN j.places > 2 THEN 5 ELSE 2 END END AS last_down
    FROM fact_journey AS j
    CROSS JOIN (SELECT 'first' AS rule UNION ALL SELECT 'last' UNION ALL SELECT 'linear' UNION ALL SELECT 'position') AS r
    WHERE r.rule IN ('linear', 'position') OR j.place = CASE r.rule WHEN 'first' THEN 1 ELSE j.places END
)
SELECT w.deal_id, w.rule, w.place, w.places, w.kind, w.touched_at, w.touched_day,
       w.source_id, w.utm_source, w.utm_medium, w.utm_campaign, w.began_at, w.began_day, w.won_at, w.won_day, w.days,
       CASE WHEN w.place = 1 THEN w.money - w.money * w.last_up / w.last_down
                 - CASE WHEN w.between_them > 0 THEN w.between_them * (w.money * w.up / w.down) ELSE 0 END
            WHEN w.place = w.places THEN w.money * w.last_up / w.last_down ELSE w.money * w.up / w.down END,
       CASE WHEN w.place = 1 THEN w.covered_money - w.covered_money * w.last_up / w.last_down
                 - CASE WHEN w.between_them > 0 THEN w.between_them * (w.covered_money * w.up / w.down) ELSE 0 END
            WHEN w.place = w.places THEN w.covered_money * w.last_up / w.last_down ELSE w.covered_money * w.up / w.down END,
       CASE WHEN w.place = 1 THEN w.purchase_money - w.purchase_money * w.last_up / w.last_down
                 - CASE WHEN w.between_them > 0 THEN w.between_them * (w.purchase_money * w.up / w.down) ELSE 0 END
            WHEN w.place = w.places THEN w.purchase_money * w.last_up / w.last_down ELSE w.purchase_money * w.up / w.down END,
       w.customer, w.category_id, w.manager_id, w.won_date_approx, w.fx_approx, w.fx_unknown
FROM weight AS w;
