"""Facts made whole, share by share: of a big cache by two connections at once, each in a thread of its own.

The second one fills tables of its own, which have the same names and hide those of the cache, for the latter part of
the owners. Once the first one has written its part, and indexes of facts before, these rows are added to the cache.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

from b24kpi.cache import schema
from b24kpi.cache.store import Store
from b24kpi.facts.definition import Fact
from b24kpi.facts.figures import Figures
from b24kpi.facts.functions import Rates, day_borders, register
from b24kpi.facts.owners import create_tables, nth_of, shares
from b24kpi.facts.work_calendar import WorkCalendar

_ROOM = -65_536  # kilobytes of pages in memory while all facts are made
_AROUND = 31_536_000  # seconds: a year before the first deal and after the last
_LONGEST = 4_000_000_000  # rows: what fits into 32 bits

_WORD = re.compile(r"\w+")

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
    with _room(store), store.sorting() as sorter, store.beside() as helper:
        if helper is not None:
            register(helper, how.zone, how.rates, how.figures)
            create_tables(helper)
            _fill_days(helper, how)
        schema.create_indexes(sorter, {word for fact in facts for word in _WORD.findall(fact.making)})
        maker = _Maker(store, sorter, helper)
        for fact in facts:
            maker.make(fact)
        maker.finish()
    _analyse(store)


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
    """Makes one fact after the other.

    Args:
        sorter: the connection for indexes.
        helper: the connection that fills its own tables; None where there is none.
    """

    def __init__(self, store: Store, sorter: Any, helper: Any | None) -> None:
        self._store = store
        self._sorter = sorter
        self._helper = helper
        self._waiting: list[str] = []  # indexes that no fact reads by: they are made while the helper fills its part

    def make(self, fact: Fact) -> None:
        """Make one whose needs have been made."""
        self._store.db.execute(fact.create)
        self._index(fact.indexes_before)
        part = None if fact.is_view or self._helper is None else self._end_of_part(fact)
        if part is not None:
            self._fill_by_two(fact, part, self._helper)
        elif not fact.is_view:
            self._fill(fact)
        self._index(fact.indexes)
        self._waiting += fact.indexes_after

    def finish(self) -> None:
        """Make the indexes that have waited."""
        self._index(self._waiting)
        self._waiting = []

    def _index(self, statements: Iterable[str]) -> None:
        for statement in statements:
            self._sorter.execute(statement)

    def _end_of_part(self, fact: Fact) -> int | str | None:
        """The last owner that is not the helper's: who has indexes to make takes fewer, by what they mostly cost."""
        return nth_of(self._store.db.conn, fact, Fraction(9, 20) if self._waiting else Fraction(1, 2))

    def _fill(self, fact: Fact, until: int | str | None = None) -> None:
        """Each share is a transaction of its own: every page that is read is looked for among all that the open one has
        written (https://www.sqlite.org/walformat.html), which takes longer and longer.
        """
        for _ in shares(self._store.db.conn, fact, until=until):
            with self._store.transaction():
                fill(self._store.db.conn, fact)

    def _fill_by_two(self, fact: Fact, part: int | str, helper: Any) -> None:
        halt = Event()
        with ThreadPoolExecutor(1) as thread:
            rest = thread.submit(_fill_beside, helper, fact, part, halt)
            try:
                self.finish()
                self._fill(fact, until=part)
            except BaseException:
                halt.set()
                helper.interrupt()
                raise
            rest.result()
        helper.execute(f"INSERT INTO cache.{fact.table} SELECT * FROM main.{fact.table}")
        helper.execute(f"DROP TABLE main.{fact.table}")


def _fill_beside(helper: Any, fact: Fact, after: int | str, halt: Event) -> None:
    """Fill a table of the helper's own for all who come after one, unless told to halt."""
    helper.execute(fact.create)
    for _ in shares(helper, fact, after=after):
        if halt.is_set():
            return
        helper.execute("BEGIN")
        fill(helper, fact)
        helper.execute("COMMIT")


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


def _analyse(store: Store) -> None:
    """Tell the planner of the tables. A sample is enough; all indexes take as long as the facts of a tenth.

    All tables are made out to be as long as can be. Where SQLite takes the rows that it looks up for more than the
    table has, it reads the whole table first, to learn which need no looking up (a Bloom filter,
    https://www.sqlite.org/optoverview.html), and it takes any temporary result for a million rows.
    """
    store.db.execute("PRAGMA analysis_limit = 1000")
    store.db.execute("ANALYZE main")
    longest = f"'{_LONGEST}' || substr(stat, instr(stat || ' ', ' '))"
    store.db.execute(f"UPDATE main.sqlite_stat1 SET stat = {longest}")
    store.db.execute("ANALYZE main.sqlite_schema")  # reads the figures again
