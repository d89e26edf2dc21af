"""Owners of facts in temporary tables: everyone, some thousands at a time, or those whose rows have changed."""

from collections.abc import Collection, Mapping
from threading import Lock
from typing import Any

from b24kpi.cache.store import Store
from b24kpi.facts.arrays import BLOCK
from b24kpi.facts.definition import OWNER_KEYS, TEXT_OWNERS, Fact

_BUYERS = "(SELECT DISTINCT customer FROM fact_deal WHERE outcome = 'won' AND customer IS NOT NULL)"

# Owners are taken in shares: what is computed at once then stays in the page cache, however big the portal. Rows of
# customers lie in the order of deals, or days: small shares would each write nearly every page, so there are two.
SHARE = 20_000
SHARES = {"customer": f"MIN(1000000, (SELECT COUNT(*) / 2 + 1 FROM {_BUYERS}))", "deal_block": SHARE // BLOCK}

NOTHING: Mapping[str, int | str | None] = {}

# From one block to the next that has a deal: two searches for each, instead of a look at every deal.
_BLOCKS = f"""
    INSERT INTO everyone_block
    WITH RECURSIVE block(id) AS (
        SELECT MIN(id) / {BLOCK} FROM deal
        UNION ALL
        SELECT (SELECT MIN(d.id) / {BLOCK} FROM deal AS d WHERE d.id >= (block.id + 1) * {BLOCK}) FROM block
        WHERE block.id IS NOT NULL
    ) SELECT id FROM block WHERE id IS NOT NULL"""

# kind → its owners' column, and a table or query of all of them.
_EVERYONE = {
    "deal": ("id", "deal"),
    "lead": ("id", "lead"),
    "customer": ("customer", _BUYERS),
    "activity": ("id", "activity"),
    "worked_deal": ("id", "deal"),
    "party": ("party", "everyone_party"),
    "win": ("id", "deal"),
    "call": ("id", "call"),
    "task": ("id", "task"),
    "deal_block": ("id", "everyone_block"),
}
# Those of deals and leads, and what contacts are noted at beside these, or where these are gone.
_PARTIES = """
    INSERT INTO everyone_party
    SELECT DISTINCT party FROM fact_lead_card
    UNION SELECT * FROM (SELECT DISTINCT customer FROM fact_deal WHERE customer IS NOT NULL)
    UNION SELECT COALESCE('lead:' || lead_id, 'deal:' || deal_id) FROM fact_deal WHERE customer IS NULL
    UNION SELECT 'contact:' || owner_id FROM activity WHERE owner_type_id = 3 AND owner_id > 0
    UNION SELECT 'company:' || owner_id FROM activity WHERE owner_type_id = 4 AND owner_id > 0
    UNION SELECT 'lead:' || a.owner_id
    FROM (SELECT DISTINCT owner_id FROM activity WHERE owner_type_id = 1 AND owner_id > 0) AS a
    LEFT JOIN fact_lead_card AS l ON l.lead_id = a.owner_id WHERE l.lead_id IS NULL
    UNION SELECT 'deal:' || a.owner_id
    FROM (SELECT DISTINCT owner_id FROM activity WHERE owner_type_id = 2 AND owner_id > 0) AS a
    LEFT JOIN fact_deal AS d ON d.deal_id = a.owner_id WHERE d.deal_id IS NULL"""
_LISTS = {"party": _PARTIES, "deal_block": _BLOCKS}

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
    "deal_block": f"""
        SELECT id / {BLOCK} FROM touched_deal UNION ALL SELECT id / {BLOCK} FROM touched WHERE kind = 'deal_work'""",
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


class Everyone:
    """All owners of a fact, handed out share by share to those who fill it: one may begin with the first of them, and
    another one meanwhile with the last.
    """

    def __init__(self, fact: Fact) -> None:
        self._fact = fact
        self._turn = Lock()
        self._is_over = False
        self._after: int | str | None = None
        self._before: int | str | None = None

    def take(self, connection: Any, from_end: bool = False) -> bool:
        """Put the next share into the connection's table of owners; whether there was anybody left.

        All of a fact that is made at once are one share, and that table holds nobody.
        """
        if self._fact.owner == "all":
            is_first, self._is_over = not self._is_over, True
            return is_first
        among = _everyone(connection, self._fact)
        with self._turn:
            self._is_over = self._is_over or not self._take(connection, among, from_end)
            return not self._is_over

    def end(self) -> None:
        """Nobody is handed out any more."""
        self._is_over = True

    def _take(self, connection: Any, among: tuple[str, str], from_end: bool) -> bool:
        column, everyone = among
        limits = {f"{column} > :after": self._after, f"{column} < :before": self._before}
        bounds = " AND ".join(condition for condition, limit in limits.items() if limit is not None)
        order = f"ORDER BY 1 {'DESC' if from_end else 'ASC'} LIMIT {SHARES.get(self._fact.owner, SHARE)}"
        share = f"SELECT {column} FROM {everyone} WHERE {bounds or 'TRUE'} {order}"
        ends = {"after": self._after, "before": self._before}
        own(connection, self._fact, f"SELECT * FROM ({share}) ORDER BY 1", ends)
        both = f"MIN({owner_column(self._fact)}), MAX({owner_column(self._fact)})"
        first, last = connection.execute(f"SELECT {both} FROM {owner_table(self._fact)}").fetchone()
        if last is not None:
            self._after, self._before = (self._after, first) if from_end else (last, self._before)
        return last is not None


def own(connection: Any, fact: Fact, owners: str, parameters: Mapping[str, int | str | None] = NOTHING) -> None:
    """Put the owners that a query finds in the place of those before."""
    connection.execute(f"DELETE FROM {owner_table(fact)}")
    connection.execute(f"INSERT OR IGNORE INTO {owner_table(fact)} {owners}", parameters)


def _everyone(connection: Any, fact: Fact) -> tuple[str, str]:
    """The owners' column, and a table or query of all of them."""
    column, everyone = _EVERYONE[fact.owner]
    if fact.owner in _LISTS and not connection.execute(f"SELECT 1 FROM {everyone} LIMIT 1").fetchone():
        connection.execute(_LISTS[fact.owner])
    return column, everyone


def owner_table(fact: Fact) -> str:
    """The temporary table of the owners whose rows are made."""
    return f"owner_{fact.owner}" if fact.owner in TEXT_OWNERS else "owner"


def owner_column(fact: Fact) -> str:
    """The only column of that table."""
    return OWNER_KEYS[fact.owner] if fact.owner in TEXT_OWNERS else "id"
