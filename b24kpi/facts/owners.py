"""Owners of facts in temporary tables: those whose rows have changed, and those who hang on them."""

from collections.abc import Collection, Mapping
from typing import Any

from b24kpi.cache.store import Store
from b24kpi.facts.arrays import BLOCK
from b24kpi.facts.definition import OWNER_KEYS, TEXT_OWNERS, Fact

# Owners whose rows are computed at once: what is looked at then stays in the page cache, however big the portal.
SHARE = 20_000

NOTHING: Mapping[str, int | str | None] = {}

# What is noted of a refresh, in temporary tables: who has changed, and who hangs on that, as it was and as it is. The
# tables of days are filled where facts are made whole: looking there is quicker than `local_day` and `work_clock`.
_TABLES = {
    "day_border": "number INTEGER PRIMARY KEY, border INTEGER, before INTEGER, after INTEGER",
    "work_day": "begin INTEGER PRIMARY KEY, reading INTEGER, until INTEGER",
    "owner": "id INTEGER PRIMARY KEY",
    **{f"owner_{kind}": f"{kind} TEXT PRIMARY KEY" for kind in TEXT_OWNERS},
    "everyone_party": "party TEXT PRIMARY KEY",
    "everyone_block": "id INTEGER PRIMARY KEY",
    "touched_deal": "id INTEGER PRIMARY KEY",
    "touched_link": "customer TEXT, lead_id INTEGER",
    "touched_lead": "id INTEGER PRIMARY KEY",
    "touched_activity": "id INTEGER PRIMARY KEY",
    "touched_party": "party TEXT PRIMARY KEY",
}

# CROSS JOIN keeps SQLite to the order: from the few that are touched to what is found by an index.
_DEALS = """
    INSERT OR IGNORE INTO touched_deal
    SELECT id FROM touched WHERE kind = 'deal'
    UNION ALL
    SELECT d.id FROM touched AS t CROSS JOIN deal AS d ON d.lead_id = t.id AND d.lead_id > 0
    WHERE t.kind = 'deal_of_lead'"""

_DEALS_OF_PRODUCTS = """
    INSERT OR IGNORE INTO touched_deal
    SELECT r.owner_id FROM touched AS t CROSS JOIN product_row AS r ON r.product_id = t.id AND r.product_id > 0
    WHERE t.kind = 'product' AND r.owner_type_id = 2"""

_LINKS = """
    INSERT INTO touched_link
    SELECT f.customer, f.lead_id FROM touched_deal AS t CROSS JOIN fact_deal AS f ON f.deal_id = t.id"""

_LEADS = """
    INSERT OR IGNORE INTO touched_lead
    WITH customer AS MATERIALIZED (
        SELECT DISTINCT substr(customer, 1, 7) AS kind, CAST(substr(customer, 9) AS INTEGER) AS id FROM touched_link
        WHERE customer IS NOT NULL
    )
    SELECT id FROM touched WHERE kind = 'lead'
    UNION ALL
    SELECT lead_id FROM touched_link WHERE lead_id IS NOT NULL
    UNION ALL
    SELECT l.id FROM customer AS c CROSS JOIN lead AS l ON l.company_id = c.id AND l.company_id > 0
    WHERE c.kind = 'company'
    UNION ALL
    SELECT l.id FROM customer AS c CROSS JOIN lead AS l ON l.contact_id = c.id AND l.contact_id > 0
    WHERE c.kind = 'contact'
    UNION ALL
    SELECT p.lead_id FROM customer AS c CROSS JOIN company AS p ON p.id = c.id
    WHERE c.kind = 'company' AND p.lead_id > 0
    UNION ALL
    SELECT p.lead_id FROM customer AS c CROSS JOIN contact AS p ON p.id = c.id
    WHERE c.kind = 'contact' AND p.lead_id > 0"""

