-- fact: course
-- grain: one row per block of deals whose ids are next to each other, with what they are, a column as one array
-- owner: deal_block
-- needs: deal
-- What chances are computed from is read whole, millions of rows: from arrays that takes a hundredth of the time it takes
-- row by row. `block` is the id of its deals / block_deals(); which of them is meant is told by what is left over. Their
-- stays are in course_stay, their activities in course_activity: each is read, and made anew, without the others.
-- `mark` is 1 if won, 16 if lost, and further 2 if fx_approx, 4 if fx_unknown, 8 if won_date_approx; `pipeline`,
-- `manager`, `source` and `creator` (created_manager_id) are those of fact_deal, `assigned` is the present responsible,
-- of closed deals too.
CREATE TABLE fact_course (
    block INTEGER PRIMARY KEY,
    deal BLOB NOT NULL, created_at BLOB NOT NULL, closed_at BLOB NOT NULL, money BLOB NOT NULL, mark BLOB NOT NULL,
    pipeline BLOB NOT NULL, manager BLOB NOT NULL, source BLOB NOT NULL, assigned BLOB NOT NULL,
    creator BLOB NOT NULL
) STRICT;

INSERT INTO fact_course
SELECT o.id, packed_bytes(GROUP_CONCAT(d.deal_id % block_deals())), packed_moments(GROUP_CONCAT(d.created_at)),
       packed_moments(GROUP_CONCAT(COALESCE(d.closed_at, no_moment()))),
       packed_money(GROUP_CONCAT(d.money)),
       packed_bytes(GROUP_CONCAT((d.outcome = 'won') + 2 * d.fx_approx + 4 * d.fx_unknown + 8 * d.won_date_approx
                                 + 16 * (d.outcome = 'lost'))),
       packed_ids(GROUP_CONCAT(d.category_id)),
       packed_ids(GROUP_CONCAT(COALESCE(d.manager_id, no_id()))),
       packed_texts(JSON_GROUP_ARRAY(COALESCE(d.source_id, ''))),
       packed_ids(GROUP_CONCAT(COALESCE(r.assigned_by_id, no_id()))),
       packed_ids(GROUP_CONCAT(COALESCE(d.created_manager_id, no_id())))
FROM owner AS o
CROSS JOIN fact_deal AS d ON d.deal_id >= o.id * block_deals() AND d.deal_id < (o.id + 1) * block_deals()
CROSS JOIN deal AS r ON r.id = d.deal_id
GROUP BY o.id;
