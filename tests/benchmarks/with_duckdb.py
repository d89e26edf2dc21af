"""Child process of the benchmark: the same KPIs by DuckDB from the raw tables of the cache.

Run by an interpreter that has duckdb, duckdb-extension-sqlite-scanner and numpy, as a script with the cache's path.
"""

import json
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import duckdb_extension_sqlite_scanner
import numpy as np

from tests.benchmarks.big_portal import AS_OF, TIME_ZONE
from tests.benchmarks.duckdb_responses import LOST, RESPONSES, prepare_responses
from tests.benchmarks.medians import medians
from tests.benchmarks.questions import BASE_DAYS, COMMON, TODAY, cell, months
from tests.benchmarks.resources import usage

PREPARE = """
CREATE MACRO number_of(moment) AS 719163 + ((moment + {offset}) // 86400);
CREATE MACRO month_of(moment) AS CAST(strftime(make_timestamp((moment + {offset}) * 1000000), '%Y%m') AS INTEGER);
CREATE TABLE own AS
SELECT * FROM raw.deal
WHERE deleted_at IS NULL AND COALESCE(is_recurring, 'N') <> 'Y';
CREATE TABLE step AS
SELECT s.owner_id AS deal, s.created_time AS moment, s.id AS place,
       COALESCE(s.stage_semantic_id, 'P') AS semantic, s.stage_id
FROM raw.stage_step AS s WHERE s.entity_type_id = 2;
CREATE TABLE closed AS
WITH last AS (
    SELECT deal, MAX(moment) AS moment, ARG_MAX(stage_id, place) AS stage_id FROM step GROUP BY deal
),
every AS (
    SELECT s.deal, s.moment, 0 AS is_present, s.place, s.semantic FROM step AS s JOIN own AS d ON d.id = s.deal
    UNION ALL
    SELECT d.id, GREATEST(COALESCE(d.moved_time, 0), COALESCE(l.moment, d.date_create)), 1, 0, d.stage_semantic_id
    FROM own AS d LEFT JOIN last AS l ON l.deal = d.id
    WHERE l.stage_id IS DISTINCT FROM d.stage_id
      AND NOT (l.deal IS NULL AND (d.stage_id = 'NEW' OR d.stage_id LIKE 'C%:NEW'))
),
run AS (
    SELECT deal, moment, semantic, is_present, place,
           LAG(semantic) OVER (PARTITION BY deal ORDER BY is_present, moment, place) AS before
    FROM every
),
begun AS (
    SELECT deal, ARG_MAX(moment, (is_present, moment, place)) AS moment
    FROM run WHERE before IS DISTINCT FROM semantic GROUP BY deal
)
SELECT d.id,
       CASE WHEN d.stage_semantic_id = 'P' THEN NULL
            WHEN d.moved_time IS NULL AND l.stage_id IS DISTINCT FROM d.stage_id
            THEN epoch(CAST(d.closedate AS TIMESTAMP))::BIGINT - {midnight_offset}
            ELSE b.moment END AS closed_at
FROM own AS d LEFT JOIN begun AS b ON b.deal = d.id LEFT JOIN last AS l ON l.deal = d.id;
CREATE TABLE deal AS
WITH dated AS (
    SELECT d.id, d.category_id AS pipeline, d.source_id AS source, d.opportunity, d.currency_id, d.lead_id,
           d.date_create AS created_at, c.closed_at, d.stage_semantic_id AS semantic,
           CASE WHEN d.company_id > 0 THEN 'company:' || d.company_id
                WHEN d.contact_id > 0 THEN 'contact:' || d.contact_id END AS customer,
           CASE WHEN h.valid_to >= COALESCE(c.closed_at, 99999999999) THEN h.assigned_by_id ELSE d.assigned_by_id END
               AS manager,
           CASE WHEN h.valid_to >= d.date_create THEN h.assigned_by_id ELSE d.assigned_by_id END AS first_manager
    FROM own AS d JOIN closed AS c ON c.id = d.id LEFT JOIN raw.deal_history AS h ON h.id = d.id
),
priced AS (
    SELECT d.*,
           CAST(strftime(make_timestamp((closed_at + {offset_closed}) * 1000000), '%Y%m%d') AS INTEGER) AS closed_day
    FROM dated AS d
)
SELECT p.*, p.closed_day // 100 AS month, 719163 + (closed_at + {offset_closed}) // 86400 AS closed_number,
       month_of(created_at) AS created_month,
       CASE WHEN p.currency_id = 'UAH' THEN p.opportunity
            WHEN r.amount IS NULL AND f.amount IS NULL THEN 0
            ELSE half_even(p.opportunity * COALESCE(r.amount, f.amount)) END AS money
FROM priced AS p
ASOF LEFT JOIN (SELECT * FROM raw.currency_rate) AS r ON r.currency = p.currency_id AND r.day <= p.closed_day
LEFT JOIN (SELECT currency, ARG_MIN(amount, day) AS amount FROM raw.currency_rate GROUP BY currency) AS f
       ON f.currency = p.currency_id;
CREATE TABLE purchase AS
SELECT *, ROW_NUMBER() OVER (PARTITION BY customer ORDER BY closed_at, id) AS number
FROM deal WHERE semantic = 'S' AND customer IS NOT NULL;
CREATE TABLE lead AS
WITH person AS (
    SELECT id, date_create,
           CASE WHEN company_id > 0 THEN 'company:' || company_id ELSE 'contact:' || contact_id END AS customer
    FROM raw.lead WHERE company_id > 0 OR contact_id > 0
    UNION
    SELECT l.id, l.date_create, 'company:' || c.id
    FROM raw.lead AS l JOIN raw.company AS c ON c.lead_id = l.id AND c.deleted_at IS NULL
    UNION
    SELECT l.id, l.date_create, 'contact:' || c.id
    FROM raw.lead AS l JOIN raw.contact AS c ON c.lead_id = l.id AND c.deleted_at IS NULL
),
buyer AS (
    SELECT lead_id AS id FROM deal WHERE semantic = 'S' AND lead_id > 0
    UNION
    SELECT p.id FROM person AS p
    JOIN (SELECT customer, MAX(closed_at) AS last FROM purchase GROUP BY customer) AS w ON w.customer = p.customer
    WHERE w.last >= p.date_create
)
SELECT l.id, month_of(l.date_create) AS month, l.assigned_by_id AS manager, l.source_id AS source,
       b.id IS NOT NULL AS bought
FROM raw.lead AS l LEFT JOIN buyer AS b ON b.id = l.id WHERE l.deleted_at IS NULL;
"""

