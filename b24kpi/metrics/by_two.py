"""Big questions to a big cache: this process answers the models of deals while a second one answers the rest.

Both see one state of the file, and begin at once. Whatever keeps the second one from answering, this one then answers
all by itself.
"""

import logging
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING

from b24kpi.cache.one_state import held, unwritten, version
from b24kpi.facts.definition import load_facts
from b24kpi.metrics import analyses
from b24kpi.metrics.model import Query, Value

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine

Values = list[list[Value]]
ByOne = Callable[[Sequence[Query]], Values]

# Bytes of the cache, times periods asked of the rest by each KPI and slicing: from here on two are quicker, of 100,000
# as of 1,000,000 deals. Reading columns counts as `_READING` periods more.
ENOUGH = 60_000_000_000
_READING = 20

_log = logging.getLogger(__name__)

_turn = Lock()  # a server's questions have one second process at a time: more would wait for processors


def values_by_two(engine: "Engine", queries: Sequence[Query], by_one: ByOne) -> Values | None:
    """The values of each query; None where this process has to answer them all.

    Args:
        by_one: answers queries in this process.
    """
    ours = [place for place, query in enumerate(queries) if query.metric.analysis in analyses.OF_COURSES]
    theirs = [place for place in range(len(queries)) if place not in ours]
    models, rest = ([queries[place] for place in places] for places in (ours, theirs))
    if not (rest and models and _pays(engine, rest) and _turn.acquire(blocking=False)):
        return None
    try:
        found = _by_both(engine, models, rest, by_one)
    finally:
        _turn.release()
    values = dict(zip((*ours, *theirs), found, strict=True))
    return [values[place] for place in range(len(queries))]


def _pays(engine: "Engine", rest: Sequence[Query]) -> bool:
    """Whether there is enough to do, and another process can do a part of it."""
    asked, store = _READING + sum(len(query.periods) for query in rest), engine.store
    if engine.is_past or store.db.conn.in_transaction or _processors() < 2:
        return False
    return store.path.exists() and store.path.stat().st_size * asked >= ENOUGH


def _processors() -> int:
    """How many this process may use, where the system tells; else how many there are."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _by_both(engine: "Engine", models: Sequence[Query], rest: Sequence[Query], by_one: ByOne) -> Values:
    """The values of the models, then those of the rest."""
    from b24kpi.metrics.second_process import second_process  # only a big question needs what starts processes

    store = engine.store
    tables = (load_facts()[name].table for name in analyses.COURSES)
    store.tell(f"SELECT 1 FROM {', '.join(tables)}")  # made here, if they are not there
    with unwritten(store) as is_unwritten, ThreadPoolExecutor(1) as pool, held(store):
        began = version(store)
        with second_process(engine, rest) as second:
            is_same = pool.submit(lambda: second.has_begun() and is_unwritten())
            found = by_one(models)
            is_held = version(store) == began  # unless facts were made for the models, and the state was let go
            theirs = second.values() if is_same.result() and is_held else None
        if second.failure:
            _log.warning("what a second process was to answer, this one answers as well: %s", second.failure)
        found += by_one(rest) if theirs is None else theirs
    for statement in second.lacking:
        store.tell(statement)
    return found
