"""One writer at a time: daemon, manual refresh and push of one cache take turns."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils.utils import sqlite3

from b24kpi.errors import CacheError


@contextmanager
def exclusive(cache: Path) -> Iterator[None]:
    """Hold the cache's lock file; the system frees it when the process ends, however it ends.

    SQLite's own lock on a file beside the cache works alike on every system, so it serves as the lock.

    Raises:
        CacheError: another process holds it.
    """
    connection = sqlite3.connect(f"{cache}.lock", timeout=0, isolation_level=None)
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        connection.close()
        raise CacheError("cache.busy", path=str(cache)) from None
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()
