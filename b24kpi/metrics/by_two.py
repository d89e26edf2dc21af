"""Big questions to a big cache: a second process answers the models of deals while this one answers the rest.

Both see one state of the file. Whatever keeps the second one from answering, this one then answers all by itself.
"""

import logging
import os
import sys
from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING

from b24kpi.cache.one_state import held, version
from b24kpi.facts.definition import load_facts
from b24kpi.metrics import analyses
from b24kpi.metrics.model import Query, Value

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine
    from b24kpi.metrics.second_process import SecondProcess

Values = list[list[Value]]
ByOne = Callable[[Sequence[Query]], Values]

# Bytes of the cache, times periods asked of the rest by each KPI and slicing: about what takes as long as the start of
# a process, at 100,000 and at 1,000,000 deals. Reading the columns of the rest counts as `_READING` periods more.
ENOUGH = 120_000_000_000
_READING = 20

_log = logging.getLogger(__name__)

_turn = Lock()  # a server's questions have one second process at a time: more would wait for processors


def values_by_two(engine: "Engine", queries: Sequence[Query], by_one: ByOne) -> Values | None:
    """The values of each query; None where this process has to answer them all.

    Args:
        by_one: answers queries in this process.
    """
    theirs = [place for place, query in enumerate(queries) if query.metric.analysis in analyses.OF_COURSES]
    ours = [place for place in range(len(queries)) if place not in theirs]
    rest, models = ([queries[place] for place in places] for places in (ours, theirs))
    if not (rest and models and _pays(engine, rest) and _turn.acquire(blocking=False)):
        return None
    try:
        found = _by_both(engine, rest, models, by_one)
    finally:
        _turn.release()
    if found is None:
        return None
    values = dict(zip((*ours, *theirs), (*found[0], *(found[1] or by_one(models))), strict=True))
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


def _by_both(
    engine: "Engine", rest: Sequence[Query], models: Sequence[Query], by_one: ByOne
) -> tuple[Values, Values | None] | None:
    """What this process has found, and what the second one has, if it has; None where it could not begin."""
    from b24kpi.metrics.second_process import second_process  # only a big question needs what starts processes

    tables = (load_facts()[name].table for name in analyses.COURSES)
    engine.store.tell(f"SELECT 1 FROM {', '.join(tables)}")  # made here, if they are not there
    before = version(engine.store)  # known before the other one can see anything
    with second_process(engine, models) as second:
        found = _beside(engine, second, rest, by_one, before)
    if second.failure:
        _log.warning("what a second process was to answer, this one answers as well: %s", second.failure)
    return found


def _beside(
    engine: "Engine", second: "SecondProcess", rest: Sequence[Query], by_one: ByOne, before: int
) -> tuple[Values, Values | None] | None:
    if not second.has_begun():
        return None
    with held(engine.store):
        if version(engine.store) != before:  # somebody has written since, and the other one may not have seen it
            return None
        found, theirs = by_one(rest), second.values()
        is_same = version(engine.store) == before  # unless facts were made for the rest, and the state was let go
        return found, theirs if is_same else None
