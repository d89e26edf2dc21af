-- fact: course
-- grain: one row per 256 deals whose ids are next to each other, with all that says how they go, a column as one array
-- owner: deal_block
-- needs: pipeline_visit
-- What chances are computed from is read whole, millions of stays: from arrays that takes a hundredth of the time it takes
-- row by row. `block` is the id of its deals / 256; whose a stay or an activity is, is told by what is left over then.
-- Moments are those of `arrays.MOMENT`.
-- Deals: `mark` is 1 if won, 16 if lost, and further 2 if fx_approx, 4 if fx_unknown, 8 if won_date_approx; `pipeline`,
-- `manager`, `source` and `creator` (created_manager_id) are those of fact_deal, `assigned` is the present
-- responsible, of closed deals too; a moment that never comes stands for nobody. Stays in process stages: `stay_end` is the end
-- of the visit to the pipeline, `stay_won` whether it was won. Activities of deals: `touched` is when one was last changed,
-- which is when it was done if it is (`done`).
CREATE TABLE fact_course (
    block INTEGER PRIMARY KEY,
    deal BLOB NOT NULL, created_at BLOB NOT NULL, closed_at BLOB NOT NULL, money BLOB NOT NULL, mark BLOB NOT NULL,
    pipeline BLOB NOT NULL, manager BLOB NOT NULL, source BLOB NOT NULL, assigned BLOB NOT NULL,
    creator BLOB NOT NULL,
    stay_deal BLOB, stay_entered BLOB, stay_left BLOB, stay_end BLOB, stay_won BLOB, stay_stage BLOB,
    activity_deal BLOB, activity_created BLOB, activity_done BLOB, activity_deadline BLOB, activity_touched BLOB
) STRICT;

CREATE TEMP TABLE course_stay (block INTEGER PRIMARY KEY, deal, entered, "left", "end", won, stage);
INSERT INTO course_stay
SELECT o.id, packed('u1', GROUP_CONCAT(s.deal_id % 256)), packed('<u4', GROUP_CONCAT(s.entered_at)),
       packed('<u4', GROUP_CONCAT(COALESCE(s.left_at, no_moment()))),
       packed('<u4', GROUP_CONCAT(COALESCE(v.left_at, no_moment()))),
       packed('u1', GROUP_CONCAT(v.outcome = 'won')), packed_texts(JSON_GROUP_ARRAY(s.category_id || ' ' || s.stage_id))
FROM owner AS o
CROSS JOIN fact_stay AS s ON s.deal_id >= o.id * 256 AND s.deal_id < (o.id + 1) * 256 AND s.semantic = 'P'
CROSS JOIN fact_pipeline_visit AS v ON v.deal_id = s.deal_id AND v.visit = s.visit
GROUP BY o.id;

CREATE TEMP TABLE course_activity (block INTEGER PRIMARY KEY, deal, created, done, deadline, touched);
INSERT INTO course_activity
SELECT o.id, packed('u1', GROUP_CONCAT(a.owner_id % 256)), packed('<u4', GROUP_CONCAT(a.created)),
       packed('<u4', GROUP_CONCAT(CASE WHEN a.completed = 1 THEN COALESCE(a.last_updated, a.created) ELSE no_moment() END)),
       packed('<u4', GROUP_CONCAT(COALESCE(a.deadline, no_moment()))),
       packed('<u4', GROUP_CONCAT(COALESCE(a.last_updated, a.created)))
FROM owner AS o
CROSS JOIN activity AS a ON a.owner_type_id = 2 AND a.owner_id >= o.id * 256 AND a.owner_id < (o.id + 1) * 256
WHERE a.deleted_at IS NULL AND a.created IS NOT NULL
GROUP BY o.id;

INSERT INTO fact_course
WITH course AS MATERIALIZED (
    SELECT o.id AS block, packed('u1', GROUP_CONCAT(d.deal_id % 256)) AS deal,
           packed('<u4', GROUP_CONCAT(d.created_at)) AS created_at,
           packed('<u4', GROUP_CONCAT(COALESCE(d.closed_at, no_moment()))) AS closed_at,
           packed('<i8', GROUP_CONCAT(d.money)) AS money,
           packed('u1', GROUP_CONCAT((d.outcome = 'won') + 2 * d.fx_approx + 4 * d.fx_unknown + 8 * d.won_date_approx
                                     + 16 * (d.outcome = 'lost'))) AS mark,
           packed('<u4', GROUP_CONCAT(d.category_id)) AS pipeline,
           packed('<u4', GROUP_CONCAT(COALESCE(d.manager_id, no_moment()))) AS manager,
           packed_texts(JSON_GROUP_ARRAY(COALESCE(d.source_id, ''))) AS source,
           packed('<u4', GROUP_CONCAT(COALESCE(r.assigned_by_id, no_moment()))) AS assigned,
           packed('<u4', GROUP_CONCAT(COALESCE(d.created_manager_id, no_moment()))) AS creator
    FROM owner AS o
    CROSS JOIN fact_deal AS d ON d.deal_id >= o.id * 256 AND d.deal_id < (o.id + 1) * 256
    CROSS JOIN deal AS r ON r.id = d.deal_id
    GROUP BY o.id
)
SELECT c.*, s.deal, s.entered, s."left", s."end", s.won, s.stage, a.deal, a.created, a.done, a.deadline, a.touched
FROM course AS c
LEFT JOIN course_stay AS s ON s.block = c.block
LEFT JOIN course_activity AS a ON a.block = c.block;
