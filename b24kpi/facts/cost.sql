-- fact: cost
-- grain: one row per line of the cost file
-- owner: all
-- dimensions: source=source, utm_campaign=campaign
-- flags: fx_approx, fx_unknown
-- `kind` tells what was paid for: marketing, sales, orders, retention, service, crm or other.
CREATE TABLE fact_cost (
    id INTEGER PRIMARY KEY, day INTEGER NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL, campaign TEXT NOT NULL, money INTEGER NOT NULL,
    fx_approx INTEGER NOT NULL, fx_unknown INTEGER NOT NULL
) STRICT;

INSERT INTO fact_cost
SELECT id, day, kind, source, campaign, to_report(amount, currency, day), fx_approx(currency, day), fx_unknown(currency) FROM cost;

CREATE INDEX fact_cost_day ON fact_cost (day);
