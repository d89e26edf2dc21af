-- fact: reach
-- grain: one row per time that we turned to a customer
-- owner: party
-- needs: touch
-- dimensions: manager=manager_id, department=manager_id, source=source_id, channel=channel
-- He answered if he took the call or came to the meeting, or turned to us before `settled_at`.
CREATE TABLE fact_reach (
    activity_id INTEGER PRIMARY KEY, party TEXT NOT NULL, at INTEGER NOT NULL, day INTEGER NOT NULL,
    settled_at INTEGER NOT NULL, is_answered INTEGER NOT NULL, channel TEXT NOT NULL,
    deal_id INTEGER, lead_id INTEGER, manager_id INTEGER, source_id TEXT
) STRICT;
CREATE INDEX fact_reach_day ON fact_reach (day);
CREATE INDEX fact_reach_party ON fact_reach (party);

INSERT INTO fact_reach
SELECT t.activity_id, t.party, t.at, t.day, t.at + repeat_within(),
       CASE WHEN t.is_mutual = 1 OR EXISTS (
           SELECT 1 FROM fact_touch AS r
           WHERE r.party = t.party AND r.direction = 'in' AND r.at >= t.at AND r.at <= t.at + repeat_within())
       THEN 1 ELSE 0 END,
       t.channel, t.deal_id, t.lead_id, t.manager_id, t.source_id
FROM owner_party AS o CROSS JOIN fact_touch AS t ON t.party = o.party
WHERE t.direction = 'out';
