-- fact: handling
-- grain: one row per contact, with the working time that it took
-- owner: party
-- needs: touch
-- dimensions: manager=manager_id, department=manager_id, source=source_id, channel=channel
-- Calls tell how long one talked; letters, chats and meetings take so long as the settings say. `is_cold`: the party was
-- first turned to by us. `is_wasted`: it is cold, has never bought, and either failed (a deal lost or a lead rejected, none
-- open) or has had five contacts or more without once answering.
CREATE TABLE fact_handling (
    activity_id INTEGER PRIMARY KEY, party TEXT NOT NULL, day INTEGER NOT NULL, seconds INTEGER NOT NULL,
    is_cold INTEGER NOT NULL, is_wasted INTEGER NOT NULL, channel TEXT NOT NULL,
    deal_id INTEGER, lead_id INTEGER, manager_id INTEGER, source_id TEXT
) STRICT;
CREATE INDEX fact_handling_day ON fact_handling (day);
CREATE INDEX fact_handling_party ON fact_handling (party);

INSERT INTO fact_handling
WITH deal_of_party AS (
    SELECT o.party, d.outcome FROM owner_party AS o CROSS JOIN fact_deal AS d ON d.customer = o.party
    UNION ALL
    SELECT o.party, d.outcome
    FROM owner_party AS o CROSS JOIN fact_lead_card AS l ON l.party = o.party
    CROSS JOIN fact_deal AS d ON d.lead_id = l.lead_id AND d.customer IS NULL
    UNION ALL
    SELECT o.party, d.outcome
    FROM owner_party AS o CROSS JOIN fact_deal AS d ON d.deal_id = CAST(substr(o.party, 6) AS INTEGER)
    WHERE o.party LIKE 'deal:%' AND d.customer IS NULL
    UNION ALL
    SELECT o.party, d.outcome
    FROM owner_party AS o CROSS JOIN fact_deal AS d ON d.lead_id = CAST(substr(o.party, 6) AS INTEGER)
    WHERE o.party LIKE 'lead:%' AND d.customer IS NULL
),
card AS (
    SELECT party, outcome = 'open' AS is_open, outcome = 'won' AS is_won, outcome = 'lost' AS is_failed FROM deal_of_party
    UNION ALL
    SELECT o.party, l.finished_at IS NULL, 0, l.finished_at IS NOT NULL AND l.is_converted = 0
    FROM owner_party AS o CROSS JOIN fact_lead_card AS l ON l.party = o.party
),
fate AS (
    SELECT party, MAX(is_won) AS is_won, MAX(is_failed) > MAX(is_open) AS is_failed FROM card GROUP BY party
),
course AS (
    SELECT t.party, COUNT(*) AS contacts, MAX(t.direction = 'in' OR t.is_mutual = 1) AS has_answered
    FROM owner_party AS o CROSS JOIN fact_touch AS t ON t.party = o.party GROUP BY t.party
),
verdict AS (
    SELECT c.party,
           (SELECT t.direction = 'out' FROM fact_touch AS t WHERE t.party = c.party ORDER BY t.at, t.activity_id LIMIT 1) AS is_cold,
           COALESCE(f.is_won, 0) = 0 AND (COALESCE(f.is_failed, 0) = 1 OR c.contacts >= 5 AND c.has_answered = 0) AS is_vain
    FROM course AS c LEFT JOIN fate AS f ON f.party = c.party
)
SELECT t.activity_id, t.party, t.day,
       CASE t.channel WHEN 'call' THEN t.seconds WHEN 'form' THEN 0 ELSE contact_seconds(t.channel) END,
       v.is_cold, CASE WHEN v.is_cold = 1 AND v.is_vain = 1 THEN 1 ELSE 0 END, t.channel,
       t.deal_id, t.lead_id, t.manager_id, t.source_id
FROM verdict AS v CROSS JOIN fact_touch AS t ON t.party = v.party;
