-- The cache's own tables: what b24kpi keeps beside the portal's rows.
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT) STRICT;
CREATE TABLE IF NOT EXISTS stream (
    name TEXT PRIMARY KEY,
    state TEXT NOT NULL DEFAULT 'not_loaded',  -- complete, not_loaded, or why the stream could not be read
    high INTEGER NOT NULL DEFAULT 0,           -- every row up to this id has been read at least once
    complete_until INTEGER,                    -- moment of the portal up to which changes are known
    pass_started INTEGER,                      -- an unfinished full pass: its start,
    pass_after INTEGER                         -- and the id up to which all is read but the ranges of stream_range
) STRICT;
CREATE TABLE IF NOT EXISTS stream_range (       -- after < id <= upto are still unread in an unfinished full pass
    stream TEXT NOT NULL, after INTEGER NOT NULL, upto INTEGER NOT NULL, PRIMARY KEY (stream, after)
) STRICT;
CREATE TABLE IF NOT EXISTS unasked (            -- owners whose rows have still to be asked for: see cache.owned
    stream TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (stream, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS run (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, started INTEGER NOT NULL, finished INTEGER,
    requests INTEGER, rows INTEGER, state TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS upkeep (
    stream TEXT PRIMARY KEY,
    compared REAL NOT NULL,            -- when rows were last compared by count, epoch seconds,
    seconds REAL NOT NULL,             -- and how long the portal counted
    refreshed_after INTEGER NOT NULL,  -- the rolling refresh: the id behind which it goes on,
    refreshed_until REAL NOT NULL      -- and the moment up to which the rows due have been read
) STRICT;
CREATE TABLE IF NOT EXISTS touched (kind TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (kind, id)) STRICT;
CREATE TABLE IF NOT EXISTS knowledge (          -- what each sync left: see cache.as_of
    seen_until INTEGER PRIMARY KEY,            -- rows and values read up to this moment of the portal were known
    as_of INTEGER NOT NULL,                    -- and complete up to this one
    coverage TEXT NOT NULL                     -- JSON: stream to state
) STRICT;
CREATE TABLE IF NOT EXISTS arrival (
    table_name TEXT NOT NULL, row_key TEXT NOT NULL, seen_at INTEGER NOT NULL, PRIMARY KEY (table_name, row_key)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS published_value (    -- never overwritten: see cache.published
    report TEXT NOT NULL, metric TEXT NOT NULL, period TEXT NOT NULL, slice TEXT NOT NULL, definition TEXT NOT NULL,
    value TEXT, seen_until INTEGER NOT NULL, as_of INTEGER NOT NULL, published_at INTEGER NOT NULL,
    PRIMARY KEY (metric, period, slice, definition, report)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notice (              -- who was told of a report on which day: see cache.notices
    report TEXT NOT NULL, user_id INTEGER NOT NULL, day INTEGER NOT NULL,  -- local day as YYYYMMDD
    is_sent INTEGER NOT NULL,                   -- 0 from before it is sent until the portal has confirmed it
    PRIMARY KEY (report, user_id, day)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS report_entry (       -- what BI tools are given of reports: see cache.report_entries
    report TEXT NOT NULL, place INTEGER NOT NULL, key TEXT NOT NULL, metric TEXT NOT NULL, metric_name TEXT NOT NULL,
    period TEXT NOT NULL, from_day INTEGER NOT NULL, to_day INTEGER NOT NULL,  -- half-open, days as YYYYMMDD
    dimensions TEXT NOT NULL, slice TEXT NOT NULL, slice_name TEXT NOT NULL,   -- JSON: name to value; two texts
    value REAL, unit TEXT NOT NULL, numerator REAL, denominator REAL, low REAL, high REAL, previous REAL, target REAL,
    reason TEXT, as_of INTEGER NOT NULL, PRIMARY KEY (report, place)
) STRICT;
CREATE TABLE IF NOT EXISTS leak_task (          -- tasks made of leaks: see cache.leak_tasks
    kind TEXT NOT NULL, number INTEGER NOT NULL, since INTEGER NOT NULL,
    task_id INTEGER, responsible_id INTEGER NOT NULL, created_by INTEGER NOT NULL, claimed_at INTEGER NOT NULL,
    PRIMARY KEY (kind, number, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS currency_rate (
    currency TEXT NOT NULL, day INTEGER NOT NULL,       -- day as YYYYMMDD
    amount INTEGER NOT NULL, amount_cnt INTEGER NOT NULL,  -- ten-thousandths of the base currency for amount_cnt units
    PRIMARY KEY (currency, day)
) STRICT;
CREATE TABLE IF NOT EXISTS cost (
    id INTEGER PRIMARY KEY, day INTEGER NOT NULL, source TEXT NOT NULL, campaign TEXT NOT NULL,
    amount INTEGER NOT NULL, currency TEXT NOT NULL,    -- hundredths
    kind TEXT NOT NULL DEFAULT 'marketing'              -- what it was spent for, see cost_file.KINDS
) STRICT;
CREATE TABLE IF NOT EXISTS user_field (             -- user fields that the settings ask for, each with a column
    stream TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, label TEXT NOT NULL,
    directory TEXT NOT NULL,                            -- whose names its values have: '' for none or its own items
    is_filled INTEGER NOT NULL,                         -- 1 once every row has been read with it
    PRIMARY KEY (stream, name)
) STRICT;
CREATE TABLE IF NOT EXISTS user_field_item (        -- what the values of a list field mean
    stream TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (stream, name, id)
) STRICT;
CREATE TABLE IF NOT EXISTS plan (
    id INTEGER PRIMARY KEY, metric TEXT NOT NULL,
    from_day INTEGER NOT NULL, to_day INTEGER NOT NULL,  -- half-open, days as YYYYMMDD
    scope TEXT NOT NULL, scope_value TEXT NOT NULL,      -- company, department, user, category or product, and its id
    amount INTEGER NOT NULL                              -- money: hundredths; durations: seconds; else ten-thousandths
) STRICT;
