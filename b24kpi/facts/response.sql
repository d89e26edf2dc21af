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
-- processed with its answer, a lead that nobody answered with its conversion or rejection.
CREATE TABLE fact_response (
    party TEXT NOT NULL, number INTEGER NOT NULL, asked_at INTEGER NOT NULL, asked_day INTEGER NOT NULL,
    channel TEXT NOT NULL, is_timed INTEGER NOT NULL, is_excused INTEGER NOT NULL,
    answered_at INTEGER, answered_day INTEGER, processed_day INTEGER, reached_at INTEGER, asked_work INTEGER NOT NULL, answered_work INTEGER,
    bucket TEXT NOT NULL, lost_at INTEGER NOT NULL, is_repeat INTEGER NOT NULL, next_at INTEGER, settled_at INTEGER,
    is_settled INTEGER NOT NULL, is_lead_start INTEGER NOT NULL, is_won INTEGER NOT NULL,
    deal_id INTEGER, lead_id INTEGER, manager_id INTEGER, source_id TEXT,
    PRIMARY KEY (party, number)
) STRICT;
CREATE INDEX fact_response_asked ON fact_response (asked_day);
CREATE INDEX fact_response_processed ON fact_response (processed_day) WHERE processed_day IS NOT NULL;
CREATE INDEX fact_response_answered ON fact_response (answered_day) WHERE answered_day IS NOT NULL;

INSERT INTO fact_response
WITH inquiry AS (
    SELECT t.party, t.at AS asked_at, 1 AS sort, t.activity_id AS id, t.channel, t.is_reaction AS is_answered,
           t.deal_id, t.lead_id, t.manager_id, t.source_id
    FROM owner_party AS o CROSS JOIN fact_touch AS t ON t.party = o.party
    WHERE t.direction = 'in'
    UNION ALL
    SELECT l.party, l.created_at, 0, l.lead_id, 'lead', 0, NULL, l.lead_id, l.manager_id, l.source_id
    FROM owner_party AS o CROSS JOIN fact_lead_card AS l ON l.party = o.party
    WHERE NOT EXISTS (SELECT 1 FROM fact_touch AS t
                      WHERE t.lead_id = l.lead_id AND t.direction = 'in' AND t.at <= l.created_at + 600)
),
answer AS (
    SELECT i.*, ROW_NUMBER() OVER (PARTITION BY i.party ORDER BY i.asked_at, i.sort, i.id) AS number,
           ROW_NUMBER() OVER (PARTITION BY i.lead_id ORDER BY i.asked_at, i.sort, i.id) AS place,
           CASE WHEN i.is_answered = 1 THEN i.id ELSE (
               SELECT t.activity_id FROM fact_touch AS t
               WHERE t.party = i.party AND t.is_reaction = 1 AND t.at >= i.asked_at
               ORDER BY t.at, t.activity_id LIMIT 1) END AS answer_id,
           CASE WHEN i.is_answered = 1 THEN i.asked_at ELSE (
               SELECT MIN(t.at) FROM fact_touch AS t
               WHERE t.party = i.party AND t.is_contact = 1 AND t.at >= i.asked_at) END AS reached_at
    FROM inquiry AS i
),
answered AS (
    SELECT a.*, t.at AS answered_at, t.manager_id AS answered_by,
           work_clock(a.asked_at) AS asked_work, work_clock(t.at) AS answered_work
    FROM answer AS a LEFT JOIN fact_touch AS t ON t.activity_id = a.answer_id
),
placed AS (
    SELECT a.*,
           EXISTS (SELECT 1 FROM answered AS e
                   WHERE e.party = a.party AND e.number < a.number
                     AND e.answered_at <= a.asked_at AND e.answered_at >= a.asked_at - repeat_within()) AS is_repeat,
           (SELECT MIN(n.asked_at) FROM answered AS n
            WHERE n.party = a.party AND n.number > a.number AND n.asked_at >= a.answered_at) AS next_at
    FROM answered AS a
)
SELECT p.party, p.number, p.asked_at, local_day(p.asked_at), p.channel,
       CASE WHEN p.channel = 'chat' THEN 0 ELSE 1 END,
       CASE WHEN l.is_junk = 1 OR l.is_converted = 1 AND l.finished_at >= p.asked_at THEN 1 ELSE 0 END,
       p.answered_at, local_day(p.answered_at),
       CASE WHEN p.answered_at IS NOT NULL THEN local_day(p.answered_at)
            WHEN p.place = 1 AND l.finished_at >= p.asked_at THEN l.finished_day END, p.reached_at, p.asked_work, p.answered_work,
       CASE WHEN p.answered_at IS NULL THEN '7'
            WHEN p.answered_work - p.asked_work <= 300 THEN '1'
            WHEN p.answered_work - p.asked_work <= 1800 THEN '2'
            WHEN p.answered_work - p.asked_work <= 7200 THEN '3'
            WHEN p.answered_work - p.asked_work <= 28800 THEN '4'
            WHEN p.answered_work - p.asked_work <= 86400 THEN '5' ELSE '6' END,
       lost_at(p.asked_at), p.is_repeat, p.next_at, p.answered_at + repeat_within(),
       CASE WHEN p.answered_at IS NOT NULL AND (p.next_at IS NULL OR p.next_at > p.answered_at + repeat_within())
            THEN 1 ELSE 0 END,
       CASE WHEN p.lead_id IS NOT NULL AND p.place = 1 THEN 1 ELSE 0 END, COALESCE(l.is_customer, 0),
       p.deal_id, p.lead_id, COALESCE(p.answered_by, p.manager_id), p.source_id
FROM placed AS p LEFT JOIN fact_lead_card AS l ON l.lead_id = p.lead_id;
