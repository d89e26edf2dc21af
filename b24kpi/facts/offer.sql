-- fact: offer
-- grain: one row per customer and day on which he got a personal offer; without a day, if by lot he was to get none
-- owner: all
-- needs: deal, lead_card
-- The offer may be noted on the customer's deal, lead, contact or company; twice on one day is once. `day` 0: held out.
CREATE TABLE fact_offer (
    customer TEXT NOT NULL, day INTEGER NOT NULL, day_number INTEGER NOT NULL, PRIMARY KEY (customer, day)
) STRICT, WITHOUT ROWID;

INSERT INTO fact_offer
WITH noted AS (
    SELECT COALESCE(d.customer, 'deal:' || m.id) AS customer, m.offered, m.is_held_out
    FROM mapped_offer AS m CROSS JOIN fact_deal AS d ON d.deal_id = m.id WHERE m.stream = 'deal'
    UNION ALL
    SELECT l.party, m.offered, m.is_held_out
    FROM mapped_offer AS m CROSS JOIN fact_lead_card AS l ON l.lead_id = m.id WHERE m.stream = 'lead'
    UNION ALL
    SELECT m.stream || ':' || m.id, m.offered, m.is_held_out
    FROM mapped_offer AS m WHERE m.stream IN ('contact', 'company')
),
dated AS (
    SELECT customer, CASE WHEN is_held_out = 1 THEN 0 ELSE local_day(moment_of(offered)) END AS day FROM noted
)
SELECT DISTINCT customer, day, CASE WHEN day > 0 THEN day_number(day) ELSE 0 END FROM dated WHERE day IS NOT NULL;

CREATE INDEX fact_offer_day ON fact_offer (day);