DEALS = """
SELECT month, {key}, SUM(money) FILTER (semantic = 'S'), COUNT(*) FILTER (semantic = 'S'),
       COUNT(*) FILTER (semantic = 'F'), SUM(money) FILTER (semantic = 'S' AND money > 0),
       COUNT(*) FILTER (semantic = 'S' AND money > 0)
FROM deal WHERE month >= {first} GROUP BY ALL
"""
LEADS = "SELECT month, {key}, COUNT(*), COUNT(*) FILTER (bought) FROM lead WHERE month >= {first} GROUP BY ALL"
REPEATS = (
    "SELECT month, {key}, COUNT(*) FILTER (number > 1), COUNT(*) FROM purchase WHERE month >= {first} GROUP BY ALL"
)
BASE = """
WITH member AS (
    SELECT DISTINCT p.customer, m.month, a.{column} AS key,
           p.closed_number < m.first AND p.closed_number >= m.first - {days} AS early,
           p.closed_number < m.last AND p.closed_number >= m.last - {days} AS late
    FROM purchase AS p JOIN purchase AS a ON a.customer = p.customer AND a.number = 1
    JOIN month AS m ON p.closed_number < m.last AND p.closed_number >= m.first - {days}
),
one AS (SELECT month, key, customer, BOOL_OR(early) AS early, BOOL_OR(late) AS late FROM member GROUP BY ALL)
SELECT month, key, COUNT(*) FILTER (early AND late), COUNT(*) FILTER (early) FROM one GROUP BY ALL
"""
CYCLES = """
SELECT DENSE_RANK() OVER (ORDER BY created_month, {key}) AS code, created_month AS month, {key} AS key,
       COALESCE(closed_at, {as_of}) - created_at AS seconds, closed_at IS NOT NULL AS ended
FROM deal WHERE created_month >= {first}
"""


def main(path: str) -> None:
    """Prints seconds, peak memory and answers as one JSON object."""
    began = perf_counter()
    connection = duckdb.connect()
    connection.execute(f"LOAD '{extension()}'")
    connection.execute(f"ATTACH '{path}' AS raw (TYPE sqlite, READ_ONLY)")
    prepare(connection)
    answers: dict[str, dict[str, list[float]]] = {name: {} for name in COMMON}
    for slicing in ("", "manager", "source", "pipeline"):
        answer(connection, slicing, answers)
    seconds = perf_counter() - began
    print(json.dumps({"seconds": seconds, "answers": answers} | usage()))


