-- fact: two_way
-- grain: one row per party and day on which there was contact in both directions
-- owner: party
-- needs: response
-- A call or chat that was taken, a meeting that was held, or an inquiry that was answered.
CREATE TABLE fact_two_way (
    party TEXT NOT NULL, day INTEGER NOT NULL, PRIMARY KEY (party, day)
) STRICT, WITHOUT ROWID;

INSERT INTO fact_two_way
SELECT t.party, t.day
FROM owner_party AS o CROSS JOIN fact_touch AS t ON t.party = o.party WHERE t.is_mutual = 1
UNION
SELECT r.party, r.answered_day
FROM owner_party AS o CROSS JOIN fact_response AS r ON r.party = o.party WHERE r.answered_day IS NOT NULL;
