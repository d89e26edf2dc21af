-- fact: reach
-- grain: one row per time that we turned to a customer
-- owner: none
-- key: activity_id
-- needs: touch
-- dimensions: manager=manager_id, department=manager_id, source=source_id, channel=channel
-- He answered if he took the call or came to the meeting, or turned to us before `settled_at`.
CREATE VIEW fact_reach (
    activity_id, party, at, day, settled_at, is_answered, channel, deal_id, lead_id, manager_id, source_id
) AS
SELECT t.activity_id, t.party, t.at, t.day, t.settled_at,
       CASE WHEN t.is_mutual = 1 OR EXISTS (
           SELECT 1 FROM fact_touch AS r
           WHERE r.party = t.party AND r.direction = 'in' AND r.at >= t.at AND r.at <= t.settled_at)
       THEN 1 ELSE 0 END,
       t.channel, t.deal_id, t.lead_id, t.manager_id, t.source_id
FROM fact_touch AS t WHERE t.direction = 'out';