def extension() -> str:
    """The file of the SQLite extension that its package brings."""
    folder = Path(duckdb_extension_sqlite_scanner.__file__).parent
    return str(next(folder.rglob("sqlite_scanner.duckdb_extension")))


def prepare(connection: Any) -> None:
    """Deals, purchases and leads out of the raw rows."""
    connection.execute(
        "CREATE MACRO half_even(x) AS x // 10000 + "
        "CASE WHEN x % 10000 > 5000 OR x % 10000 = 5000 AND x // 10000 % 2 = 1 THEN 1 ELSE 0 END"
    )
    connection.execute(
        PREPARE.format(
            offset=offset("moment"),
            offset_closed=offset("closed_at"),
            midnight_offset=offset("epoch(CAST(d.closedate AS TIMESTAMP))::BIGINT - 7200"),
        )
    )
    prepare_responses(connection, offset("moment"))
    connection.execute("CREATE TABLE month (month INTEGER, first INTEGER, last INTEGER)")
    for first in months():
        following = (first + timedelta(days=31)).replace(day=1)
        last = min(following, TODAY + timedelta(days=1))
        row = [first.year * 100 + first.month, first.toordinal(), last.toordinal()]
        connection.execute("INSERT INTO month VALUES (?, ?, ?)", row)


def offset(moment: str) -> str:
    """SQL of the seconds by which local time is ahead at a moment."""
    zone, cases, before = ZoneInfo(TIME_ZONE), [], None
    for day in range(date(2022, 1, 1).toordinal(), date(2028, 1, 1).toordinal()):
        for hour in range(24):
            at = datetime.fromordinal(day).replace(hour=hour, tzinfo=UTC)
            ahead = int(at.astimezone(zone).utcoffset().total_seconds())  # type: ignore[union-attr]
            if before not in (None, ahead):
                cases.append(f"WHEN {moment} < {int(at.timestamp())} THEN {before}")
            before = ahead
    return f"(CASE {' '.join(cases)} ELSE {before} END)"


def answer(connection: Any, slicing: str, into: dict[str, dict[str, list[float]]]) -> None:
    """All KPIs by one dimension."""
    first, key = months()[0].strftime("%Y%m"), slicing or "''"

    def rows(sql: str, **further: Any) -> Any:
        return connection.execute(sql.format(key=key, first=first, days=BASE_DAYS, **further)).fetchall()

    def put(name: str, month: int, value: Any, *sides: Any) -> None:
        into[name][cell(month, slicing, "" if value is None else str(value))] = [float(side or 0) for side in sides]

    for month, value, sales, won, lost, paid, orders in rows(DEALS):
        put("total_sales", month, value, (sales or 0) / 100)
        put("win_rate", month, value, won, won + lost)
        put("aov", month, value, (paid or 0) / 100, orders)
    for month, value, leads, bought in rows(LEADS) if slicing != "pipeline" else ():
        put("new_leads", month, value, leads)
        put("lead_to_customer_rate", month, value, bought, leads)
    for month, value, repeat, count in rows(REPEATS):
        put("repeat_purchase_share", month, value, repeat, count)
    for month, value, stayed, early in (
        rows(BASE, column=slicing) if slicing else rows(BASE.replace("a.{column}", "''"))
    ):
        put("crr_strict", month, value, stayed, early)
    own = {"manager": "first_manager"}.get(slicing, key)
    durations(connection, CYCLES.format(key=own, first=first, as_of=AS_OF), slicing, into["sales_cycle"])
    if slicing != "pipeline":
        durations(connection, RESPONSES.format(key=key, first=first), slicing, into["response_time"])
        for month, value, lost in rows(LOST):
            put("lost_requests", month, value, lost)


def durations(connection: Any, sql: str, slicing: str, into: dict[str, list[float]]) -> None:
    """Kaplan-Meier medians; DuckDB hands the durations over as arrays."""
    found = connection.execute(sql).fetchnumpy()
    codes, ended = np.asarray(found["code"]), np.asarray(found["ended"])
    values = medians(codes, np.asarray(found["seconds"]), ended)
    _, places = np.unique(codes, return_index=True)
    for place in places:
        key = found["key"][place]
        text = "" if key is None or key is np.ma.masked else str(key)
        into[cell(int(found["month"][place]), slicing, text)] = values[int(codes[place])]


if __name__ == "__main__":
    main(sys.argv[1])
