-- fact: todo
-- grain: one row per activity that somebody has to do by a certain time
-- owner: activity
-- dimensions: manager=manager_id, department=manager_id
-- An activity tells that it is done, not when: that was with its last change at the latest.
CREATE TABLE fact_todo (
    activity_id INTEGER PRIMARY KEY, created_day INTEGER NOT NULL, due_day INTEGER NOT NULL, done_day INTEGER,
    manager_id INTEGER
) STRICT;

INSERT INTO fact_todo
SELECT a.id, local_day(COALESCE(a.created, a.deadline)), local_day(a.deadline),
       CASE WHEN a.completed = 1 THEN local_day(COALESCE(a.last_updated, a.deadline)) END, a.responsible_id
FROM owner AS o CROSS JOIN activity AS a ON a.id = o.id
WHERE a.deleted_at IS NULL AND a.deadline IS NOT NULL;

CREATE INDEX fact_todo_created ON fact_todo (created_day);
