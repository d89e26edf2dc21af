-- fact: touch
-- grain: one row per contact with a customer by call, e-mail, chat, meeting or web form
-- owner: activity
-- needs: lead_card, deal
-- dimensions: manager=manager_id, department=manager_id, source=source_id, channel=channel
-- Letters and calls of ours count once they are done, meetings once they were held; what the portal does by itself
-- (messages of robots, information calls, notifications) is no contact. Where the telephony is read, a call was answered
-- if it says so (code 200 and some duration), else if the activity does.
-- `is_reaction`: we have turned to the customer, or spoken with him. `is_contact`: he was reached. `seconds`: talk time;
-- `work_seconds`: with letters, chats and meetings, which take so long as the settings say. `settled_at`: until then he may
-- answer what is ours. A party's contacts lie far apart in a big table: the indexes hold what is read of many.
-- What only some contacts are looked up for hangs on a CASE: else all are looked up, and then refused.
CREATE TABLE fact_touch (
    activity_id INTEGER PRIMARY KEY, party TEXT NOT NULL, at INTEGER NOT NULL, day INTEGER NOT NULL,
    channel TEXT NOT NULL, direction TEXT NOT NULL, is_answered INTEGER NOT NULL, is_reaction INTEGER NOT NULL,
    is_contact INTEGER NOT NULL, is_mutual INTEGER NOT NULL, seconds INTEGER NOT NULL,
    work_seconds INTEGER NOT NULL, settled_at INTEGER,
    deal_id INTEGER, lead_id INTEGER, manager_id INTEGER, source_id TEXT
) STRICT;
CREATE INDEX fact_touch_party ON fact_touch (party, at, activity_id, direction, is_reaction, is_contact, is_mutual);
CREATE INDEX fact_touch_inquiry ON fact_touch (
    party, at, activity_id, day, channel, is_reaction, deal_id, lead_id, manager_id, source_id) WHERE direction = 'in';
CREATE INDEX fact_touch_deal ON fact_touch (deal_id, at, channel) WHERE deal_id IS NOT NULL;
CREATE INDEX fact_touch_lead ON fact_touch (lead_id, at, channel, direction) WHERE lead_id IS NOT NULL;

INSERT INTO fact_touch
WITH said AS (
    SELECT c.crm_activity_id AS activity_id, MAX(c.call_type = 5) AS is_announcement,
           MAX(c.call_failed_code = '200' AND c.call_duration > 0) AS is_connected,
           SUM(CASE WHEN c.call_failed_code = '200' THEN COALESCE(c.call_duration, 0) ELSE 0 END) AS seconds
    FROM owner AS o CROSS JOIN call AS c ON c.crm_activity_id = o.id AND c.crm_activity_id > 0
    WHERE c.deleted_at IS NULL
    GROUP BY 1
),
contact AS MATERIALIZED (
    SELECT a.id, a.owner_type_id, a.owner_id, a.responsible_id, COALESCE(a.start_time, a.created) AS at, s.seconds,
           CASE WHEN a.provider_id = 'VOXIMPLANT_CALL' OR a.provider_id = 'CALL_TRACKER' THEN 'call'
                WHEN a.provider_id = 'CRM_EMAIL' THEN 'email'
                WHEN a.provider_id = 'IMOPENLINES_SESSION' THEN 'chat'
                WHEN a.provider_id = 'CRM_WEBFORM' THEN 'form' ELSE 'meeting' END AS channel,
           CASE WHEN a.direction = 1 OR a.provider_id = 'IMOPENLINES_SESSION' OR a.provider_id = 'CRM_WEBFORM'
                THEN 'in' ELSE 'out' END AS way,
           CASE WHEN a.provider_id = 'VOXIMPLANT_CALL' OR a.provider_id = 'CALL_TRACKER'
                THEN CASE WHEN s.activity_id IS NOT NULL THEN COALESCE(s.is_connected, 0)
                          ELSE COALESCE(a.result_status, 0) <> 1 END
                WHEN a.provider_id = 'IMOPENLINES_SESSION' THEN COALESCE(a.result_status, 0) <> 1
                WHEN a.provider_id = 'CRM_EMAIL' OR a.provider_id = 'CRM_WEBFORM' THEN 0 ELSE 1 END AS is_answered
    FROM owner AS o
    CROSS JOIN activity AS a ON a.id = o.id
    LEFT JOIN said AS s ON s.activity_id = a.id
    WHERE a.deleted_at IS NULL AND a.owner_type_id BETWEEN 1 AND 4 AND a.owner_id > 0
      AND a.provider_id IN ('VOXIMPLANT_CALL', 'CALL_TRACKER', 'CRM_EMAIL', 'IMOPENLINES_SESSION', 'CRM_WEBFORM',
                            'CRM_MEETING', 'VISIT_TRACKER', 'ZOOM')
      AND COALESCE(a.start_time, a.created) IS NOT NULL AND COALESCE(s.is_announcement, 0) = 0
      AND (a.direction = 1 OR a.provider_id = 'IMOPENLINES_SESSION' OR a.provider_id = 'CRM_WEBFORM'
           OR (a.direction = 2 OR a.provider_id = 'CRM_MEETING' OR a.provider_id = 'VISIT_TRACKER' OR a.provider_id = 'ZOOM')
              AND a.completed = 1 AND COALESCE(a.author_id, a.responsible_id, 0) > 0)
)
SELECT c.id,
       CASE c.owner_type_id
           WHEN 1 THEN COALESCE(l.party, 'lead:' || c.owner_id)
           WHEN 2 THEN COALESCE(d.customer, own.party, 'lead:' || d.lead_id, 'deal:' || c.owner_id)
           WHEN 3 THEN 'contact:' || c.owner_id ELSE 'company:' || c.owner_id END,
       c.at, COALESCE(CASE WHEN c.at < y.border THEN y.before ELSE y.after END, local_day(c.at)), c.channel, c.way, c.is_answered,
       CASE WHEN c.way = 'out' OR c.is_answered = 1 THEN 1 ELSE 0 END,
       CASE WHEN c.channel = 'call' OR c.channel = 'chat' THEN c.is_answered WHEN c.way = 'out' THEN 1 ELSE 0 END,
       c.is_answered,
       CASE WHEN c.is_answered = 1 THEN COALESCE(c.seconds, 0) ELSE 0 END,
       CASE WHEN c.channel = 'call' THEN CASE WHEN c.is_answered = 1 THEN COALESCE(c.seconds, 0) ELSE 0 END
            WHEN c.channel = 'form' THEN 0 ELSE contact_seconds(c.channel) END,
       CASE WHEN c.way = 'out' THEN c.at + repeat_within() END,
       CASE WHEN c.owner_type_id = 2 THEN c.owner_id END,
       CASE WHEN c.owner_type_id = 1 THEN c.owner_id END,
       c.responsible_id,
       CASE WHEN c.owner_type_id = 1 THEN l.source_id WHEN c.owner_type_id = 2 THEN d.source_id END
FROM contact AS c
LEFT JOIN fact_lead_card AS l ON l.lead_id = CASE WHEN c.owner_type_id = 1 THEN c.owner_id END
LEFT JOIN fact_deal AS d ON d.deal_id = CASE WHEN c.owner_type_id = 2 THEN c.owner_id END
LEFT JOIN fact_lead_card AS own ON own.lead_id = CASE WHEN d.customer IS NULL THEN d.lead_id END
LEFT JOIN day_border AS y ON y.number = c.at / 86400;

CREATE INDEX fact_touch_day ON fact_touch (day);
