-- fact: touch
-- grain: one row per contact with a customer by call, e-mail, chat, meeting or web form
-- owner: activity
-- needs: lead_card, deal, contact_event
-- dimensions: manager=manager_id, department=manager_id, source=source_id, channel=channel
-- `is_answered`: somebody took the call or chat, or the meeting was held; then it went both ways. `is_reaction`: we have turned
-- to the customer, or spoken with him. `is_contact`: he was reached. `seconds`: talk time; `work_seconds`: with letters, chats and
-- meetings, which take so long as the settings say. `settled_at`: until then he may answer what is ours.
-- What only some contacts are looked up for hangs on a CASE: else all are looked up, and then refused.
CREATE TABLE fact_touch (
    activity_id INTEGER PRIMARY KEY, party TEXT NOT NULL, at INTEGER NOT NULL, day INTEGER NOT NULL,
    channel TEXT NOT NULL, direction TEXT NOT NULL, is_answered INTEGER NOT NULL, is_reaction INTEGER NOT NULL,
    is_contact INTEGER NOT NULL, is_mutual INTEGER NOT NULL, seconds INTEGER NOT NULL,
    work_seconds INTEGER NOT NULL, settled_at INTEGER,
    deal_id INTEGER, lead_id INTEGER, manager_id INTEGER, source_id TEXT
) STRICT;
CREATE INDEX fact_touch_party ON fact_touch (party, at, activity_id, direction, is_mutual);
CREATE INDEX fact_touch_deal ON fact_touch (deal_id, at, channel) WHERE deal_id IS NOT NULL;

INSERT INTO fact_touch
WITH contact AS MATERIALIZED (
    SELECT e.activity_id, e.owner_type_id, e.owner_id, e.at, e.channel, e.is_incoming, e.is_answered,
           COALESCE(e.seconds, 0) AS seconds, e.manager_id
    FROM owner AS o CROSS JOIN fact_contact_event AS e ON e.activity_id = o.id
)
SELECT c.activity_id,
       CASE c.owner_type_id
           WHEN 1 THEN COALESCE(l.party, 'lead:' || c.owner_id)
           WHEN 2 THEN COALESCE(d.customer, own.party, 'lead:' || d.lead_id, 'deal:' || c.owner_id)
           WHEN 3 THEN 'contact:' || c.owner_id ELSE 'company:' || c.owner_id END,
       c.at, COALESCE(CASE WHEN c.at < y.border THEN y.before ELSE y.after END, local_day(c.at)), c.channel,
       CASE WHEN c.is_incoming = 1 THEN 'in' ELSE 'out' END, c.is_answered,
       CASE WHEN c.is_incoming = 1 THEN c.is_answered ELSE 1 END,
       CASE WHEN c.channel = 'call' OR c.channel = 'chat' THEN c.is_answered WHEN c.is_incoming = 1 THEN 0 ELSE 1 END,
       c.is_answered,
       CASE WHEN c.is_answered = 1 THEN c.seconds ELSE 0 END,
       CASE WHEN c.channel = 'call' THEN CASE WHEN c.is_answered = 1 THEN c.seconds ELSE 0 END
            WHEN c.channel = 'form' THEN 0 ELSE contact_seconds(c.channel) END,
       CASE WHEN c.is_incoming = 0 THEN c.at + repeat_within() END,
       CASE WHEN c.owner_type_id = 2 THEN c.owner_id END,
       CASE WHEN c.owner_type_id = 1 THEN c.owner_id END,
       c.manager_id,
       CASE WHEN c.owner_type_id = 1 THEN l.source_id WHEN c.owner_type_id = 2 THEN d.source_id END
FROM contact AS c
LEFT JOIN fact_lead_card AS l ON l.lead_id = CASE WHEN c.owner_type_id = 1 THEN c.owner_id END
LEFT JOIN fact_deal AS d ON d.deal_id = CASE WHEN c.owner_type_id = 2 THEN c.owner_id END
LEFT JOIN fact_lead_card AS own ON own.lead_id = CASE WHEN d.customer IS NULL THEN d.lead_id END
LEFT JOIN day_border AS y ON y.number = c.at / 86400;

CREATE INDEX fact_touch_day ON fact_touch (day);
