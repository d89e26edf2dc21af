-- fact: course_stay
-- grain: one row per block of deals that have stays in process stages, with all of these, a column as one array
-- owner: deal_block
-- needs: stay
-- See course: `deal` tells whose stay of the block it is.
CREATE TABLE fact_course_stay (
    block INTEGER PRIMARY KEY, deal BLOB NOT NULL, entered_at BLOB NOT NULL, left_at BLOB NOT NULL, stage BLOB NOT NULL
) STRICT;

-- The plus sign: newer versions of SQLite would index all stays by their semantics for each share of blocks.
INSERT INTO fact_course_stay
SELECT o.id, packed_bytes(GROUP_CONCAT(s.deal_id % block_deals())), packed_moments(GROUP_CONCAT(s.entered_at)),
       packed_moments(GROUP_CONCAT(COALESCE(s.left_at, no_moment()))),
       packed_texts(JSON_GROUP_ARRAY(s.category_id || ' ' || s.stage_id))
FROM owner AS o
CROSS JOIN fact_stay AS s
    ON s.deal_id >= o.id * block_deals() AND s.deal_id < (o.id + 1) * block_deals() AND +s.semantic = 'P'
GROUP BY o.id;
