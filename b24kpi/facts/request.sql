-- fact: request
-- grain: one row per deal of the pipeline of requests
-- owner: deal
-- needs: deal
-- dimensions: manager=manager_id, department=manager_id, source=source_id, utm_source=utm_source, utm_medium=utm_medium, utm_campaign=utm_campaign
-- Solved is won, failed is lost. `…_work` are readings of the clock of working time, see fact_response. `manager_id` is the
-- responsible at the closing, the present one of open requests.
CREATE TABLE fact_request (
    deal_id INTEGER PRIMARY KEY, outcome TEXT NOT NULL, created_at INTEGER NOT NULL, created_day INTEGER NOT NULL, closed_at INTEGER,
    closed_day INTEGER, created_work INTEGER NOT NULL, closed_work INTEGER, manager_id INTEGER, created_manager_id INTEGER,
    source_id TEXT, utm_source TEXT, utm_medium TEXT, utm_campaign TEXT
) STRICT;

INSERT INTO fact_request
SELECT d.deal_id, d.outcome, d.created_at, d.created_day, d.closed_at, d.closed_day, work_clock(d.created_at), work_clock(d.closed_at),
       d.manager_id, d.created_manager_id, d.source_id, d.utm_source, d.utm_medium, d.utm_campaign
FROM owner AS o CROSS JOIN fact_deal AS d ON d.deal_id = o.id
WHERE d.category_id = request_pipeline();

CREATE INDEX fact_request_created ON fact_request (created_day);
CREATE INDEX fact_request_closed ON fact_request (closed_day) WHERE closed_day IS NOT NULL;
