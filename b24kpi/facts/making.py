"""Facts made whole, share by share: of a big cache by two connections at once, each in a process of its own.

The second one begins with the last owners and fills tables of its own, which have the same names and hide those of the
cache. The first one makes indexes that have been waiting, then begins with the first owners. Where they meet the fact
is done, and the rows of the second are added to the cache.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from b24kpi.cache import schema
from b24kpi.cache.store import SORTERS, Store
from b24kpi.facts.definition import OWNER_KEYS, Fact
from b24kpi.facts.everyone import Everyone
from b24kpi.facts.figures import Figures
from b24kpi.facts.functions import Rates, day_borders, register
from b24kpi.facts.owners import create_tables
from b24kpi.facts.waiting import WaitingIndexes, words
from b24kpi.facts.work_calendar import WorkCalendar

if TYPE_CHECKING:
    from b24kpi.cache.far_connection import FarConnection

_ROOM = -65_536  # kilobytes of pages in memory while all facts are made
_AROUND = 31_536_000  # seconds: a year before the first deal and after the last
_LONGEST = 4_000_000_000  # rows: what fits into 32 bits

_FEW = 2  # indexes that are waited for without making a fact meanwhile

_EDGES = "SELECT date_create FROM deal WHERE id IN ((SELECT MIN(id) FROM deal), (SELECT MAX(id) FROM deal))"


@dataclass(frozen=True)
class How:
    """What the functions that fact files use are made of: see `functions.register`."""

    zone: ZoneInfo
    rates: Rates
    figures: Figures


def make_whole(store: Store, how: How, facts: Collection[Fact]) -> None:
    """Make facts that are not there, each after those it needs.

    The temporary tables of owners must be there, and the functions be known to the cache's connection.
    """
    for fact in facts:
        drop(store, fact)  # before others look at the cache: they would take what is left of a run for there already
    _fill_days(store.db.conn, how)
    can_share = any(fact.owner in OWNER_KEYS for fact in facts)
    beside = store.beside(partial(_prepare, how)) if can_share else nullcontext()
    with _room(store), store.sorting() as sorter, beside as helper:
        waiting = WaitingIndexes(schema.indexing(words(facts)), facts)
        _Maker(store, sorter, helper, waiting).make_all(facts)
    analyse(store)


def _prepare(how: How, helper: Any) -> None:
    register(helper, how.zone, how.rates, how.figures)
    create_tables(helper)
    _fill_days(helper, how)


def fill(connection: Any, fact: Fact) -> None:
    """Compute the rows of the owners that stand in the fact's table of owners."""
    for table in fact.scratch:
        connection.execute(table)
    for statement in (*fact.steps, fact.fill):
        connection.execute(statement)
    for table in fact.scratch:
        connection.execute(f"DROP TABLE {table.split()[3]}")


def drop(store: Store, fact: Fact) -> None:
    """What there is of it, a table or, in another edition, a view."""
    for (kind,) in store.query("SELECT type FROM sqlite_master WHERE name = ?", (fact.table,)):
        store.db.execute(f"DROP {kind} {fact.table}")


class _Maker:
    """Makes facts, group after group.

    Args:
        sorter: the connection for indexes.
        helper: the connection that fills its own tables; None where there is none.
        waiting: the indexes.
    """

    def __init__(self, store: Store, sorter: Any, helper: "FarConnection | None", waiting: WaitingIndexes) -> None:
        self._store = store
        self._sorter = sorter
        self._helper = helper
        self._waiting = waiting

    def make_all(self, facts: Collection[Fact]) -> None:
        """Make each after those that it needs, and in the end the indexes that still wait."""
        *groups, last = _groups(facts)
        for place, group in enumerate(groups):
            to_come = {fact.name for later in groups[place:] for fact in later}
            beside = [fact for fact in last if not to_come & {*fact.needs}]
            if sum(len(self._waiting.before(fact)) for fact in group) > _FEW:
                self._make(beside)
                last = [fact for fact in last if fact not in beside]
            self._make(group)
        self._make(last)
        while self._waiting.longest:
            self._index(self._waiting.longest)

    def _make(self, group: Collection[Fact]) -> None:
        tables = [fact for fact in group if not fact.is_view]
        for fact in tables:
            self._index(self._waiting.before(fact))
        for fact in group:
            self._store.db.execute(fact.create)
        if self._helper is None:
            for fact in tables:
                self._fill(fact, Everyone(fact))
        elif tables:
            self._fill_by_two(tables, self._helper)
        for fact in tables:
            self._waiting.come(fact)

    def _index(self, statements: Iterable[str]) -> None:
        for statement in statements:
            self._sorter.execute(statement)
            self._waiting.made(statement)

    def _fill(self, fact: Fact, everyone: Everyone, has_share: bool = False) -> None:
        """The share that has been taken, and those that are left.

        Each share is a transaction of its own: every page that is read is looked for among all that the open one has
        written (https://www.sqlite.org/walformat.html), which takes longer and longer.
        """
        while has_share or everyone.take(self._store.db.conn):
            with self._store.transaction():
                fill(self._store.db.conn, fact)
            has_share = False

    def _fill_by_two(self, group: Sequence[Fact], helper: "FarConnection") -> None:
        everyone = {fact.name: Everyone(fact) for fact in group}
        shared = [fact for fact in group if fact.owner in OWNER_KEYS]
        has_share = not self._waiting.longest and everyone[group[0].name].take(self._store.db.conn)
        with ThreadPoolExecutor(1) as thread:
            rest = thread.submit(_fill_beside, helper, shared, everyone)
            try:
                self._sorter.execute("PRAGMA threads = 0")  # the processors are busy
                while self._waiting.longest and not rest.done():
                    self._index(self._waiting.longest)
                self._sorter.execute(f"PRAGMA threads = {SORTERS}")
                for fact in group:
                    self._fill(fact, everyone[fact.name], has_share and fact is group[0])
                ends = rest.result()
            except BaseException:
                helper.interrupt()
                raise
        for fact in shared:
            _hand_over(helper, fact, ends[fact.name])


