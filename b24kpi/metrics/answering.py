"""What the second process of a big question does: it answers, and says no more. See `second_process`."""

import gc
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from pickle import HIGHEST_PROTOCOL, dump, load
from typing import TYPE_CHECKING, BinaryIO
from zoneinfo import ZoneInfo

from b24kpi.cache.interpreter import end_with_input
from b24kpi.cache.one_state import held
from b24kpi.cache.store import Store
from b24kpi.facts.definition import load_facts

if TYPE_CHECKING:
    from b24kpi.facts.figures import Figures
    from b24kpi.metrics.catalogue import Catalogue
    from b24kpi.metrics.model import Query, Value


# A short question takes about as long as to copy what it reads of the file, which is mapped instead, up to so many
# bytes. Where the file cannot be read any more that ends the process, but only this one. Of a long question the pages
# that are mapped would double its memory (https://www.sqlite.org/mmap.html).
_MAPPED = 2**40
_SHORT = 100  # periods, asked by each KPI and slicing


@dataclass(frozen=True)
class Task:
    """Some queries, and the parts of the engine that is to answer them."""

    queries: "tuple[Query, ...]"
    zone: ZoneInfo
    as_of: float
    coverage: Mapping[str, str]
    figures: "Figures"
    catalogue: "Catalogue"
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What has become of a task.

    Attributes:
        values: of each query; None where there are none.
        failure: why there are none, "" where only facts were missing.
        lacking: statements that would have used indexes on demand which are not there.
    """

    values: "list[list[Value]] | None"
    failure: str = ""
    lacking: tuple[str, ...] = ()


class _Missing(Exception):
    """A fact is not there, and only who asks may make it."""


def tell(pipe: BinaryIO, told: object) -> None:
    """Write something for the other process to `load`."""
    dump(told, pipe, HIGHEST_PROTOCOL)
    pipe.flush()


def answer() -> None:
    """Reads the path of a cache and a `Task`; tells True once it sees a state of the file, and then its `Outcome`."""
    gc.disable()  # it answers once and ends: looking for what could be freed would take longer than that is worth
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as output, suppress(EOFError, BrokenPipeError):
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever else is printed is no answer
        tell(output, _outcome(output))


def _outcome(output: BinaryIO) -> Outcome:
    try:
        with Store(Path(load(sys.stdin.buffer))) as store, held(store):
            tell(output, True)  # what takes longer to load comes later: nobody may write before this
            task = load(sys.stdin.buffer)
            end_with_input()
            return answered(store, task)
    except (EOFError, BrokenPipeError):
        raise
    except _Missing:
        return Outcome(None)
    except Exception as error:
        return Outcome(None, f"{type(error).__name__}: {error}")


def answered(store: Store, task: Task) -> Outcome:
    """What becomes of a task by a store that nobody else uses."""
    from b24kpi.facts.refresh import missing_for
    from b24kpi.metrics.engine import Engine

    lacking: list[str] = []

    def look(statement: str) -> None:
        """Without a fact there is no answer; an index would only make it quicker, and is left to who asks."""
        missing = missing_for(store, statement)
        if not load_facts().keys().isdisjoint(missing):
            raise _Missing(*missing)
        if missing:
            lacking.append(statement)

    if sum(len(query.periods) for query in task.queries) <= _SHORT:
        store.db.execute(f"PRAGMA mmap_size = {_MAPPED}")
    store.listen(look)
    given = task.zone, task.as_of, task.coverage, task.figures, task.catalogue
    return Outcome(Engine(store, *given, flags=task.flags).all_values(task.queries), lacking=tuple(lacking))
