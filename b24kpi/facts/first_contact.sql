-- fact: first_contact
-- grain: one row per party, with its first contact and its first purchase
-- owner: party
-- needs: touch
-- dimensions: manager=manager_id, department=manager_id, source=source_id
-- The first contact is the earliest of its leads, contacts by call, letter and so on, and deals; the dimensions are those of
-- whatever that was.
CREATE TABLE fact_first_contact (
    party TEXT PRIMARY KEY, at INTEGER NOT NULL, day INTEGER NOT NULL, won_at INTEGER, outcome TEXT NOT NULL,
    deal_id INTEGER, lead_id INTEGER, manager_id INTEGER, source_id TEXT
) STRICT;
CREATE INDEX fact_first_contact_day ON fact_first_contact (day);

INSERT INTO fact_first_contact
WITH contact AS (
    SELECT l.party, l.created_at AS at, 1 AS sort, l.lead_id AS id, NULL AS deal_id, l.lead_id, l.manager_id, l.source_id
    FROM owner_party AS o CROSS JOIN fact_lead_card AS l ON l.party = o.party
    UNION ALL
    SELECT t.party, t.at, 2, t.activity_id, t.deal_id, t.lead_id, t.manager_id, t.source_id
    FROM owner_party AS o CROSS JOIN fact_touch AS t ON t.party = o.party
    UNION ALL
    SELECT d.customer, d.created_at, 3, d.deal_id, d.deal_id, NULL, d.created_manager_id, d.source_id
    FROM owner_party AS o CROSS JOIN fact_deal AS d ON d.customer = o.party
),
placed AS (
    SELECT c.*, ROW_NUMBER() OVER (PARTITION BY c.party ORDER BY c.at, c.sort, c.id) AS place FROM contact AS c
)
SELECT p.party, p.at, local_day(p.at), w.won_at, CASE WHEN w.won_at IS NULL THEN 'open' ELSE 'won' END,
       p.deal_id, p.lead_id, p.manager_id, p.source_id
FROM placed AS p LEFT JOIN fact_purchase AS w ON w.customer = p.party AND w.number = 1
WHERE p.place = 1;
