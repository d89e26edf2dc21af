"""DuckDB's part for inquiries and their answers. The portal has calls only: other channels are left out."""

from typing import Any

from tests.benchmarks.big_portal import AS_OF
from tests.benchmarks.questions import ANNOUNCED, LOST_AFTER, WORK_BEGINS, WORK_LASTS

# The working clock: whole working days before, and what of today's hours is over.
CLOCK = """
CREATE MACRO work_at(at_local) AS {lasts} * (
    (at_local // 86400 + 3) // 7 * 5 + LEAST((at_local // 86400 + 3) % 7, 5)
) + CASE WHEN (at_local // 86400 + 3) % 7 < 5
         THEN LEAST(GREATEST(at_local % 86400 - {begins}, 0), {lasts}) ELSE 0 END;
CREATE MACRO work(moment) AS work_at(moment + {offset});
"""

# `person` is whom one talks to: the company, the contact, what became of the lead, else the lead or deal itself.
PREPARE = """
CREATE TABLE lead_person AS
WITH bought AS (SELECT lead_id, ARG_MIN(customer, id) AS customer FROM deal
                WHERE lead_id > 0 AND customer IS NOT NULL GROUP BY lead_id),
made AS (SELECT lead_id, MIN(id) AS id FROM raw.contact WHERE lead_id > 0 AND deleted_at IS NULL GROUP BY lead_id),
founded AS (SELECT lead_id, MIN(id) AS id FROM raw.company WHERE lead_id > 0 AND deleted_at IS NULL GROUP BY lead_id)
SELECT l.id, l.date_create, l.source_id AS source, l.assigned_by_id AS manager, l.status_id = 'JUNK' AS is_junk,
       CASE WHEN l.status_semantic_id = 'S'
            THEN COALESCE(l.date_closed, l.moved_time, l.date_create) END AS converted_at,
       CASE WHEN l.company_id > 0 THEN 'company:' || l.company_id
            WHEN l.contact_id > 0 THEN 'contact:' || l.contact_id
            ELSE COALESCE(b.customer, 'company:' || f.id, 'contact:' || m.id, 'lead:' || l.id) END AS person
FROM raw.lead AS l LEFT JOIN bought AS b ON b.lead_id = l.id LEFT JOIN made AS m ON m.lead_id = l.id
LEFT JOIN founded AS f ON f.lead_id = l.id
WHERE l.deleted_at IS NULL;
CREATE TABLE talk AS
WITH call AS (
    SELECT id, COALESCE(start_time, created) AS moment, direction = 1 AS is_in,
           COALESCE(result_status, 0) <> 1 AS is_answered, responsible_id AS manager,
           CASE WHEN owner_type_id = 1 THEN owner_id END AS lead, CASE WHEN owner_type_id = 2 THEN owner_id END AS deal
    FROM raw.activity
    WHERE provider_id = 'VOXIMPLANT_CALL' AND deleted_at IS NULL AND owner_type_id IN (1, 2)
      AND (direction = 1 OR completed = 1 AND COALESCE(author_id, responsible_id) > 0)
),
dealt AS (
    SELECT d.id, d.source, COALESCE(d.customer, o.person, 'lead:' || d.lead_id, 'deal:' || d.id) AS person
    FROM deal AS d LEFT JOIN lead_person AS o ON o.id = d.lead_id
)
SELECT c.id, c.moment, c.is_in, c.is_answered, c.manager, c.lead,
       CASE WHEN c.deal IS NULL THEN l.source ELSE d.source END AS source,
       COALESCE(l.person, d.person, 'lead:' || c.lead, 'deal:' || c.deal) AS person
FROM call AS c LEFT JOIN lead_person AS l ON l.id = c.lead LEFT JOIN dealt AS d ON d.id = c.deal;
CREATE TABLE response AS
WITH inquiry AS (
    SELECT person, moment, is_answered, lead, manager, source FROM talk WHERE is_in
    UNION ALL
    SELECT l.person, l.date_create, FALSE, l.id, l.manager, l.source
    FROM lead_person AS l
    ANTI JOIN talk AS t ON t.lead = l.id AND t.is_in AND t.moment <= l.date_create + {announced}
),
reaction AS (
    SELECT person, moment, ARG_MIN(manager, id) AS manager FROM talk WHERE NOT is_in OR is_answered GROUP BY ALL
),
answered AS (
    SELECT person, moment, lead, source, manager, moment AS answered_at FROM inquiry WHERE is_answered
    UNION ALL
    SELECT i.person, i.moment, i.lead, i.source, COALESCE(r.manager, i.manager), r.moment
    FROM inquiry AS i ASOF LEFT JOIN reaction AS r ON r.person = i.person AND r.moment >= i.moment
    WHERE NOT i.is_answered
)
SELECT month_of(a.moment) AS month, a.manager, a.source, a.answered_at IS NOT NULL AS ended,
       work(COALESCE(a.answered_at, {as_of})) - work(a.moment) AS seconds,
       COALESCE(l.is_junk OR l.converted_at >= a.moment, FALSE) AS is_excused
FROM answered AS a LEFT JOIN lead_person AS l ON l.id = a.lead;
"""
RESPONSES = """
SELECT DENSE_RANK() OVER (ORDER BY month, {key}) AS code, month, {key} AS key, seconds, ended
FROM response WHERE month >= {first}
"""
LOST = f"""
SELECT month, {{key}}, COUNT(*) FILTER (NOT ended AND NOT is_excused AND seconds >= {LOST_AFTER})
FROM response WHERE month >= {{first}} GROUP BY ALL
"""


def prepare_responses(connection: Any, offset: str) -> None:
    """A table of inquiries; `offset` is SQL of how far local time is ahead at a `moment`."""
    connection.execute(CLOCK.format(begins=WORK_BEGINS, lasts=WORK_LASTS, offset=offset))
    connection.execute(PREPARE.format(announced=ANNOUNCED, as_of=AS_OF))
