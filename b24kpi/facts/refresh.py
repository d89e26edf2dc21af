"""Facts follow the cache: whole at first, then only for the owners whose rows changed (table `touched`)."""

import hashlib
import logging
from collections.abc import Iterator, Mapping
from fractions import Fraction
from zoneinfo import ZoneInfo

from b24kpi.cache import schema
from b24kpi.cache.journal import Journal
from b24kpi.cache.store import Store
from b24kpi.facts.definition import OWNER_KEYS, TEXT_OWNERS, Fact, load_facts
from b24kpi.facts.figures import Figures
from b24kpi.facts.functions import Rates, register

_log = logging.getLogger(__name__)

DEFAULTS = Figures()

_FINGERPRINT = "facts_fingerprint"
_NEWEST_RATES = "facts_newest_rates"  # day of the newest rates that facts have used

_STAGES = """
    SELECT entity_id, status_id, sort, id, semantics, deleted_at IS NULL FROM status
    WHERE entity_id LIKE 'DEAL\\_STAGE%' ESCAPE '\\' ORDER BY 1, 2"""


def refresh(store: Store, zone: ZoneInfo, currency: str, figures: Figures = DEFAULTS) -> None:
    """Bring all facts up to date, in one transaction; where they are, nothing is written or waited for.

    Args:
        zone: where days begin and end.
        currency: report currency; deals in others are converted.
        figures: what people gave.
    """
    rates = read_rates(store, currency)
    register(store.db.conn, zone, rates, figures)
    fingerprint = _fingerprint(store, zone, rates, figures)
    if _is_fresh(store, fingerprint, rates):
        return
    with store.transaction():
        store.db.execute("CREATE TEMP TABLE IF NOT EXISTS owner (id INTEGER PRIMARY KEY)")
        for kind in TEXT_OWNERS:
            store.db.execute(f"CREATE TEMP TABLE IF NOT EXISTS owner_{kind} ({kind} TEXT PRIMARY KEY)")
        if Journal(store).meta(_FINGERPRINT) != fingerprint:
            _rebuild(store)
            Journal(store).set_meta({_FINGERPRINT: fingerprint})
        else:
            _touch_converted(store, rates)
            _update(store)
        Journal(store).set_meta({_NEWEST_RATES: str(rates.newest_day)})
        store.db.execute("DELETE FROM touched")


def is_fresh(store: Store, zone: ZoneInfo, currency: str, figures: Figures = DEFAULTS) -> bool:
    """Whether `refresh` would leave everything as it is: nothing is written, so nobody need be kept out."""
    rates = read_rates(store, currency)
    register(store.db.conn, zone, rates, figures)
    return _is_fresh(store, _fingerprint(store, zone, rates, figures), rates)


def are_built(store: Store) -> bool:
    """Whether there are facts at all, fresh or not."""
    return bool(Journal(store).meta(_FINGERPRINT))


def _is_fresh(store: Store, fingerprint: str, rates: Rates) -> bool:
    journal = Journal(store)
    used = (journal.meta(_FINGERPRINT), journal.meta(_NEWEST_RATES))
    return used == (fingerprint, str(rates.newest_day)) and not store.query("SELECT 1 FROM touched LIMIT 1")


def read_rates(store: Store, currency: str) -> Rates:
    """Every snapshot of the cache, oldest first."""
    snapshots: dict[str, list[tuple[int, Fraction]]] = {}
    for code, day, amount, count in store.query(
        "SELECT currency, day, amount, amount_cnt FROM currency_rate WHERE amount > 0 AND amount_cnt > 0 ORDER BY day"
    ):
        snapshots.setdefault(code, []).append((day, Fraction(amount, 10_000 * count)))
    return Rates({code: tuple(days) for code, days in snapshots.items()}, currency)


def _fingerprint(store: Store, zone: ZoneInfo, rates: Rates, figures: Figures) -> str:
    """What all rows depend on: definitions, zone, currency, given figures, oldest rates, stages in their order.

    The id is part of it: it orders stages of the same sort.
    """
    parts = [zone.key, rates.currency, figures.of_facts, *(fact.text for fact in load_facts().values())]
    parts += sorted(f"{code} {days[0]}" for code, days in rates.snapshots.items())
    parts += map(str, store.query(_STAGES))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _rebuild(store: Store) -> None:
    _log.info("rebuilding facts")
    schema.create_indexes(store.db)
    for fact in load_facts().values():
        store.db.execute(f"DROP TABLE IF EXISTS {fact.table}")
        store.db.execute(fact.create)
        for owners in _shares(store, fact):
            _own(store, fact, owners)
            _fill(store, fact)
        for index in fact.indexes:
            store.db.execute(index)
    schema.watch_changes(store.db)
    # A sample tells the planner enough; reading every index through takes as long as making the facts of a tenth.
    store.db.execute("PRAGMA analysis_limit = 1000")
    store.db.execute("ANALYZE")


def _touch_converted(store: Store, rates: Rates) -> None:
    """New rates change what foreign deals are worth that are open, or were closed since the rates before."""
    before = int(Journal(store).meta(_NEWEST_RATES, "0"))
    if rates.newest_day > before:
        store.db.execute(
            "INSERT OR IGNORE INTO touched SELECT 'deal', deal_id FROM fact_deal "
            "WHERE currency_id <> ? AND (closed_day IS NULL OR closed_day > ?)",
            [rates.currency, before],
        )
        store.db.execute(_BOUGHT, {"before": before})


