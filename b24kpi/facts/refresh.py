"""Facts follow the cache: made whole when they are first asked for, then only for the owners whose rows changed.

Nobody who asks for sales waits for millions of contacts. Which facts there are stands in the cache's `meta`; whose rows
changed, in its table `touched`.
"""

import hashlib
import logging
from collections.abc import Callable, Collection, Iterable
from fractions import Fraction
from zoneinfo import ZoneInfo

from b24kpi.cache import schema
from b24kpi.cache.journal import Journal
from b24kpi.cache.one_state import released
from b24kpi.cache.store import Store
from b24kpi.facts.arrays import BLOCK
from b24kpi.facts.definition import load_facts, with_needs
from b24kpi.facts.figures import Figures
from b24kpi.facts.functions import Rates, register
from b24kpi.facts.making import How, drop, make_whole
from b24kpi.facts.mapped_rows import mapped_rows
from b24kpi.facts.on_demand import asked_for, facts_of, make_indexes, missing_indexes
from b24kpi.facts.owners import TOUCHED, create_tables, note, own
from b24kpi.facts.refilling import refill

_log = logging.getLogger(__name__)

DEFAULTS = Figures()

_FINGERPRINT = "facts_fingerprint"
_MADE = "facts_made"  # names of the facts that there are, with spaces between them
_NEWEST_RATES = "facts_newest_rates"  # day of the newest rates that facts have used

_STAGES = """
    SELECT entity_id, status_id, sort, id, semantics, deleted_at IS NULL FROM status
    WHERE entity_id LIKE 'DEAL\\_STAGE%' ESCAPE '\\' ORDER BY 1, 2"""


def refresh(
    store: Store,
    zone: ZoneInfo,
    currency: str,
    figures: Figures = DEFAULTS,
    wanted: Iterable[str] | None = None,
) -> None:
    """Bring the facts that there are up to date, in one transaction, and make those that are wanted.

    Where nothing is to be done, nothing is written or waited for. What nobody has wanted yet is not there at all.

    Args:
        zone: where days begin and end.
        currency: report currency; deals in others are converted.
        figures: what people gave.
        wanted: names of facts, and of indexes on demand, that have to be there; None stands for all facts.
    """
    rates = read_rates(store, currency)
    register(store.db.conn, zone, rates, figures)
    fingerprint = _fingerprint(store, zone, rates, figures)
    names = load_facts().keys() if wanted is None else frozenset(wanted)
    asked = with_needs(facts_of(names))
    if asked <= made_facts(store) and not missing_indexes(store, names) and _is_fresh(store, fingerprint, rates):
        return
    with store.unheard(), mapped_rows(store, figures.mapped):
        create_tables(store.db.conn)
        with store.transaction():
            if Journal(store).meta(_FINGERPRINT) == fingerprint:
                _touch_converted(store, rates)
                _update(store)
            else:
                _forget(store)
            Journal(store).set_meta({_FINGERPRINT: fingerprint, _NEWEST_RATES: str(rates.newest_day)})
            store.db.execute("DELETE FROM touched")
        _make(store, How(zone, rates, figures), asked - made_facts(store))
        make_indexes(store, missing_indexes(store, names))


def is_fresh(store: Store, zone: ZoneInfo, currency: str, figures: Figures = DEFAULTS) -> bool:
    """Whether `refresh` would leave the facts that there are as they are: it writes nothing then."""
    rates = read_rates(store, currency)
    register(store.db.conn, zone, rates, figures)
    return _is_fresh(store, _fingerprint(store, zone, rates, figures), rates)


def are_built(store: Store) -> bool:
    """Whether facts have ever been asked for, fresh or not."""
    return bool(Journal(store).meta(_FINGERPRINT))


def made_facts(store: Store) -> frozenset[str]:
    """The facts that there are, fresh or not."""
    return frozenset(Journal(store).meta(_MADE).split())


def make_when_named(store: Store, make: Callable[[Collection[str]], None]) -> None:
    """From now on each statement finds the facts that it names, and the indexes on demand that it would use.

    Args:
        make: is called with the names of those that are not there yet.
    """

    def bring(statement: str) -> None:
        if missing := missing_for(store, statement):
            with released(store):
                make(missing)

    store.listen(bring)


def missing_for(store: Store, statement: str) -> frozenset[str]:
    """The facts that a statement names, and the indexes on demand that it would use, as far as they are not there."""
    asked = asked_for(statement)
    return (asked & load_facts().keys()) - made_facts(store) | missing_indexes(store, asked) if asked else asked


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
    """What all rows depend on: definitions, zone, currency, given figures, oldest rates, stages in their order, blocks.

    The id is part of it: it orders stages of the same sort.
    """
    parts = [zone.key, rates.currency, figures.of_facts, str(BLOCK), *(fact.text for fact in load_facts().values())]
    parts += sorted(f"{code} {days[0]}" for code, days in rates.snapshots.items())
    parts += map(str, store.query(_STAGES))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _forget(store: Store) -> None:
    """Begin anew, without any fact; from now on it is noted what changes."""
    for fact in load_facts().values():
        drop(store, fact)
    Journal(store).set_meta({_MADE: ""})
    schema.watch_changes(store.db)


def _make(store: Store, how: How, names: Collection[str]) -> None:
    """Make facts whole that are not there; the others that they need are. They count as made once all of them are."""
    if names:
        _log.info("making facts: %s", ", ".join(sorted(names)))
        make_whole(store, how, [fact for name, fact in load_facts().items() if name in names])
        Journal(store).set_meta({_MADE: " ".join(sorted({*made_facts(store), *names}))})


def _touch_converted(store: Store, rates: Rates) -> None:
    """New rates change what foreign deals are worth that are open, or were closed since the rates before."""
    before = int(Journal(store).meta(_NEWEST_RATES, "0"))
    if rates.newest_day > before and "deal" in made_facts(store):
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


def _update(store: Store) -> None:
    """Compute again what changed, and what hangs on it: customers, leads and parties of rows, as they were and are."""
    made = made_facts(store)
    note(store, made)
    for name, fact in load_facts().items():
        if name in made and not fact.is_view:
            if fact.owner in TOUCHED:
                own(store.db.conn, fact, TOUCHED[fact.owner])
            refill(store.db.conn, fact)
        note(store, made, after=name)
