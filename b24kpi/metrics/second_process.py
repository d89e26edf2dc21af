"""A second process that answers some questions of an engine: its start, the way to it and its end.

It is a Python of its own that loads what `answering` needs and no more; those of the standard library's
`multiprocessing` first run the caller's main module again, or copy a process with all its threads
(https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods). Both speak in pickles, over its
standard input and output. The input stays open for as long as answers are wanted: where this process ends, however it
does, the other one ends with it.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BytesIO
from pickle import UnpicklingError, load
from subprocess import PIPE, Popen
from threading import Thread
from typing import IO, TYPE_CHECKING, Any, cast

from b24kpi.metrics.answering import Outcome, Task, tell
from b24kpi.metrics.model import Query, Value

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine

# Ctrl-C is the first process's own affair. sqlite-utils takes pandas where it is installed, which loads for long.
_BOOT = """
import pickle, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.modules["pandas"] = None
sys.path[:], path = pickle.load(sys.stdin.buffer)
from b24kpi.metrics.answering import answer
answer(path)
"""


class SecondProcess:
    """What the first process knows of it.

    Attributes:
        failure: why it does not answer; "" where it does, or lacks nothing but facts.
    """

    def __init__(self, process: Popen[bytes] | None, failure: str = "") -> None:
        self._process = process
        self.failure = failure

    def has_begun(self) -> bool:
        """Wait until it sees a state of the file; whether it does."""
        return self._process is not None and self._next(self._process) is True

    def values(self) -> list[list[Value]] | None:
        """Wait for the values of each query, once it has begun; None where it has failed."""
        found: Outcome | None = None if self._process is None else self._next(self._process)
        if found is None:
            return None
        self.failure = found.failure
        return found.values

    def _next(self, process: Popen[bytes]) -> Any:
        try:
            return load(cast("IO[bytes]", process.stdout))
        except (EOFError, UnpicklingError):
            self.failure = f"it ended with {process.wait()}"
            return None


@contextmanager
def second_process(engine: "Engine", queries: Sequence[Query]) -> Iterator[SecondProcess]:
    """Answers the queries by the state of the file that it sees first; it is gone afterwards."""
    told, (process, failure) = _told(engine, queries), _started()
    if process is None:
        yield SecondProcess(None, failure)
        return
    with process:
        pipe = cast("IO[bytes]", process.stdin)
        telling = Thread(target=_send, args=(pipe, told), daemon=True)  # it reads the end of that late
        telling.start()
        try:
            yield SecondProcess(process)
        finally:
            process.kill()
            telling.join()
            with suppress(OSError):  # what it has not read
                pipe.close()


def _started() -> tuple[Popen[bytes] | None, str]:
    """The process, or why there is none."""
    group = 0 if os.name == "posix" else None  # another one than what Ctrl-C ends
    try:
        return Popen([sys.executable, "-P", "-c", _BOOT], stdin=PIPE, stdout=PIPE, process_group=group), ""
    except OSError as error:
        return None, str(error)


def _told(engine: "Engine", queries: Sequence[Query]) -> bytes:
    given = engine.zone, engine.as_of, engine.coverage, engine.figures, engine.catalogue, engine.flags
    told = BytesIO()
    tell(told, (sys.path, str(engine.store.path.resolve())))
    tell(told, Task(tuple(queries), *given))
    return told.getvalue()


def _send(pipe: IO[bytes], told: bytes) -> None:
    with suppress(OSError):  # it has ended, as the next reading finds
        pipe.write(told)
        pipe.flush()
