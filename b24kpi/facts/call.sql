-- fact: call
-- grain: one row per line of the telephony's statistics
-- owner: call
-- dimensions: manager=manager_id, department=manager_id, direction=direction
-- Lines of one `conversation` are one call that was put through. `is_handled`: code 200, and somebody spoke; `seconds` is
-- then for how long. Information calls are the machine's.
CREATE TABLE fact_call (
    call_id INTEGER PRIMARY KEY, conversation TEXT NOT NULL, at INTEGER NOT NULL, day INTEGER NOT NULL,
    direction TEXT NOT NULL, is_handled INTEGER NOT NULL, seconds INTEGER NOT NULL, vote INTEGER, manager_id INTEGER
) STRICT;
CREATE INDEX fact_call_vote ON fact_call (call_id) WHERE vote IS NOT NULL;

INSERT INTO fact_call
SELECT c.id, COALESCE(c.call_id, 'line ' || c.id), c.call_start_date, local_day(c.call_start_date),
       CASE WHEN c.call_type IN (2, 3) THEN 'in' ELSE 'out' END,
       CASE WHEN c.call_failed_code = '200' AND c.call_duration > 0 THEN 1 ELSE 0 END,
       CASE WHEN c.call_failed_code = '200' AND c.call_duration > 0 THEN c.call_duration ELSE 0 END,
       CASE WHEN c.call_vote > 0 THEN c.call_vote END, c.portal_user_id
FROM owner AS o CROSS JOIN call AS c ON c.id = o.id
WHERE c.deleted_at IS NULL AND c.call_start_date IS NOT NULL AND COALESCE(c.call_type, 1) <> 5;

CREATE INDEX fact_call_day ON fact_call (day);
