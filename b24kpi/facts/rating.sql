-- fact: rating
-- grain: one row per answer of a customer: would he recommend (nps), how content is he (csat)
-- owner: all
-- needs: deal, lead_card, call, touch
-- dimensions: manager=manager_id, department=manager_id, source=source_id
-- Answers in the mapped fields count at the moment that the other field tells, else at the closing of the deal or lead; before
-- that they count nowhere. Votes on calls are answers on a scale of five. `score` is NULL where the answer is no whole number of
-- the scale: it is rejected. `next_day` is the day of the customer's next valid answer of the kind, so that the last one of any
-- time can be told.
CREATE TABLE fact_rating (
    kind TEXT NOT NULL, origin TEXT NOT NULL, origin_id INTEGER NOT NULL, customer TEXT NOT NULL,
    at INTEGER NOT NULL, day INTEGER NOT NULL, next_day INTEGER NOT NULL,
    given TEXT NOT NULL, score INTEGER, scale INTEGER NOT NULL,
    deal_id INTEGER, lead_id INTEGER, manager_id INTEGER, source_id TEXT,
    PRIMARY KEY (kind, origin, origin_id)
) STRICT, WITHOUT ROWID;

INSERT INTO fact_rating
WITH answer (kind, scale, origin, origin_id, given, at, customer, deal_id, lead_id, manager_id, source_id) AS (
    SELECT m.kind, m.scale, m.stream, m.id, m.given, COALESCE(moment_of(m.answered), d.closed_at),
           COALESCE(d.customer, 'deal:' || d.deal_id), d.deal_id, NULL, d.manager_id, d.source_id
    FROM mapped_rating AS m CROSS JOIN fact_deal AS d ON d.deal_id = m.id WHERE m.stream = 'deal'
    UNION ALL
    SELECT m.kind, m.scale, m.stream, m.id, m.given, COALESCE(moment_of(m.answered), l.finished_at),
           l.party, NULL, l.lead_id, l.manager_id, l.source_id
    FROM mapped_rating AS m CROSS JOIN fact_lead_card AS l ON l.lead_id = m.id WHERE m.stream = 'lead'
    UNION ALL
    SELECT m.kind, m.scale, m.stream, m.id, m.given, moment_of(m.answered),
           'contact:' || c.id, NULL, NULL, c.assigned_by_id, c.source_id
    FROM mapped_rating AS m CROSS JOIN contact AS c ON c.id = m.id WHERE m.stream = 'contact'
    UNION ALL
    SELECT m.kind, m.scale, m.stream, m.id, m.given, moment_of(m.answered),
           'company:' || c.id, NULL, NULL, c.assigned_by_id, NULL
    FROM mapped_rating AS m CROSS JOIN company AS c ON c.id = m.id WHERE m.stream = 'company'
    UNION ALL
    SELECT 'csat', 5, 'call', v.call_id, CAST(v.vote AS TEXT), v.at,
           COALESCE(t.party, CASE c.crm_entity_type WHEN 'COMPANY' THEN 'company:' || c.crm_entity_id
                                                    WHEN 'CONTACT' THEN 'contact:' || c.crm_entity_id END,
                    'call:' || v.call_id),
           NULL, NULL, v.manager_id, t.source_id
    FROM fact_call AS v CROSS JOIN call AS c ON c.id = v.call_id
    LEFT JOIN fact_touch AS t ON t.activity_id = c.crm_activity_id
    WHERE v.vote IS NOT NULL
),
judged AS (SELECT a.*, local_day(a.at) AS day, score_of(a.given, a.scale) AS score FROM answer AS a WHERE a.at IS NOT NULL)
SELECT j.kind, j.origin, j.origin_id, j.customer, j.at, j.day,
       COALESCE(LEAD(j.day) OVER (PARTITION BY j.kind, j.customer, j.score IS NULL ORDER BY j.at, j.origin, j.origin_id), 99991231),
       j.given, j.score, j.scale, j.deal_id, j.lead_id, j.manager_id, j.source_id
FROM judged AS j;

CREATE INDEX fact_rating_day ON fact_rating (day);
