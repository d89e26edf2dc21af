"""What the first process of a big question knows of the second one, which answers some of its queries."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pickle import PicklingError, UnpicklingError, load
from subprocess import Popen
from typing import IO, TYPE_CHECKING, cast

from b24kpi.cache.interpreter import interpreter
from b24kpi.metrics.answering import Outcome, Task, answer, tell
from b24kpi.metrics.model import Query, Value

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine


class SecondProcess:
    """The way to its answers.

    Attributes:
        failure: why it does not answer; "" where it does, or lacks nothing but facts.
        lacking: statements that would have been quicker by indexes on demand, which only who asks may make.
    """

    def __init__(self, process: "Popen[bytes] | None", failure: str = "") -> None:
        self._process = process
        self.failure = failure
        self.lacking: tuple[str, ...] = ()

    def has_begun(self) -> bool:
        """Wait until it sees a state of the file; whether it does."""
        return self._next() is True

    def values(self) -> list[list[Value]] | None:
        """Wait for the values of each query, once it has begun; None where it has failed."""
        told = self._next()
        if not isinstance(told, Outcome):
            return None
        self.lacking = told.lacking
        return told.values

    def _next(self) -> object:
        """What it says, None where it is gone."""
        if self._process is None:
            return None
        try:
            told: object = load(cast("IO[bytes]", self._process.stdout))
        except (EOFError, UnpicklingError):
            self.failure = f"it ended with {self._process.wait()}"
            return None
        self.failure = told.failure if isinstance(told, Outcome) else ""
        return told


@contextmanager
def second_process(engine: "Engine", queries: Sequence[Query]) -> Iterator[SecondProcess]:
    """Answers the queries by the state of the file that it sees first; it is gone afterwards."""
    with ExitStack() as stack:
        try:
            process = stack.enter_context(interpreter(answer, _told(engine, queries)))
        except (OSError, PicklingError, TypeError) as error:  # the latter two of what cannot be told
            second = SecondProcess(None, str(error))
        else:
            second = SecondProcess(process)
        yield second


def _told(engine: "Engine", queries: Sequence[Query]) -> bytes:
    given = engine.zone, engine.as_of, engine.coverage, engine.figures, engine.catalogue, engine.flags
    told = BytesIO()
    tell(told, str(engine.store.path.resolve()))
    tell(told, Task(tuple(queries), *given))
    return told.getvalue()
