-- fact: response
-- grain: one row per inquiry of a customer, with the first human answer to it
-- owner: party
-- needs: lead_card, contact_event
-- dimensions: manager=manager_id, department=manager_id, source=source_id, channel=channel, response_bucket=bucket
-- on demand: fact_response_processed, fact_response_answered
-- An inquiry is an incoming call, letter, chat or form, and a lead that none of these announced within ten minutes. Its
-- answer is the first time that we turn to the same party, or speak with him; what is answered at once is its own answer.
-- Calls and letters tell when that was; a chat tells only whether (`is_timed` = 0): the portal shows no moment of the first
-- word. `asked_work`, `answered_work` are readings of the clock of working time.
-- `manager_id` is who answered, else who is responsible. `is_lead_start` marks the first inquiry of a lead, `is_won` whether
-- that lead has become a customer since. `is_excused`: it was junk, or was converted, which somebody has done. It is
-- processed with its answer, a lead that nobody answered with its conversion or rejection. `lost_at`: of what nobody has
-- answered, the moment from which on it counts as lost.
-- First what is read most: SQLite looks for a column from the beginning of its row on.
CREATE TABLE fact_response (
    party TEXT NOT NULL, number INTEGER NOT NULL, asked_day INTEGER NOT NULL, manager_id INTEGER, source_id TEXT,
    is_timed INTEGER NOT NULL, asked_work INTEGER NOT NULL, answered_work INTEGER,
    is_excused INTEGER NOT NULL, answered_at INTEGER, lost_at INTEGER, channel TEXT NOT NULL,
    asked_at INTEGER NOT NULL, answered_day INTEGER, processed_day INTEGER, bucket TEXT NOT NULL,
    is_repeat INTEGER NOT NULL, settled_at INTEGER, is_settled INTEGER NOT NULL,
    is_lead_start INTEGER NOT NULL, is_won INTEGER NOT NULL, deal_id INTEGER, lead_id INTEGER,
    PRIMARY KEY (party, number)
) STRICT;

CREATE INDEX IF NOT EXISTS fact_deal_customer ON fact_deal (customer, created_at, source_id) WHERE customer IS NOT NULL;

-- What there is of each party (`who`): its leads, and its deals; those without a customer belong to the party of their lead,
-- to that lead where it is gone, or to themselves. Contacts are noted at all of them, or at the person or company.
CREATE TEMP TABLE response_lead (
    lead_id INTEGER PRIMARY KEY, who INTEGER, created_at INTEGER, finished_at INTEGER, finished_day INTEGER,
    is_junk INTEGER, is_converted INTEGER, is_customer INTEGER, manager_id INTEGER, source_id TEXT
);
INSERT INTO response_lead
SELECT l.lead_id, o.rowid, l.created_at, l.finished_at, l.finished_day, l.is_junk, l.is_converted, l.is_customer,
       l.manager_id, l.source_id
FROM owner_party AS o CROSS JOIN fact_lead_card AS l ON l.party = o.party;

CREATE TEMP TABLE response_card (who INTEGER, owner_type_id INTEGER, owner_id INTEGER, source_id TEXT);
INSERT INTO response_card
SELECT l.who, 1, l.lead_id, l.source_id FROM response_lead AS l
UNION ALL
SELECT o.rowid, 2, d.deal_id, d.source_id
FROM owner_party AS o CROSS JOIN fact_deal AS d ON d.customer = o.party
UNION ALL
SELECT l.who, 2, d.deal_id, d.source_id
FROM response_lead AS l CROSS JOIN fact_deal AS d ON d.lead_id = l.lead_id
WHERE d.customer IS NULL
UNION ALL
SELECT o.rowid, CASE WHEN o.party LIKE 'contact:%' THEN 3 ELSE 4 END, CAST(substr(o.party, 9) AS INTEGER), NULL
FROM owner_party AS o WHERE o.party LIKE 'contact:%' OR o.party LIKE 'company:%';
INSERT INTO response_card
WITH self AS MATERIALIZED (
    SELECT o.rowid AS who, CASE WHEN o.party LIKE 'lead:%' THEN 1 ELSE 2 END AS kind, CAST(substr(o.party, 6) AS INTEGER) AS id
    FROM owner_party AS o WHERE o.party LIKE 'lead:%' OR o.party LIKE 'deal:%'
)
SELECT s.who, 1, s.id, NULL
FROM self AS s LEFT JOIN fact_lead_card AS l ON l.lead_id = s.id
WHERE s.kind = 1 AND l.lead_id IS NULL
UNION ALL
SELECT s.who, 2, d.deal_id, d.source_id
FROM self AS s CROSS JOIN fact_deal AS d ON d.lead_id = s.id LEFT JOIN fact_lead_card AS l ON l.lead_id = s.id
WHERE s.kind = 1 AND l.lead_id IS NULL AND d.customer IS NULL
UNION ALL
SELECT s.who, 2, s.id, d.source_id
FROM self AS s LEFT JOIN fact_deal AS d ON d.deal_id = s.id
WHERE s.kind = 2 AND d.customer IS NULL AND d.lead_id IS NULL;

