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
) STRICT;

-- The inquiries of each party (`who`) in their order: what comes before and after is found by its place.
CREATE TEMP TABLE response_inquiry (
    place INTEGER PRIMARY KEY, who INTEGER, at INTEGER, sort INTEGER, id INTEGER, party TEXT, day INTEGER, work INTEGER,
    channel TEXT, is_answered INTEGER, deal_id INTEGER, lead_id INTEGER, manager_id INTEGER, source_id TEXT
);
INSERT INTO response_inquiry (
    who, at, sort, id, party, day, work, channel, is_answered, deal_id, lead_id, manager_id, source_id)
SELECT o.rowid AS who, t.at AS at, 1 AS sort, t.activity_id AS id, t.party, t.day, COALESCE((
           SELECT MIN(w.reading + t.at - w.begin, w.until) FROM work_day AS w
           WHERE w.begin < t.at ORDER BY w.begin DESC LIMIT 1), work_clock(t.at)),
       t.channel, t.is_reaction, t.deal_id, t.lead_id, t.manager_id, t.source_id
FROM owner_party AS o CROSS JOIN fact_touch AS t ON t.party = o.party
WHERE t.direction = 'in'
UNION ALL
SELECT o.rowid, l.created_at, 0, l.lead_id, l.party, l.created_day, COALESCE((
           SELECT MIN(w.reading + l.created_at - w.begin, w.until) FROM work_day AS w
           WHERE w.begin < l.created_at ORDER BY w.begin DESC LIMIT 1), work_clock(l.created_at)),
       'lead', 0, NULL, l.lead_id, l.manager_id, l.source_id
FROM owner_party AS o CROSS JOIN fact_lead_card AS l ON l.party = o.party
WHERE NOT EXISTS (SELECT 1 FROM fact_touch AS t
                  WHERE t.lead_id = l.lead_id AND t.direction = 'in' AND t.at <= l.created_at + 600)
ORDER BY who, at, sort, id;

CREATE TEMP TABLE response_party (number INTEGER PRIMARY KEY, first_place INTEGER);
INSERT INTO response_party (first_place)
SELECT i.place FROM response_inquiry AS i LEFT JOIN response_inquiry AS b ON b.place = i.place - 1 AND b.who = i.who
WHERE b.place IS NULL ORDER BY i.place;

-- The first inquiry of each lead.
CREATE TEMP TABLE response_lead (lead_id INTEGER PRIMARY KEY, place INTEGER);
INSERT INTO response_lead
SELECT i.lead_id, i.place FROM response_inquiry AS i WHERE i.lead_id IS NOT NULL ORDER BY i.place
ON CONFLICT DO NOTHING;

-- The answers to what is not answered at once.
CREATE TEMP TABLE response_answer (
    place INTEGER PRIMARY KEY, at INTEGER, day INTEGER, work INTEGER, reached_at INTEGER, manager_id INTEGER
);
INSERT INTO response_answer
SELECT i.place, t.at, t.day, COALESCE((
           SELECT MIN(w.reading + t.at - w.begin, w.until) FROM work_day AS w
           WHERE w.begin < t.at ORDER BY w.begin DESC LIMIT 1), work_clock(t.at)), (
           SELECT r.at FROM fact_touch AS r
           WHERE r.party = i.party AND r.is_contact = 1 AND r.at >= i.at ORDER BY r.at LIMIT 1),
       t.manager_id
FROM response_inquiry AS i CROSS JOIN fact_touch AS t ON t.activity_id = (
    SELECT r.activity_id FROM fact_touch AS r
    WHERE r.party = i.party AND r.is_reaction = 1 AND r.at >= i.at ORDER BY r.at, r.activity_id LIMIT 1)
WHERE i.is_answered = 0;

