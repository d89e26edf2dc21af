-- fact: approval
-- grain: one row per uninterrupted stay of a deal in a stage in which a decision is waited for
-- owner: deal
-- needs: stay
-- dimensions: pipeline=category_id, manager=manager_id, department=manager_id, source=source_id
CREATE TABLE fact_approval (
    deal_id INTEGER NOT NULL, position INTEGER NOT NULL, category_id INTEGER NOT NULL, stage_id TEXT NOT NULL,
    entered_at INTEGER NOT NULL, entered_day INTEGER NOT NULL, left_at INTEGER, manager_id INTEGER, source_id TEXT,
    PRIMARY KEY (deal_id, position)
) STRICT, WITHOUT ROWID;

INSERT INTO fact_approval
SELECT s.deal_id, s.position, s.category_id, s.stage_id, s.entered_at, s.entered_day, s.left_at, s.manager_id, s.source_id
FROM owner AS o CROSS JOIN fact_stay AS s ON s.deal_id = o.id
WHERE has_approvals() = 1 AND s.semantic = 'P' AND is_approval(s.stage_id) = 1;

CREATE INDEX fact_approval_day ON fact_approval (entered_day);