_ACTIVITIES = "INSERT OR IGNORE INTO touched_activity SELECT id FROM touched WHERE kind = 'activity'"

_ACTIVITIES_OF_TOUCHED = """
    INSERT OR IGNORE INTO touched_activity
    SELECT a.id FROM touched_deal AS t CROSS JOIN activity AS a ON a.owner_type_id = 2 AND a.owner_id = t.id
    UNION ALL
    SELECT a.id FROM touched_lead AS t CROSS JOIN deal AS d ON d.lead_id = t.id AND d.lead_id > 0
    CROSS JOIN activity AS a ON a.owner_type_id = 2 AND a.owner_id = d.id
    UNION ALL
    SELECT a.id FROM touched_lead AS t CROSS JOIN activity AS a ON a.owner_type_id = 1 AND a.owner_id = t.id"""

_WORKED_LEADS = """
    SELECT id FROM touched WHERE kind = 'lead_work'
    UNION ALL
    SELECT a.owner_id FROM touched AS t CROSS JOIN activity AS a ON a.id = t.id
    WHERE t.kind = 'activity' AND a.owner_type_id = 1"""

_WORKED_DEALS = f"""
    SELECT id FROM touched_deal
    UNION ALL
    SELECT id FROM touched WHERE kind = 'deal_work'
    UNION ALL
    SELECT a.owner_id FROM touched AS t CROSS JOIN activity AS a ON a.id = t.id
    WHERE t.kind = 'activity' AND a.owner_type_id = 2
    UNION ALL
    SELECT d.id FROM ({_WORKED_LEADS}) AS w CROSS JOIN deal AS d ON d.lead_id = w.id AND d.lead_id > 0"""

# Whoever something is noted at, or was: by the deals and leads that have changed or at which something is noted.
_PARTIES_OF_TOUCHED = f"""
    INSERT OR IGNORE INTO touched_party
    WITH worked_lead AS (SELECT id FROM touched_lead UNION {_WORKED_LEADS}),
    worked_deal AS (
        {_WORKED_DEALS}
        UNION ALL
        SELECT d.id FROM touched_lead AS t CROSS JOIN deal AS d ON d.lead_id = t.id AND d.lead_id > 0
    )
    SELECT 'lead:' || id FROM worked_lead
    UNION ALL
    SELECT l.party FROM worked_lead AS w CROSS JOIN fact_lead_card AS l ON l.lead_id = w.id
    UNION ALL
    SELECT COALESCE(d.customer, l.party, 'lead:' || d.lead_id, 'deal:' || w.id)
    FROM worked_deal AS w
    LEFT JOIN fact_deal AS d ON d.deal_id = w.id
    LEFT JOIN fact_lead_card AS l ON l.lead_id = CASE WHEN d.customer IS NULL THEN d.lead_id END
    UNION ALL
    SELECT replace(kind, '_work', ':') || id FROM touched WHERE kind IN ('contact_work', 'company_work')
    UNION ALL
    SELECT CASE a.owner_type_id WHEN 3 THEN 'contact:' ELSE 'company:' END || a.owner_id
    FROM touched AS t CROSS JOIN activity AS a ON a.id = t.id
    WHERE t.kind = 'activity' AND a.owner_type_id IN (3, 4)
    UNION ALL
    SELECT customer FROM touched_link WHERE customer IS NOT NULL"""

# When it is noted who has changed: before all facts, and once the deals and the leads are made, by what they are
# linked with then. Moment → (statement, the fact without which nobody asks for it).
_NOTES = {
    "": (
        *((_DEALS, "stay"), (_DEALS_OF_PRODUCTS, "product_sale"), (_LINKS, "deal"), (_ACTIVITIES, "")),
        (_PARTIES_OF_TOUCHED, "lead_card"),
    ),
    "deal": ((_LINKS, "deal"), (_LEADS, "lead"), (_ACTIVITIES_OF_TOUCHED, "touch"), (_PARTIES_OF_TOUCHED, "lead_card")),
    "lead_card": ((_PARTIES_OF_TOUCHED, "lead_card"),),
}