CREATE TEMP TABLE response_before (who INTEGER, at INTEGER, place INTEGER, PRIMARY KEY (who, at, place)) WITHOUT ROWID;
INSERT INTO response_before
SELECT i.who, CASE WHEN i.is_answered = 1 THEN i.at ELSE a.at END, i.place
FROM response_inquiry AS i LEFT JOIN response_answer AS a ON a.place = CASE WHEN i.is_answered = 0 THEN i.place END
WHERE i.is_answered = 1 OR a.place IS NOT NULL ORDER BY i.place;

INSERT INTO fact_response
WITH placed AS MATERIALIZED (
    SELECT i.place, i.place - p.first_place + 1 AS number, COALESCE(n.first_place, 9223372036854775807) AS end_place,
           CASE WHEN i.is_answered = 1 THEN i.at ELSE a.at END AS answered_at,
           CASE WHEN i.is_answered = 1 THEN i.day ELSE a.day END AS answered_day,
           CASE WHEN i.is_answered = 1 THEN 0 ELSE a.work - i.work END AS waited,
           CASE WHEN i.is_answered = 1 THEN i.at ELSE a.reached_at END AS reached_at,
           COALESCE(a.manager_id, i.manager_id) AS manager_id
    FROM response_party AS p
    LEFT JOIN response_party AS n ON n.number = p.number + 1
    CROSS JOIN response_inquiry AS i ON i.place >= p.first_place AND i.place < COALESCE(n.first_place, 9223372036854775807)
    LEFT JOIN response_answer AS a ON a.place = CASE WHEN i.is_answered = 0 THEN i.place END
)
SELECT i.party, p.number, i.at, i.day, i.channel,
       CASE WHEN i.channel = 'chat' THEN 0 ELSE 1 END,
       CASE WHEN l.is_junk = 1 OR l.is_converted = 1 AND l.finished_at >= i.at THEN 1 ELSE 0 END,
       p.answered_at, p.answered_day,
       CASE WHEN p.answered_at IS NOT NULL THEN p.answered_day
            WHEN f.place IS NOT NULL AND l.finished_at >= i.at THEN l.finished_day END,
       p.reached_at, i.work, i.work + p.waited,
       CASE WHEN p.answered_at IS NULL THEN '7'
            WHEN p.waited <= 300 THEN '1'
            WHEN p.waited <= 1800 THEN '2'
            WHEN p.waited <= 7200 THEN '3'
            WHEN p.waited <= 28800 THEN '4'
            WHEN p.waited <= 86400 THEN '5' ELSE '6' END,
       CASE WHEN p.answered_at IS NULL THEN lost_at(i.at) END,
       EXISTS (SELECT 1 FROM response_before AS e
               WHERE e.who = i.who AND e.at <= i.at AND e.at >= i.at - repeat_within() AND e.place < i.place),
       n.at, p.answered_at + repeat_within(),
       CASE WHEN p.answered_at IS NOT NULL AND (n.at IS NULL OR n.at > p.answered_at + repeat_within()) THEN 1 ELSE 0 END,
       CASE WHEN f.place IS NOT NULL THEN 1 ELSE 0 END, COALESCE(l.is_customer, 0),
       i.deal_id, i.lead_id, p.manager_id, i.source_id
FROM placed AS p
CROSS JOIN response_inquiry AS i ON i.place = p.place
LEFT JOIN response_inquiry AS n ON n.place = (
    SELECT x.place FROM response_inquiry AS x
    WHERE x.place > p.place AND x.place < p.end_place AND x.at >= p.answered_at ORDER BY x.place LIMIT 1)
LEFT JOIN response_lead AS f ON f.lead_id = i.lead_id AND f.place = i.place
LEFT JOIN fact_lead_card AS l ON l.lead_id = i.lead_id;

CREATE INDEX fact_response_asked ON fact_response (asked_day);
CREATE INDEX fact_response_processed ON fact_response (processed_day) WHERE processed_day IS NOT NULL;
CREATE INDEX fact_response_answered ON fact_response (answered_day) WHERE answered_day IS NOT NULL;
