-- fact: task
-- grain: one row per task
-- owner: task
-- dimensions: manager=manager_id, department=manager_id
-- From its creation to its closing; declined and deferred ones are open. Of those that are closed, `is_due` had a deadline
-- and `is_late` were closed after it.
CREATE TABLE fact_task (
    task_id INTEGER PRIMARY KEY, created_at INTEGER NOT NULL, created_day INTEGER NOT NULL, closed_at INTEGER,
    closed_day INTEGER, is_due INTEGER NOT NULL, is_late INTEGER NOT NULL, manager_id INTEGER
) STRICT;

INSERT INTO fact_task
SELECT t.id, t.created_date, local_day(t.created_date), t.closed_date, local_day(t.closed_date),
       CASE WHEN t.closed_date IS NOT NULL AND t.deadline IS NOT NULL THEN 1 ELSE 0 END,
       CASE WHEN t.closed_date > t.deadline THEN 1 ELSE 0 END, t.responsible_id
FROM owner AS o CROSS JOIN task AS t ON t.id = o.id
WHERE t.deleted_at IS NULL AND t.created_date IS NOT NULL;

CREATE INDEX fact_task_created ON fact_task (created_day);
CREATE INDEX fact_task_closed ON fact_task (closed_day) WHERE closed_day IS NOT NULL;
