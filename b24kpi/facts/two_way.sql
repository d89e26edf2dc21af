-- fact: two_way
-- grain: one row per contact in both directions, and per inquiry that was answered
-- owner: none
-- key: kind, party, number
-- needs: touch, response
-- A call or chat that was taken, a meeting that was held (`kind` is contact, `number` that of the activity), or an inquiry
-- that was answered (answer).
CREATE VIEW fact_two_way (kind, party, number, day) AS
SELECT 'contact', t.party, t.activity_id, t.day FROM fact_touch AS t WHERE t.is_mutual = 1
UNION ALL
SELECT 'answer', r.party, r.number, r.answered_day FROM fact_response AS r WHERE r.answered_day IS NOT NULL;
