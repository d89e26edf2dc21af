-- fact: handling
-- grain: one row per contact, with the working time that it took
-- owner: none
-- key: activity_id
-- needs: first_contact
-- dimensions: manager=manager_id, department=manager_id, source=source_id, channel=channel
-- Calls tell how long one talked; letters, chats and meetings take so long as the settings say. `is_cold`: the party was
-- first turned to by us. `is_wasted`: in vain, see first_contact.
CREATE VIEW fact_handling (
    activity_id, party, day, seconds, is_cold, is_wasted, channel, deal_id, lead_id, manager_id, source_id
) AS
SELECT t.activity_id, t.party, t.day, t.work_seconds, c.is_cold, c.is_wasted, t.channel,
       t.deal_id, t.lead_id, t.manager_id, t.source_id
FROM fact_touch AS t CROSS JOIN fact_first_contact AS c ON c.party = t.party;
