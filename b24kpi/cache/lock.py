"""One writer at a time: daemon, manual refresh and push of one cache take turns, and know of each other."""

import os
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils.utils import sqlite3

from b24kpi.errors import CacheError

# So many seconds outlast a glance at the lock (`is_held`), which takes no time.
_GLANCE = 0.5
_GLANCES = 1_800  # so many, a quarter of an hour, for a run whose end is waited for


@contextmanager
def exclusive(cache: Path, command: str, *, after: Collection[str] = ()) -> Iterator[None]:
    """Hold the cache's lock file; the system frees it when the process ends, however it ends.

    SQLite's own lock on a file beside the cache works alike on every system, so it serves as the lock. Who holds it is
    a note beside it, for people: nobody can read what is locked.

    Args:
        command: what the run is called where another one meets it.
        after: runs whose end is waited for.

    Raises:
        CacheError: another process holds it.
    """
    note = _note(cache)
    connection = _taken(cache, after)
    try:
        note.write_text(f"{command}\n{os.getpid()}", encoding="utf-8")
        yield
    finally:
        note.unlink(missing_ok=True)
        connection.execute("ROLLBACK")
        connection.close()


class Turn:
    """The turn of one part of a program at a cache: within it, it need not be waited for."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._is_ours = False

    @contextmanager
    def taken(self, command: str, *, after: Collection[str] = ()) -> Iterator[None]:
        """As `exclusive`; where the turn is ours already, it goes on."""
        if self._is_ours:
            yield
            return
        with exclusive(self._cache, command, after=after):
            self._is_ours = True
            try:
                yield
            finally:
                self._is_ours = False


def is_held(cache: Path) -> bool:
    """Whether some process holds it; looking does not keep another from taking it."""
    if not _note(cache).exists():
        return False
    with closing(sqlite3.connect(f"{cache}.lock", timeout=0)) as connection:
        try:
            connection.execute("SELECT 1 FROM sqlite_master").fetchall()
        except sqlite3.OperationalError:
            return True
    return False


def holder(cache: Path) -> tuple[str, str]:
    """Command and process of who holds it; empty texts where nobody does, or has only just begun."""
    try:
        command, process = _note(cache).read_text(encoding="utf-8").split("\n")
    except (OSError, ValueError):
        return "", ""
    return command, process


def _note(cache: Path) -> Path:
    return Path(f"{cache}.running")


def _taken(cache: Path, after: Collection[str]) -> Any:
    for _ in range(_GLANCES):
        connection = _begun(cache)
        if connection is not None:
            return connection
        command, process = holder(cache)
        if not after or command not in (*after, ""):
            break
    if not command:
        raise CacheError("cache.busy", path=str(cache))
    raise CacheError("cache.busy_with", path=str(cache), command=command, process=process)


def _begun(cache: Path) -> Any:
    """A connection that holds the lock; None where another one does."""
    connection = sqlite3.connect(f"{cache}.lock", timeout=_GLANCE, isolation_level=None)
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        connection.close()
        return None
    return connection
