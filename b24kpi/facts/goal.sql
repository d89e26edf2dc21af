-- fact: goal
-- grain: one row per plan of the company
-- owner: all
-- dimensions: kpi=metric
CREATE TABLE fact_goal (id INTEGER PRIMARY KEY, metric TEXT NOT NULL, from_day INTEGER NOT NULL, to_day INTEGER NOT NULL) STRICT;

INSERT INTO fact_goal
SELECT id, metric, from_day, to_day FROM plan WHERE scope = 'company';

CREATE INDEX fact_goal_day ON fact_goal (from_day);
