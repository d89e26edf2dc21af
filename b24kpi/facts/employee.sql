-- fact: employee
-- grain: one row per active user of a sales department, and per other user and day on which he won a deal
-- owner: all
-- needs: deal
-- dimensions: department=user_id
-- Sales departments are those of the users who are responsible for a deal. The portal tells of nobody when he came, so
-- `is_staff` users count from the day 0 on: in every period as they are now.
CREATE TABLE fact_employee (
    user_id INTEGER NOT NULL, since_day INTEGER NOT NULL, is_staff INTEGER NOT NULL, PRIMARY KEY (user_id, since_day)
) STRICT;
CREATE INDEX IF NOT EXISTS deal_responsible ON deal (assigned_by_id);
CREATE INDEX IF NOT EXISTS fact_deal_winner ON fact_deal (manager_id, closed_day) WHERE outcome = 'won';

INSERT INTO fact_employee
WITH RECURSIVE office AS (
    SELECT DISTINCT u.department_id FROM user AS u
    WHERE u.department_id IS NOT NULL AND u.deleted_at IS NULL
      AND EXISTS (SELECT 1 FROM deal AS d WHERE d.assigned_by_id = u.id AND d.deleted_at IS NULL)
),
staff AS (
    SELECT u.id FROM user AS u
    WHERE u.active = 1 AND u.deleted_at IS NULL AND u.department_id IN (SELECT department_id FROM office)
),
-- Who has ever won a deal, by jumps from one to the next: there are few of them and many deals.
winner AS (
    SELECT MIN(d.manager_id) AS id FROM fact_deal AS d WHERE d.outcome = 'won' AND d.manager_id IS NOT NULL
    UNION ALL
    SELECT (SELECT MIN(d.manager_id) FROM fact_deal AS d WHERE d.outcome = 'won' AND d.manager_id > w.id)
    FROM winner AS w WHERE w.id IS NOT NULL
)
SELECT id, 0, 1 FROM staff
UNION ALL
SELECT DISTINCT d.manager_id, d.closed_day, 0
FROM winner AS w CROSS JOIN fact_deal AS d ON d.manager_id = w.id AND d.outcome = 'won'
WHERE w.id NOT IN (SELECT id FROM staff);

CREATE INDEX fact_employee_day ON fact_employee (since_day);
