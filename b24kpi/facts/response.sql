-- fact: response
-- grain: one row per inquiry of a customer, with the first human answer to it
-- owner: party
-- needs: touch
-- dimensions: manager=manager_id, department=manager_id, source=source_id, channel=channel, response_bucket=bucket
-- An inquiry is an incoming call, letter, chat or form, and a lead that none of these announced within ten minutes. Its
-- answer is the first time that we turn to the same party, or speak with him; what is answered at once is its own answer.
-- Calls and letters tell when that was; a chat tells only whether (`is_timed` = 0): the portal shows no moment of the first
-- word. `asked_work`, `answered_work` are readings of the clock of working time. `next_at` is the inquiry after the answer.
-- `manager_id` is who answered, else who is responsible. `is_lead_start` marks the first inquiry of a lead, `is_won` whether
-- that lead has become a customer since. `is_excused`: it was junk, or was converted, which somebody has done. It is
-- processed with its answer, a lead that nobody answered with its conversion or rejection. `lost_at`: of what nobody has
-- answered, the moment from which on it counts as lost.
CREATE TABLE fact_response (
    party TEXT NOT NULL, number INTEGER NOT NULL, asked_at INTEGER NOT NULL, asked_day INTEGER NOT NULL,
    channel TEXT NOT NULL, is_timed INTEGER NOT NULL, is_excused INTEGER NOT NULL,
    answered_at INTEGER, answered_day INTEGER, processed_day INTEGER, reached_at INTEGER, asked_work INTEGER NOT NULL, answered_work INTEGER,
    bucket TEXT NOT NULL, lost_at INTEGER, is_repeat INTEGER NOT NULL, next_at INTEGER, settled_at INTEGER,
    is_settled INTEGER NOT NULL, is_lead_start INTEGER NOT NULL, is_won INTEGER NOT NULL,
    deal_id INTEGER, lead_id INTEGER, manager_id INTEGER, source_id TEXT,
    PRIMARY KEY (party, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX fact_response_asked ON fact_response (asked_day);
CREATE INDEX fact_response_processed ON fact_response (processed_day) WHERE processed_day IS NOT NULL;
CREATE INDEX fact_response_answered ON fact_response (answered_day) WHERE answered_day IS NOT NULL;

-- The inquiries of each party (`who`) in their order: what comes before and after is found by its place.
CREATE TEMP TABLE response_inquiry (
    place INTEGER PRIMARY KEY, who INTEGER, party TEXT, at INTEGER, day INTEGER, work INTEGER, id INTEGER, channel TEXT,
    is_answered INTEGER, deal_id INTEGER, lead_id INTEGER, manager_id INTEGER, source_id TEXT
);
INSERT INTO response_inquiry (who, party, at, day, work, id, channel, is_answered, deal_id, lead_id, manager_id, source_id)
WITH inquiry AS (
    SELECT o.rowid AS who, t.party, t.at, t.day, 1 AS sort, t.activity_id AS id, t.channel, t.is_reaction AS is_answered,
           t.deal_id, t.lead_id, t.manager_id, t.source_id
    FROM owner_party AS o CROSS JOIN fact_touch AS t ON t.party = o.party
    WHERE t.direction = 'in'
    UNION ALL
    SELECT o.rowid, l.party, l.created_at, l.created_day, 0, l.lead_id, 'lead', 0, NULL, l.lead_id, l.manager_id, l.source_id
    FROM owner_party AS o CROSS JOIN fact_lead_card AS l ON l.party = o.party
    WHERE NOT EXISTS (SELECT 1 FROM fact_touch AS t
                      WHERE t.lead_id = l.lead_id AND t.direction = 'in' AND t.at <= l.created_at + 600)
)
SELECT i.who, i.party, i.at, i.day, work_clock(i.at), i.id, i.channel, i.is_answered,
       i.deal_id, i.lead_id, i.manager_id, i.source_id
FROM inquiry AS i ORDER BY i.who, i.at, i.sort, i.id;

CREATE TEMP TABLE response_party (who INTEGER PRIMARY KEY, first_place INTEGER, last_place INTEGER);
INSERT INTO response_party SELECT who, MIN(place), MAX(place) FROM response_inquiry GROUP BY who;

CREATE TEMP TABLE response_lead (lead_id INTEGER PRIMARY KEY, place INTEGER);
INSERT INTO response_lead
SELECT lead_id, MIN(place) FROM response_inquiry WHERE lead_id IS NOT NULL GROUP BY lead_id;

-- Answers: what is answered at once is its own.
CREATE TEMP TABLE response_answer (
    place INTEGER PRIMARY KEY, who INTEGER, at INTEGER, day INTEGER, work INTEGER, reached_at INTEGER, manager_id INTEGER
);
INSERT INTO response_answer
SELECT i.place, i.who, i.at, i.day, i.work, i.at, i.manager_id FROM response_inquiry AS i WHERE i.is_answered = 1;
INSERT INTO response_answer
SELECT i.place, i.who, t.at, t.day, work_clock(t.at), (
           SELECT r.at FROM fact_touch AS r
           WHERE r.party = i.party AND r.is_contact = 1 AND r.at >= i.at ORDER BY r.at LIMIT 1),
       t.manager_id
FROM response_inquiry AS i CROSS JOIN fact_touch AS t ON t.activity_id = (
    SELECT r.activity_id FROM fact_touch AS r
    WHERE r.party = i.party AND r.is_reaction = 1 AND r.at >= i.at ORDER BY r.at, r.activity_id LIMIT 1)
WHERE i.is_answered = 0;

CREATE TEMP TABLE response_before (who INTEGER, at INTEGER, place INTEGER, PRIMARY KEY (who, at, place)) WITHOUT ROWID;
INSERT INTO response_before SELECT a.who, a.at, a.place FROM response_answer AS a ORDER BY a.place;

INSERT INTO fact_response
WITH placed AS MATERIALIZED (
    SELECT i.*, i.place - p.first_place + 1 AS number, f.place IS NOT NULL AS is_lead_start,
           a.at AS answered_at, a.day AS answered_day, a.work AS answered_work, a.reached_at, a.manager_id AS answered_by,
           EXISTS (SELECT 1 FROM response_before AS e
                   WHERE e.who = i.who AND e.at <= i.at AND e.at >= i.at - repeat_within() AND e.place < i.place) AS is_repeat,
           (SELECT n.at FROM response_inquiry AS n
            WHERE n.place > i.place AND n.place <= p.last_place AND n.at >= a.at ORDER BY n.place LIMIT 1) AS next_at
    FROM response_party AS p
    CROSS JOIN response_inquiry AS i ON i.place >= p.first_place AND i.place <= p.last_place
    LEFT JOIN response_answer AS a ON a.place = i.place
    LEFT JOIN response_lead AS f ON f.lead_id = i.lead_id AND f.place = i.place
)
SELECT p.party, p.number, p.at, p.day, p.channel,
       CASE WHEN p.channel = 'chat' THEN 0 ELSE 1 END,
       CASE WHEN l.is_junk = 1 OR l.is_converted = 1 AND l.finished_at >= p.at THEN 1 ELSE 0 END,
       p.answered_at, p.answered_day,
       CASE WHEN p.answered_at IS NOT NULL THEN p.answered_day
            WHEN p.is_lead_start = 1 AND l.finished_at >= p.at THEN l.finished_day END,
       p.reached_at, p.work, p.answered_work,
       CASE WHEN p.answered_at IS NULL THEN '7'
            WHEN p.answered_work - p.work <= 300 THEN '1'
            WHEN p.answered_work - p.work <= 1800 THEN '2'
            WHEN p.answered_work - p.work <= 7200 THEN '3'
            WHEN p.answered_work - p.work <= 28800 THEN '4'
            WHEN p.answered_work - p.work <= 86400 THEN '5' ELSE '6' END,
       CASE WHEN p.answered_at IS NULL THEN lost_at(p.at) END, p.is_repeat, p.next_at, p.answered_at + repeat_within(),
       CASE WHEN p.answered_at IS NOT NULL AND (p.next_at IS NULL OR p.next_at > p.answered_at + repeat_within())
            THEN 1 ELSE 0 END,
       p.is_lead_start, COALESCE(l.is_customer, 0),
       p.deal_id, p.lead_id, COALESCE(p.answered_by, p.manager_id), p.source_id
FROM placed AS p LEFT JOIN fact_lead_card AS l ON l.lead_id = p.lead_id;
