"""Where the limiter keeps its figures: in memory, or in a small file that all processes of one cache share."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sqlite_utils.utils import sqlite3

from b24kpi.clock import Clock
from b24kpi.errors import CacheError

Figures = dict[str, float]


class Ledger(Protocol):
    """Named sets of figures, each changed by one at a time."""

    def now(self) -> float:
        """Seconds, by a clock that all who share the figures have in common."""

    @contextmanager
    def changing(self, name: str) -> Iterator[Figures]:
        """The figures of a name, to be changed in place; empty at first."""


class MemoryLedger:
    """Figures of one process. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._figures: dict[str, Figures] = {}

    def now(self) -> float:
        return self._clock.monotonic()

    @contextmanager
    def changing(self, name: str) -> Iterator[Figures]:
        with self._lock:
            yield self._figures.setdefault(name, {})


class FileLedger:
    """Figures that several processes share through a file, which holds nothing else. Thread-safe.

    Raises:
        CacheError: the file cannot be used.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        with self._told():
            self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode = WAL")
            # What the last second of a machine that loses power knew of the limits is worth no waiting for the disk.
            self._connection.execute("PRAGMA synchronous = OFF")
            self._connection.execute("CREATE TABLE IF NOT EXISTS budget (name TEXT PRIMARY KEY, figures TEXT) STRICT")

    def now(self) -> float:
        return self._clock.now()

    @contextmanager
    def changing(self, name: str) -> Iterator[Figures]:
        with self._lock, self._told():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                row = self._connection.execute("SELECT figures FROM budget WHERE name = ?", (name,)).fetchone()
                figures: Figures = json.loads(row[0]) if row else {}
                yield figures
                self._connection.execute("INSERT OR REPLACE INTO budget VALUES (?, ?)", (name, json.dumps(figures)))
            finally:
                self._connection.execute("COMMIT")

    def close(self) -> None:
        """End the use of the file."""
        self._connection.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, ValueError) as error:
            raise CacheError("cache.unusable", path=str(self._path), problem=str(error)) from None