-- All that was said, of each party in its order (a lead, `sort` 0, comes before contacts of the same moment).
CREATE TEMP TABLE response_contact (
    who INTEGER, at INTEGER, sort INTEGER, id INTEGER, channel TEXT, is_inquiry INTEGER, is_reaction INTEGER,
    owner_type_id INTEGER, owner_id INTEGER, manager_id INTEGER, source_id TEXT, PRIMARY KEY (who, at, sort, id)
) WITHOUT ROWID;
INSERT INTO response_contact
SELECT c.who, e.at, 1, e.activity_id, e.channel, e.is_incoming,
       CASE WHEN e.is_incoming = 1 THEN e.is_answered ELSE 1 END,
       c.owner_type_id, c.owner_id, e.manager_id, c.source_id
FROM response_card AS c
CROSS JOIN fact_contact_event AS e ON e.owner_type_id = c.owner_type_id AND e.owner_id = c.owner_id;

-- The first contact of each lead that came in.
CREATE TEMP TABLE response_first (lead_id INTEGER PRIMARY KEY, at INTEGER, id INTEGER);
INSERT INTO response_first
SELECT c.owner_id, c.at, c.id FROM response_contact AS c WHERE c.owner_type_id = 1 AND c.is_inquiry = 1
ORDER BY c.who, c.at, c.sort, c.id
ON CONFLICT DO NOTHING;

INSERT INTO response_contact
SELECT l.who, l.created_at, 0, l.lead_id, 'lead', 1, 0, 1, l.lead_id, l.manager_id, l.source_id
FROM response_lead AS l LEFT JOIN response_first AS f ON f.lead_id = l.lead_id
WHERE f.at IS NULL OR f.at > l.created_at + 600;

-- The inquiries in the same order: what comes before and after is found by its place.
CREATE TEMP TABLE response_inquiry (
    place INTEGER PRIMARY KEY, who INTEGER, at INTEGER, sort INTEGER, id INTEGER, is_answered INTEGER, day INTEGER,
    work INTEGER, channel TEXT, deal_id INTEGER, lead_id INTEGER, manager_id INTEGER, source_id TEXT
);
INSERT INTO response_inquiry (
    who, at, sort, id, is_answered, day, work, channel, deal_id, lead_id, manager_id, source_id)
SELECT c.who, c.at, c.sort, c.id, c.is_reaction,
       COALESCE(CASE WHEN c.at < y.border THEN y.before ELSE y.after END, local_day(c.at)), COALESCE((
           SELECT MIN(w.reading + c.at - w.begin, w.until) FROM work_day AS w
           WHERE w.begin < c.at ORDER BY w.begin DESC LIMIT 1), work_clock(c.at)),
       c.channel, CASE WHEN c.owner_type_id = 2 THEN c.owner_id END, CASE WHEN c.owner_type_id = 1 THEN c.owner_id END,
       c.manager_id, c.source_id
FROM response_contact AS c LEFT JOIN day_border AS y ON y.number = c.at / 86400
WHERE c.is_inquiry = 1
ORDER BY c.who, c.at, c.sort, c.id;

CREATE TEMP TABLE response_party (who INTEGER PRIMARY KEY, first_place INTEGER);
INSERT INTO response_party
SELECT i.who, i.place FROM response_inquiry AS i LEFT JOIN response_inquiry AS b ON b.place = i.place - 1
WHERE b.who IS NOT i.who ORDER BY i.place;

-- The answers to what is not answered at once.
CREATE TEMP TABLE response_answer (
    place INTEGER PRIMARY KEY, who INTEGER, at INTEGER, day INTEGER, work INTEGER, manager_id INTEGER
);
INSERT INTO response_answer
SELECT i.place, i.who, r.at,
       COALESCE(CASE WHEN r.at < y.border THEN y.before ELSE y.after END, local_day(r.at)), COALESCE((
           SELECT MIN(w.reading + r.at - w.begin, w.until) FROM work_day AS w
           WHERE w.begin < r.at ORDER BY w.begin DESC LIMIT 1), work_clock(r.at)),
       r.manager_id