# Won since the rates before, with products, which may be bought in another currency, or were then.
_BOUGHT = """
    INSERT OR IGNORE INTO touched
    SELECT 'deal', d.deal_id FROM fact_deal AS d
    JOIN product_row AS r ON r.owner_id = d.deal_id AND r.owner_type_id = 2
    WHERE d.closed_day > :before"""

# Owners are taken in shares: what is computed at once then stays in the page cache, however big the portal.
_SHARE = 20_000
_EVERYONE = {
    "deal": ("id", "SELECT id FROM deal WHERE TRUE"),
    "lead": ("id", "SELECT id FROM lead WHERE TRUE"),
    "customer": ("customer", "SELECT DISTINCT customer FROM fact_deal WHERE customer IS NOT NULL"),
    "activity": ("id", "SELECT id FROM activity WHERE TRUE"),
    "worked_deal": ("id", "SELECT id FROM deal WHERE TRUE"),
    "call": ("id", "SELECT id FROM call WHERE TRUE"),
    "task": ("id", "SELECT id FROM task WHERE TRUE"),
}
# Who is found in several facts is found by reading all of them, so better once.
_TOGETHER = {
    "party": "SELECT party FROM fact_lead_card UNION SELECT party FROM fact_touch "
    "UNION SELECT customer FROM fact_deal WHERE customer IS NOT NULL",
}

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

_TOUCHED = {
    "deal": _TOUCHED_DEALS,
    "customer": "SELECT DISTINCT customer FROM touched_link WHERE customer IS NOT NULL",
    "lead": _TOUCHED_LEADS,
    "activity": _TOUCHED_ACTIVITIES,
    "worked_deal": _WORKED_DEALS,
    "party": "SELECT party FROM touched_party",
    "call": "SELECT id FROM touched WHERE kind = 'call'",
    "task": "SELECT id FROM touched WHERE kind = 'task'",
}


def _update(store: Store) -> None:
    """Compute again what changed, and what hangs on it: customers, leads and parties of rows, as they were and are."""
    for table in ("touched_link (customer TEXT, lead_id INTEGER)", "touched_party (party TEXT)"):
        store.db.execute(f"DROP TABLE IF EXISTS {table.partition(' ')[0]}")
        store.db.execute(f"CREATE TEMP TABLE {table}")
    _note_links(store)
    for fact in load_facts().values():
        if fact.owner == "customer":
            _note_links(store)
        if fact.owner in ("lead", "activity", "party"):
            _note_parties(store)
        _refill(store, fact, _TOUCHED)


def _note_links(store: Store) -> None:
    store.db.execute(
        f"INSERT INTO touched_link SELECT customer, lead_id FROM fact_deal WHERE deal_id IN ({_TOUCHED_DEALS})"
    )


def _shares(store: Store, fact: Fact) -> Iterator[Mapping[str, str]]:
    """All owners of a fact, some thousands at a time; all at once where they are found together or do not matter."""
    if fact.owner == "all":
        yield {}
        return
    if fact.owner in _TOGETHER:
        yield _TOGETHER
        return
    column, everyone = _EVERYONE[fact.owner]
    last = store.query(f"SELECT MIN({column}) FROM ({everyone})")[0][0]
    condition = ">="
    while last is not None:
        bound = last if isinstance(last, int) else f"'{last}'"
        share = f"{everyone} AND {column} {condition} {bound} ORDER BY {column} LIMIT {_SHARE}"
        yield {fact.owner: share}
        last, condition = store.query(f"SELECT MAX({column}) FROM ({share})")[0][0], ">"


def _fill(store: Store, fact: Fact) -> None:
    for table in fact.scratch:
        store.db.execute(table)
    for statement in (*fact.steps, fact.fill):
        store.db.execute(statement)
    for table in fact.scratch:
        store.db.execute(f"DROP TABLE {table.split()[3]}")


def _note_parties(store: Store) -> None:
    """Once before their rows are made again, and once after."""
    store.db.execute(
        f"INSERT INTO touched_party SELECT party FROM fact_touch WHERE activity_id IN ({_TOUCHED_ACTIVITIES}) "
        f"UNION SELECT party FROM fact_lead_card WHERE lead_id IN ({_TOUCHED_LEADS}) "
        "UNION SELECT customer FROM touched_link WHERE customer IS NOT NULL"
    )


def _refill(store: Store, fact: Fact, owners: Mapping[str, str]) -> None:
    if fact.owner == "all":
        store.db.execute(f"DELETE FROM {fact.table}")
    else:
        _own(store, fact, owners)
        store.db.execute(f"DELETE FROM {fact.table} WHERE {OWNER_KEYS[fact.owner]} IN (SELECT * FROM {_owners(fact)})")
    _fill(store, fact)


def _own(store: Store, fact: Fact, owners: Mapping[str, str]) -> None:
    if fact.owner != "all":
        store.db.execute(f"DELETE FROM {_owners(fact)}")
        store.db.execute(f"INSERT OR IGNORE INTO {_owners(fact)} {owners[fact.owner]}")


def _owners(fact: Fact) -> str:
    """The temporary table of the owners whose rows are made."""
    return f"owner_{fact.owner}" if fact.owner in TEXT_OWNERS else "owner"
