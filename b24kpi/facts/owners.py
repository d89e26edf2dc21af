"""Owners of facts in temporary tables: everyone, some thousands at a time, or those whose rows have changed."""

from collections.abc import Iterator

from b24kpi.cache.store import Store
from b24kpi.facts.definition import OWNER_KEYS, TEXT_OWNERS, Fact

# Owners are taken in shares: what is computed at once then stays in the page cache, however big the portal.
SHARE = 20_000

# kind → its owners' column, and a table or query of all of them.
_EVERYONE = {
    "deal": ("id", "deal"),
    "lead": ("id", "lead"),
    "customer": ("customer", "(SELECT DISTINCT customer FROM fact_deal WHERE customer IS NOT NULL)"),
    "activity": ("id", "activity"),
    "worked_deal": ("id", "deal"),
    "party": ("party", "everyone_party"),
    "call": ("id", "call"),
    "task": ("id", "task"),
}
# Parties are found in several facts, which are read for all of their facts once.
_PARTIES = """
    INSERT INTO everyone_party
    SELECT party FROM fact_lead_card UNION SELECT party FROM (SELECT DISTINCT party FROM fact_touch)
    UNION SELECT customer FROM fact_deal WHERE customer IS NOT NULL"""

_TOUCHED_DEALS = """
    SELECT id FROM touched WHERE kind = 'deal'
    UNION SELECT d.id FROM touched AS t JOIN deal AS d ON d.lead_id = t.id WHERE t.kind = 'deal_of_lead'
    UNION SELECT r.owner_id FROM touched AS t JOIN product_row AS r ON r.product_id = t.id AND r.product_id > 0
          WHERE t.kind = 'product' AND r.owner_type_id = 2"""

_TOUCHED_LEADS = """
    SELECT id FROM touched WHERE kind = 'lead'
    UNION SELECT lead_id FROM touched_link WHERE lead_id IS NOT NULL
    UNION SELECT l.id FROM touched_link AS t JOIN lead AS l ON l.company_id = CAST(substr(t.customer, 9) AS INTEGER)
          WHERE t.customer LIKE 'company:%' AND l.company_id > 0
    UNION SELECT l.id FROM touched_link AS t JOIN lead AS l ON l.contact_id = CAST(substr(t.customer, 9) AS INTEGER)
          WHERE t.customer LIKE 'contact:%' AND l.contact_id > 0
    UNION SELECT c.lead_id FROM touched_link AS t JOIN company AS c ON c.id = CAST(substr(t.customer, 9) AS INTEGER)
          WHERE t.customer LIKE 'company:%' AND c.lead_id > 0
    UNION SELECT c.lead_id FROM touched_link AS t JOIN contact AS c ON c.id = CAST(substr(t.customer, 9) AS INTEGER)
          WHERE t.customer LIKE 'contact:%' AND c.lead_id > 0"""


_TOUCHED_ACTIVITIES = f"""
    SELECT id FROM touched WHERE kind = 'activity'
    UNION SELECT a.id FROM activity AS a WHERE a.owner_type_id = 2 AND a.owner_id IN ({_TOUCHED_DEALS})
    UNION SELECT a.id FROM deal AS d JOIN activity AS a ON a.owner_type_id = 2 AND a.owner_id = d.id
          WHERE d.lead_id > 0 AND d.lead_id IN ({_TOUCHED_LEADS})
    UNION SELECT a.id FROM activity AS a WHERE a.owner_type_id = 1 AND a.owner_id IN ({_TOUCHED_LEADS})"""

_WORKED_LEADS = """
    SELECT id FROM touched WHERE kind = 'lead_work'
    UNION SELECT a.owner_id FROM touched AS t JOIN activity AS a ON a.id = t.id
          WHERE t.kind = 'activity' AND a.owner_type_id = 1"""

_WORKED_DEALS = f"""{_TOUCHED_DEALS}
    UNION SELECT id FROM touched WHERE kind = 'deal_work'
    UNION SELECT a.owner_id FROM touched AS t JOIN activity AS a ON a.id = t.id
          WHERE t.kind = 'activity' AND a.owner_type_id = 2
    UNION SELECT id FROM deal WHERE lead_id > 0 AND lead_id IN ({_WORKED_LEADS})"""

TOUCHED = {
    "deal": _TOUCHED_DEALS,
    "customer": "SELECT DISTINCT customer FROM touched_link WHERE customer IS NOT NULL",
    "lead": _TOUCHED_LEADS,
    "activity": _TOUCHED_ACTIVITIES,
    "worked_deal": _WORKED_DEALS,
    "party": "SELECT party FROM touched_party",
    "call": "SELECT id FROM touched WHERE kind = 'call'",
    "task": "SELECT id FROM touched WHERE kind = 'task'",
}

_TABLES = {
    "owner": "id INTEGER PRIMARY KEY",
    **{f"owner_{kind}": f"{kind} TEXT PRIMARY KEY" for kind in TEXT_OWNERS},
    "everyone_party": "party TEXT PRIMARY KEY",
    "touched_link": "customer TEXT, lead_id INTEGER",
    "touched_party": "party TEXT",
}


def create_tables(store: Store) -> None:
    """The temporary tables of owners, empty ones.

    The planner is told that they hold a share, else it takes them for a million and reads whole tables for them.
    """
    for name, columns in _TABLES.items():
        store.db.execute(f"DROP TABLE IF EXISTS temp.{name}")
        store.db.execute(f"CREATE TEMP TABLE {name} ({columns})")
        store.db.execute(f"INSERT INTO {name} DEFAULT VALUES")
        store.db.execute(f"ANALYZE temp.{name}")
        store.db.execute(f"DELETE FROM {name}")
    store.db.execute(f"UPDATE temp.sqlite_stat1 SET stat = '{SHARE} 1'")
    store.db.execute("ANALYZE temp.sqlite_schema")  # reads the figures again


def shares(store: Store, fact: Fact) -> Iterator[None]:
    """Everyone a fact may have rows of, share by share in its table of owners; all at once where that holds nobody."""
    if fact.owner == "all":
        yield
        return
    if fact.owner == "party" and not store.query("SELECT 1 FROM everyone_party LIMIT 1"):
        store.db.execute(_PARTIES)
    column, everyone = _EVERYONE[fact.owner]
    select, last = f"SELECT {column} FROM {everyone}", None
    while True:
        further = "" if last is None else f"WHERE {column} > :last"
        own(store, fact, f"{select} {further} ORDER BY 1 LIMIT {SHARE}", last)
        last = store.query(f"SELECT MAX({owner_column(fact)}) FROM {owner_table(fact)}")[0][0]
        if last is None:
            return
        yield


def own(store: Store, fact: Fact, owners: str, last: object = None) -> None:
    """Put the owners that a query finds in the place of those before; `last` is its parameter."""
    store.db.execute(f"DELETE FROM {owner_table(fact)}")
    store.db.execute(f"INSERT OR IGNORE INTO {owner_table(fact)} {owners}", {"last": last})


def owner_table(fact: Fact) -> str:
    """The temporary table of the owners whose rows are made."""
    return f"owner_{fact.owner}" if fact.owner in TEXT_OWNERS else "owner"


def owner_column(fact: Fact) -> str:
    """The only column of that table."""
    return OWNER_KEYS[fact.owner] if fact.owner in TEXT_OWNERS else "id"
