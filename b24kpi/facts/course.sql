-- fact: course
-- grain: one row per block of deals whose ids are next to each other, with all that says how they go, a column as one array
-- owner: deal_block
-- needs: deal
-- What chances are computed from is read whole, millions of stays: from arrays that takes a hundredth of the time it takes
-- row by row. `block` is the id of its deals / block_deals(); whose a stay or an activity is, is told by what is left over.
-- Deals: `mark` is 1 if won, 16 if lost, and further 2 if fx_approx, 4 if fx_unknown, 8 if won_date_approx; `pipeline`,
-- `manager`, `source` and `creator` (created_manager_id) are those of fact_deal, `assigned` is the present responsible,
-- of closed deals too. Stays are those in process stages. Activities of deals: `touched` is when one was last changed,
-- which is when it was done if it is (`done`).
CREATE TABLE fact_course (
    block INTEGER PRIMARY KEY,
    deal BLOB NOT NULL, created_at BLOB NOT NULL, closed_at BLOB NOT NULL, money BLOB NOT NULL, mark BLOB NOT NULL,
    pipeline BLOB NOT NULL, manager BLOB NOT NULL, source BLOB NOT NULL, assigned BLOB NOT NULL,
    creator BLOB NOT NULL,
    stay_deal BLOB, stay_entered BLOB, stay_left BLOB, stay_stage BLOB,
    activity_deal BLOB, activity_created BLOB, activity_done BLOB, activity_deadline BLOB, activity_touched BLOB
) STRICT;

-- The plus sign: newer versions of SQLite would index all stays by their semantics for each share of blocks.
CREATE TEMP TABLE course_stay (block INTEGER PRIMARY KEY, deal, entered, "left", stage);
INSERT INTO course_stay
SELECT o.id, packed_bytes(GROUP_CONCAT(s.deal_id % block_deals())), packed_moments(GROUP_CONCAT(s.entered_at)),
       packed_moments(GROUP_CONCAT(COALESCE(s.left_at, no_moment()))),
       packed_texts(JSON_GROUP_ARRAY(s.category_id || ' ' || s.stage_id))
FROM owner AS o
CROSS JOIN fact_stay AS s
    ON s.deal_id >= o.id * block_deals() AND s.deal_id < (o.id + 1) * block_deals() AND +s.semantic = 'P'
GROUP BY o.id;

CREATE TEMP TABLE course_activity (block INTEGER PRIMARY KEY, deal, created, done, deadline, touched);
INSERT INTO course_activity
SELECT o.id, packed_bytes(GROUP_CONCAT(a.owner_id % block_deals())), packed_moments(GROUP_CONCAT(a.created)),
       packed_moments(GROUP_CONCAT(CASE WHEN a.completed = 1 THEN COALESCE(a.last_updated, a.created) ELSE no_moment() END)),
       packed_moments(GROUP_CONCAT(COALESCE(a.deadline, no_moment()))),
       packed_moments(GROUP_CONCAT(COALESCE(a.last_updated, a.created)))
FROM owner AS o
CROSS JOIN activity AS a
    ON a.owner_type_id = 2 AND a.owner_id >= o.id * block_deals() AND a.owner_id < (o.id + 1) * block_deals()
WHERE a.deleted_at IS NULL AND a.created IS NOT NULL
GROUP BY o.id;

INSERT INTO fact_course
WITH course AS MATERIALIZED (
    SELECT o.id AS block, packed_bytes(GROUP_CONCAT(d.deal_id % block_deals())) AS deal,
           packed_moments(GROUP_CONCAT(d.created_at)) AS created_at,
           packed_moments(GROUP_CONCAT(COALESCE(d.closed_at, no_moment()))) AS closed_at,
           packed_money(GROUP_CONCAT(d.money)) AS money,
           packed_bytes(GROUP_CONCAT((d.outcome = 'won') + 2 * d.fx_approx + 4 * d.fx_unknown + 8 * d.won_date_approx
                                     + 16 * (d.outcome = 'lost'))) AS mark,
           packed_ids(GROUP_CONCAT(d.category_id)) AS pipeline,
           packed_ids(GROUP_CONCAT(COALESCE(d.manager_id, no_id()))) AS manager,
           packed_texts(JSON_GROUP_ARRAY(COALESCE(d.source_id, ''))) AS source,
           packed_ids(GROUP_CONCAT(COALESCE(r.assigned_by_id, no_id()))) AS assigned,
           packed_ids(GROUP_CONCAT(COALESCE(d.created_manager_id, no_id()))) AS creator
    FROM owner AS o
    CROSS JOIN fact_deal AS d ON d.deal_id >= o.id * block_deals() AND d.deal_id < (o.id + 1) * block_deals()
    CROSS JOIN deal AS r ON r.id = d.deal_id
    GROUP BY o.id
)
SELECT c.*, s.deal, s.entered, s."left", s.stage, a.deal, a.created, a.done, a.deadline, a.touched
FROM course AS c
LEFT JOIN course_stay AS s ON s.block = c.block
LEFT JOIN course_activity AS a ON a.block = c.block;