# Deals whose way to the win may be another one: changed themselves, or something about their customer or contact.
_WINS = f"""
    {_WORKED_DEALS}
    UNION ALL
    SELECT d.deal_id FROM touched_party AS p CROSS JOIN fact_deal AS d ON d.customer = p.party
    UNION ALL
    SELECT d.id FROM touched_party AS p
    CROSS JOIN deal AS d ON d.contact_id = CAST(substr(p.party, 9) AS INTEGER) AND d.contact_id > 0
    WHERE p.party LIKE 'contact:%'
    UNION ALL
    SELECT d.deal_id FROM touched AS t CROSS JOIN fact_deal AS d ON d.customer = 'company:' || t.id
    WHERE t.kind = 'company'
    UNION ALL
    SELECT d.id FROM touched AS t CROSS JOIN deal AS d ON d.contact_id = t.id AND d.contact_id > 0
    WHERE t.kind = 'contact'"""

TOUCHED = {
    "deal": "SELECT id FROM touched_deal",
    "customer": "SELECT customer FROM touched_link WHERE customer IS NOT NULL",
    "lead": "SELECT id FROM touched_lead",
    "activity": "SELECT id FROM touched_activity",
    "worked_deal": _WORKED_DEALS,
    "party": "SELECT party FROM touched_party",
    "win": _WINS,
    "call": "SELECT id FROM touched WHERE kind = 'call'",
    "task": "SELECT id FROM touched WHERE kind = 'task'",
    "deal_block": f"SELECT id / {BLOCK} FROM touched_deal",
    # Of a deal that is new in a block without a row, activities may have been there before it.
    "worked_block": f"""
        SELECT id / {BLOCK} FROM touched WHERE kind = 'deal_work'
        UNION ALL
        SELECT t.id / {BLOCK} FROM touched_deal AS t
        LEFT JOIN fact_course_activity AS c ON c.block = t.id / {BLOCK} WHERE c.block IS NULL""",
}


def note(store: Store, made: Collection[str], after: str = "") -> None:
    """Note who has changed, and who hangs on that, once the fact `after` is made; "" is before all.

    Args:
        made: the facts that there are.
    """
    for statement, fact in _NOTES.get(after, ()):
        if not fact or fact in made:
            store.db.execute(statement)


def create_tables(connection: Any) -> None:
    """The temporary tables of owners, empty ones.

    The planner is told that they hold a share, else it takes them for a million and reads whole tables for them.
    """
    for name, columns in _TABLES.items():
        connection.execute(f"DROP TABLE IF EXISTS temp.{name}")
        connection.execute(f"CREATE TEMP TABLE {name} ({columns})")
        connection.execute(f"INSERT INTO {name} DEFAULT VALUES")
        connection.execute(f"ANALYZE temp.{name}")
        connection.execute(f"DELETE FROM {name}")
    connection.execute(f"UPDATE temp.sqlite_stat1 SET stat = '{SHARE} 1'")
    connection.execute("ANALYZE temp.sqlite_schema")  # reads the figures again


def own(connection: Any, fact: Fact, owners: str, parameters: Mapping[str, int | str | None] = NOTHING) -> None:
    """Put the owners that a query finds in the place of those before."""
    connection.execute(f"DELETE FROM {owner_table(fact)}")
    connection.execute(f"INSERT OR IGNORE INTO {owner_table(fact)} {owners}", parameters)


def owner_table(fact: Fact) -> str:
    """The temporary table of the owners whose rows are made."""
    return f"owner_{fact.owner}" if fact.owner in TEXT_OWNERS else "owner"


def owner_column(fact: Fact) -> str:
    """The only column of that table."""
    return OWNER_KEYS[fact.owner] if fact.owner in TEXT_OWNERS else "id"
