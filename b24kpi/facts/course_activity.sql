-- fact: course_activity
-- grain: one row per block of deals with activities, with all of these, a column as one array
-- owner: worked_block
-- See course: `deal` tells whose activity of the block it is. `touched` is when one was last changed, which is when it was
-- done if it is (`done`).
CREATE TABLE fact_course_activity (
    block INTEGER PRIMARY KEY,
    deal BLOB NOT NULL, created BLOB NOT NULL, done BLOB NOT NULL, deadline BLOB NOT NULL, touched BLOB NOT NULL
) STRICT;

INSERT INTO fact_course_activity
SELECT o.id, packed_bytes(GROUP_CONCAT(a.owner_id % block_deals())), packed_moments(GROUP_CONCAT(a.created)),
       packed_moments(GROUP_CONCAT(CASE WHEN a.completed = 1 THEN COALESCE(a.last_updated, a.created) ELSE no_moment() END)),
       packed_moments(GROUP_CONCAT(COALESCE(a.deadline, no_moment()))),
       packed_moments(GROUP_CONCAT(COALESCE(a.last_updated, a.created)))
FROM owner AS o
CROSS JOIN activity AS a
    ON a.owner_type_id = 2 AND a.owner_id >= o.id * block_deals() AND a.owner_id < (o.id + 1) * block_deals()
WHERE a.deleted_at IS NULL AND a.created IS NOT NULL
GROUP BY o.id;
