-- fact: first_contact
-- grain: one row per party, with its first contact, its first purchase and what the contacts came to
-- owner: party
-- needs: touch
-- dimensions: manager=manager_id, department=manager_id, source=source_id
-- The first contact is the earliest of its leads, contacts by call, letter and so on, and deals; the dimensions are those of
-- whatever that was. `is_cold`: of calls, letters and so on, the first one was ours. `is_wasted`: it is cold, has never
-- bought, and either failed (a deal lost or a lead rejected, none open) or has had five contacts or more without once
-- answering.
CREATE TABLE fact_first_contact (
    party TEXT PRIMARY KEY, at INTEGER NOT NULL, day INTEGER NOT NULL, won_at INTEGER, outcome TEXT NOT NULL,
    is_cold INTEGER NOT NULL, is_wasted INTEGER NOT NULL,
    deal_id INTEGER, lead_id INTEGER, manager_id INTEGER, source_id TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS fact_deal_customer ON fact_deal (customer, created_at, source_id) WHERE customer IS NOT NULL;

CREATE TEMP TABLE first_contact_course (
    party TEXT PRIMARY KEY, contacts INTEGER, has_answered INTEGER, is_cold INTEGER
) WITHOUT ROWID;
INSERT INTO first_contact_course
SELECT o.party, COUNT(*), MAX(t.direction = 'in' OR t.is_mutual = 1),
       (SELECT f.direction = 'out' FROM fact_touch AS f WHERE f.party = o.party ORDER BY f.at, f.activity_id LIMIT 1)
FROM owner_party AS o CROSS JOIN fact_touch AS t ON t.party = o.party
GROUP BY o.rowid;

-- What became of the cold ones: of their deals, those of nobody's found by the lead or the party itself, and leads.
CREATE TEMP TABLE first_contact_fate (party TEXT PRIMARY KEY, is_won INTEGER, is_failed INTEGER) WITHOUT ROWID;
INSERT INTO first_contact_fate
WITH cold AS (SELECT c.party FROM first_contact_course AS c WHERE c.is_cold = 1),
deal_of_party AS (
    SELECT o.party, d.outcome FROM cold AS o CROSS JOIN fact_deal AS d ON d.customer = o.party
    UNION ALL
    SELECT o.party, d.outcome
    FROM cold AS o CROSS JOIN fact_lead_card AS l ON l.party = o.party
    CROSS JOIN fact_deal AS d ON d.lead_id = l.lead_id AND d.customer IS NULL
    UNION ALL
    SELECT o.party, d.outcome
    FROM cold AS o CROSS JOIN fact_deal AS d ON d.deal_id = CAST(substr(o.party, 6) AS INTEGER)
    WHERE o.party LIKE 'deal:%' AND d.customer IS NULL
    UNION ALL
    SELECT o.party, d.outcome
    FROM cold AS o CROSS JOIN fact_deal AS d ON d.lead_id = CAST(substr(o.party, 6) AS INTEGER)
    WHERE o.party LIKE 'lead:%' AND d.customer IS NULL
),
card AS (
    SELECT party, outcome = 'open' AS is_open, outcome = 'won' AS is_won, outcome = 'lost' AS is_failed FROM deal_of_party
    UNION ALL
    SELECT o.party, l.finished_at IS NULL, 0, l.finished_at IS NOT NULL AND l.is_converted = 0
    FROM cold AS o CROSS JOIN fact_lead_card AS l ON l.party = o.party
)
SELECT party, MAX(is_won), MAX(is_failed) > MAX(is_open) FROM card GROUP BY party;

-- The earliest of each kind; of what is equally early leads come before contacts, and these before deals.
CREATE TEMP TABLE first_contact_place (
    place INTEGER PRIMARY KEY, party TEXT, at INTEGER, sort INTEGER, id INTEGER
);
INSERT INTO first_contact_place (party, at, sort, id)
WITH earliest AS (
    SELECT o.party,
           (SELECT l.lead_id FROM fact_lead_card AS l WHERE l.party = o.party ORDER BY l.created_at, l.lead_id LIMIT 1) AS lead_id,
           (SELECT t.activity_id FROM fact_touch AS t WHERE t.party = o.party ORDER BY t.at, t.activity_id LIMIT 1) AS activity_id,
           (SELECT d.deal_id FROM fact_deal AS d WHERE d.customer = o.party ORDER BY d.created_at, d.deal_id LIMIT 1) AS deal_id
    FROM owner_party AS o
),
moment AS (
    SELECT e.*, COALESCE(l.created_at, 9223372036854775807) AS lead_at, COALESCE(t.at, 9223372036854775807) AS touch_at,
           COALESCE(d.created_at, 9223372036854775807) AS deal_at
    FROM earliest AS e
    LEFT JOIN fact_lead_card AS l ON l.lead_id = e.lead_id
    LEFT JOIN fact_touch AS t ON t.activity_id = e.activity_id
    LEFT JOIN fact_deal AS d ON d.deal_id = e.deal_id
),
placed AS (
    SELECT m.*, CASE WHEN m.lead_at <= m.touch_at AND m.lead_at <= m.deal_at THEN 1
                     WHEN m.touch_at <= m.deal_at THEN 2 ELSE 3 END AS sort
    FROM moment AS m
)
SELECT p.party, MIN(p.lead_at, p.touch_at, p.deal_at), p.sort,
       CASE p.sort WHEN 1 THEN p.lead_id WHEN 2 THEN p.activity_id ELSE p.deal_id END
FROM placed AS p WHERE COALESCE(p.lead_id, p.activity_id, p.deal_id) IS NOT NULL;

INSERT INTO fact_first_contact
SELECT p.party, p.at, COALESCE(CASE WHEN p.at < y.border THEN y.before ELSE y.after END, local_day(p.at)), w.won_at, CASE WHEN w.won_at IS NULL THEN 'open' ELSE 'won' END,
       COALESCE(c.is_cold, 0),
       COALESCE(c.is_cold = 1 AND COALESCE(f.is_won, 0) = 0
                AND (COALESCE(f.is_failed, 0) = 1 OR c.contacts >= 5 AND c.has_answered = 0), 0),
       CASE p.sort WHEN 2 THEN t.deal_id WHEN 3 THEN p.id END,
       CASE p.sort WHEN 1 THEN p.id WHEN 2 THEN t.lead_id END,
       CASE p.sort WHEN 1 THEN l.manager_id WHEN 2 THEN t.manager_id ELSE d.created_manager_id END,
       CASE p.sort WHEN 1 THEN l.source_id WHEN 2 THEN t.source_id ELSE d.source_id END
FROM first_contact_place AS p
LEFT JOIN fact_purchase AS w ON w.customer = p.party AND w.number = 1
LEFT JOIN first_contact_course AS c ON c.party = p.party
LEFT JOIN first_contact_fate AS f ON f.party = p.party
LEFT JOIN fact_lead_card AS l ON l.lead_id = CASE WHEN p.sort = 1 THEN p.id END
LEFT JOIN fact_touch AS t ON t.activity_id = CASE WHEN p.sort = 2 THEN p.id END
LEFT JOIN fact_deal AS d ON d.deal_id = CASE WHEN p.sort = 3 THEN p.id END
LEFT JOIN day_border AS y ON y.number = p.at / 86400;

CREATE INDEX fact_first_contact_day ON fact_first_contact (day);
