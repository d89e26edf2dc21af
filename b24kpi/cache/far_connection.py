"""A connection to a cache in a process of its own, which works while this one does, however much Python either takes.

Within one process the functions that SQL calls wait for each other (Python's lock), and in builds that count what
SQLite uses so does each piece of memory that it takes (https://www.sqlite.org/malloc.html#memory_statistics).

The far end is a new interpreter, with a session of its own: an interrupt of the terminal reaches this process alone,
and it ends as soon as nobody can ask it any more, whatever it is doing. What it keeps for itself is in a file without a
name, which is gone with it; what it has not committed to the cache has never been there.
"""

import os
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from subprocess import Popen
from tempfile import NamedTemporaryFile
from threading import Lock, Thread
from typing import Any, BinaryIO

from sqlite_utils.utils import sqlite3

from b24kpi.cache.interpreter import interpreter
from b24kpi.cache.rows import Cell
from b24kpi.errors import CacheError

Prepare = Callable[[Any], None]
Parameters = Sequence[Cell] | Mapping[str, Cell]

_PRAGMAS = (
    *("main.journal_mode = OFF", "main.synchronous = OFF", "main.locking_mode = EXCLUSIVE", "main.secure_delete = OFF"),
    *("main.cache_size = -65536", "temp_store = MEMORY"),
    *("cache.synchronous = NORMAL", "cache.secure_delete = OFF", "cache.cache_size = -65536"),
)

_naming = Lock()  # while a file has a name this process does not end by itself, or the file would stay


@dataclass(frozen=True)
class Rows:
    """What a statement has found."""

    rows: Sequence[tuple[Any, ...]]

    def fetchone(self) -> tuple[Any, ...] | None:
        """The first of them."""
        return self.rows[0] if self.rows else None


class FarConnection:
    """The near end: runs one statement at a time, of one thread at a time."""

    def __init__(self, process: "Popen[bytes]", path: Path) -> None:
        assert process.stdin
        assert process.stdout
        self._process = process
        self._path = path
        self._asking: BinaryIO = process.stdin  # type: ignore[assignment]
        self._answering: BinaryIO = process.stdout  # type: ignore[assignment]
        self._is_ready = False

    def execute(self, statement: str, parameters: Parameters = ()) -> Rows:
        """Run a statement; the first one waits for the connection to be prepared.

        Raises:
            CacheError: the process is gone.
            Exception: what the statement, or preparing, raised there.
        """
        try:
            if not self._is_ready:
                self._answer()
                self._is_ready = True
            pickle.dump((statement, parameters), self._asking)
            self._asking.flush()
            return self._answer()
        except (BrokenPipeError, EOFError, pickle.UnpicklingError):
            code = self._process.wait()
            raise CacheError("cache.helper_lost", path=str(self._path), code=code) from None

    def interrupt(self) -> None:
        """End it amid whatever it does."""
        self._process.kill()

    def _answer(self) -> Rows:
        answer = pickle.load(self._answering)
        if isinstance(answer, Exception):
            raise answer
        return Rows(answer)


@contextmanager
def far_connection(path: Path, prepare: Prepare) -> Iterator[FarConnection]:
    """A connection in a new process, to tables of its own as `main` and to the cache's as `cache`.

    Args:
        prepare: is called there with the connection, before all else; it and what it holds are pickled.
    """
    told = pickle.dumps((str(path.resolve()), pickle.dumps(prepare)))
    with interpreter(serve, told) as process:
        yield FarConnection(process, path)


def serve() -> None:
    """The far end: opens a connection, then runs what it is sent, until nobody is there to ask; where it cannot be
    opened, that is all that it answers.
    """
    messages: SimpleQueue[Any] = SimpleQueue()
    Thread(target=_listen, args=(sys.stdin.buffer, messages), daemon=True).start()
    try:
        path, prepare = messages.get()
        with closing(_own_file(Path(path).parent)) as connection:
            is_open = _reply(partial(_open, connection, path, prepare))
            while is_open:
                _reply(partial(_run, connection, *messages.get()))
    finally:
        os._exit(1)  # at once: Python would wait for who listens


def _listen(requests: BinaryIO, messages: "SimpleQueue[Any]") -> None:
    """Pass on what comes; once nothing can come any more, end the process amid whatever it does."""
    try:
        while True:
            messages.put(pickle.load(requests))
    finally:
        with _naming:
            os._exit(0)


def _own_file(folder: Path) -> Any:
    """An empty file that nobody else can open, and that is gone with this process.

    One that SQLite makes would be so too, but some builds keep that in memory, however large it grows
    (https://www.sqlite.org/compile.html#temp_store).
    """
    if os.name != "posix":  # no name can be taken from a file that is open
        return _connect("")
    with _naming, NamedTemporaryFile(dir=folder, prefix=".b24kpi-") as file:
        return _connect(file.name)


def _connect(name: str) -> Any:
    return sqlite3.connect(name, timeout=30, isolation_level=None)


def _open(connection: Any, path: str, prepare: bytes) -> list[tuple[Any, ...]]:
    connection.execute("ATTACH ? AS cache", (path,))
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    pickle.loads(prepare)(connection)
    return []


def _run(connection: Any, statement: str, parameters: Parameters) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = connection.execute(statement, parameters).fetchall()
    return found


def _reply(work: Callable[[], list[tuple[Any, ...]]]) -> bool:
    """Send what comes of it, or its error; whether it went well."""
    try:
        answer: object = work()
    except Exception as error:
        answer = error
    pickle.dump(answer, sys.stdout.buffer)
    sys.stdout.buffer.flush()
    return not isinstance(answer, Exception)