FROM response_inquiry AS i CROSS JOIN response_contact AS r ON r.who = i.who AND (r.at, r.sort, r.id) = (
    SELECT x.at, x.sort, x.id FROM response_contact AS x
    WHERE x.who = i.who AND x.at >= i.at AND x.is_reaction = 1 ORDER BY x.at, x.sort, x.id LIMIT 1)
LEFT JOIN day_border AS y ON y.number = r.at / 86400
WHERE i.is_answered = 0;

CREATE TEMP TABLE response_before (who INTEGER, at INTEGER, place INTEGER, PRIMARY KEY (who, at, place)) WITHOUT ROWID;
INSERT INTO response_before SELECT a.who, a.at, a.place FROM response_answer AS a ORDER BY a.place;

INSERT INTO fact_response
SELECT o.party, i.place - p.first_place + 1, i.day, COALESCE(a.manager_id, i.manager_id), i.source_id,
       CASE WHEN i.channel = 'chat' THEN 0 ELSE 1 END, i.work, CASE WHEN i.is_answered = 1 THEN i.work ELSE a.work END,
       CASE WHEN l.is_junk = 1 OR l.is_converted = 1 AND l.finished_at >= i.at THEN 1 ELSE 0 END,
       CASE WHEN i.is_answered = 1 THEN i.at ELSE a.at END,
       CASE WHEN i.is_answered = 0 AND a.at IS NULL THEN lost_at(i.at) END,
       i.channel, i.at, CASE WHEN i.is_answered = 1 THEN i.day ELSE a.day END,
       CASE WHEN i.is_answered = 1 THEN i.day
            WHEN a.at IS NOT NULL THEN a.day
            WHEN l.finished_at >= i.at AND (i.sort = 0 OR f.id = i.id AND f.at <= l.created_at + 600) THEN l.finished_day END,
       CASE WHEN i.is_answered = 1 THEN '1'
            WHEN a.at IS NULL THEN '7'
            WHEN a.work - i.work <= 300 THEN '1'
            WHEN a.work - i.work <= 1800 THEN '2'
            WHEN a.work - i.work <= 7200 THEN '3'
            WHEN a.work - i.work <= 28800 THEN '4'
            WHEN a.work - i.work <= 86400 THEN '5' ELSE '6' END,
       CASE WHEN b.who IS NOT i.who THEN 0
            WHEN b.is_answered = 1 AND b.at >= i.at - repeat_within() THEN 1
            ELSE EXISTS (SELECT 1 FROM response_before AS e
                         WHERE e.who = i.who AND e.at <= i.at AND e.at >= i.at - repeat_within() AND e.place < i.place)
              OR b.is_answered = 0 AND EXISTS (
                 SELECT 1 FROM response_contact AS e
                 WHERE e.who = i.who AND e.at <= i.at AND e.at >= i.at - repeat_within()
                   AND e.is_inquiry = 1 AND e.is_reaction = 1 AND (e.at, e.sort, e.id) < (i.at, i.sort, i.id)) END,
       CASE WHEN i.is_answered = 1 THEN i.at ELSE a.at END + repeat_within(),
       CASE WHEN i.is_answered = 1 THEN CASE WHEN n.who IS i.who AND n.at <= i.at + repeat_within() THEN 0 ELSE 1 END
            WHEN a.at IS NULL THEN 0
            ELSE NOT EXISTS (
                 SELECT 1 FROM response_contact AS e
                 WHERE e.who = i.who AND e.at >= a.at AND e.at <= a.at + repeat_within()
                   AND e.is_inquiry = 1 AND (e.at, e.sort, e.id) > (i.at, i.sort, i.id)) END,
       CASE WHEN i.sort = 0 THEN 1
            WHEN f.id = i.id AND (l.lead_id IS NULL OR f.at <= l.created_at + 600) THEN 1 ELSE 0 END,
       COALESCE(l.is_customer, 0), i.deal_id, i.lead_id
FROM response_inquiry AS i
CROSS JOIN response_party AS p ON p.who = i.who
CROSS JOIN owner_party AS o ON o.rowid = i.who
LEFT JOIN response_answer AS a ON a.place = CASE WHEN i.is_answered = 0 THEN i.place END
LEFT JOIN response_inquiry AS n ON n.place = CASE WHEN i.is_answered = 1 THEN i.place + 1 END
LEFT JOIN response_inquiry AS b ON b.place = i.place - 1
LEFT JOIN response_first AS f ON f.lead_id = i.lead_id
LEFT JOIN response_lead AS l ON l.lead_id = i.lead_id;

CREATE INDEX fact_response_asked ON fact_response (asked_day);
CREATE INDEX fact_response_processed ON fact_response (processed_day) WHERE processed_day IS NOT NULL;
CREATE INDEX fact_response_answered ON fact_response (answered_day) WHERE answered_day IS NOT NULL;
