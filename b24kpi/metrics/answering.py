"""What the second process of a big question does: it answers, and says no more. See `second_process`."""

import gc
import os
import sys
from collections.abc import Collection, Mapping
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
    """The values of each query; None where there are none, with the failure, "" where only facts were missing."""

    values: "list[list[Value]] | None"
    failure: str = ""


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
            tell(output, True)  # the other one waits for this: what takes longer to load comes after it
            task = load(sys.stdin.buffer)
            end_with_input()
            return Outcome(_values(store, task))
    except (EOFError, BrokenPipeError):
        raise
    except _Missing:
        return Outcome(None)
    except Exception as error:
        return Outcome(None, f"{type(error).__name__}: {error}")


def _values(store: Store, task: Task) -> "list[list[Value]]":
    from b24kpi.facts.refresh import make_when_named
    from b24kpi.metrics.engine import Engine

    make_when_named(store, _refuse)
    given = task.zone, task.as_of, task.coverage, task.figures, task.catalogue
    return Engine(store, *given, flags=task.flags).all_values(task.queries)


def _refuse(names: Collection[str]) -> None:
    """Without a fact there is no answer; what else would be made for a question only makes it quicker."""
    if not load_facts().keys().isdisjoint(names):
        raise _Missing(*names)