def _groups(facts: Collection[Fact]) -> Iterator[list[Fact]]:
    """Facts that can be made side by side, after those that they need.

    Those for which nothing waits, no fact and no index, come last, for indexes can be made meanwhile.
    """
    needed = {name for fact in facts for name in fact.needs}
    last = [fact for fact in facts if fact.name not in needed and not fact.indexes and not fact.indexes_after]
    left = {fact.name: fact for fact in facts if fact not in last}
    while left:
        group = [fact for fact in left.values() if not left.keys() & {*fact.needs}]
        yield group
        for fact in group:
            del left[fact.name]
    yield last


def _fill_beside(
    helper: "FarConnection", group: Sequence[Fact], everyone: Mapping[str, Everyone]
) -> dict[str, list[int]]:
    """Fill tables of the helper's own, from the last fact and its last owners on; if that fails nobody goes on.

    Returns where in each table, if it is not sorted, the shares end.
    """
    ends: dict[str, list[int]] = {}
    try:
        for fact in reversed(group):
            helper.execute(fact.create)
            mine = ends.setdefault(fact.name, [])
            while everyone[fact.name].take(helper, from_end=True):
                helper.execute("BEGIN")
                fill(helper, fact)
                helper.execute("COMMIT")
                if not fact.is_sorted:
                    mine += helper.execute(f"SELECT COALESCE(MAX(rowid), 0) FROM main.{fact.table}").rows[0]
    except BaseException:
        for each in everyone.values():
            each.end()
        raise
    return ends


def _hand_over(helper: "FarConnection", fact: Fact, ends: Sequence[int]) -> None:
    """Put the helper's rows into the cache's table, as if they had been made in the order of their owners."""
    added = f"INSERT INTO cache.{fact.table} SELECT * FROM main.{fact.table}"
    if fact.is_sorted:
        helper.execute(added)
    for begin, end in reversed([*pairwise((0, *ends))]):
        helper.execute(f"{added} WHERE rowid > ? AND rowid <= ? ORDER BY rowid", (begin, end))
    helper.execute(f"DROP TABLE main.{fact.table}")


def _fill_days(connection: Any, how: How) -> None:
    """The days of most moments, and the working ones; of the others facts ask the functions."""
    moments = sorted(moment for (moment,) in connection.execute(_EDGES) if moment is not None)
    if moments:
        edges = moments[0] - _AROUND, moments[-1] + _AROUND
        connection.executemany("INSERT INTO day_border VALUES (?, ?, ?, ?)", day_borders(how.zone, *edges))
        calendar = WorkCalendar(how.figures.service.work_time, how.zone)
        connection.executemany("INSERT INTO work_day VALUES (?, ?, ?)", calendar.days(*edges))


@contextmanager
def _room(store: Store) -> Iterator[None]:
    """More pages in memory for a while."""
    usual = store.query("PRAGMA cache_size")[0][0]
    store.db.execute(f"PRAGMA cache_size = {_ROOM}")
    try:
        yield
    finally:
        store.db.execute(f"PRAGMA cache_size = {usual}")


def analyse(store: Store, what: str = "main") -> None:
    """Tell the planner of all tables, or of one index. A sample is enough; all of it takes as long as a tenth of facts.

    All tables are made out to be as long as can be. Where SQLite takes the rows that it looks up for more than the
    table has, it reads the whole table first, to learn which need no looking up (a Bloom filter,
    https://www.sqlite.org/optoverview.html), and it takes any temporary result for a million rows.
    """
    store.db.execute("PRAGMA analysis_limit = 1000")
    store.db.execute(f"ANALYZE {what}")
    longest = f"'{_LONGEST}' || substr(stat, instr(stat || ' ', ' '))"
    store.db.execute(f"UPDATE main.sqlite_stat1 SET stat = {longest}")
    store.db.execute("ANALYZE main.sqlite_schema")  # reads the figures again
