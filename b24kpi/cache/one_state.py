"""One state of the cache file for many statements, whoever writes meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from b24kpi.cache.store import Store


@contextmanager
def held(store: Store) -> Iterator[None]:
    """Meanwhile all statements of a store see one state of the file; none may write into it, unless `released`."""
    _hold(store)
    try:
        yield
    finally:
        _let_go(store)


@contextmanager
def released(store: Store) -> Iterator[None]:
    """Meanwhile the file may be written; a state that is held is let go, and the one of afterwards is held."""
    if not store.is_held:
        yield
        return
    _let_go(store)
    try:
        yield
    finally:
        _hold(store)


@contextmanager
def unwritten(store: Store) -> Iterator[Callable[[], bool]]:
    """Tells, whenever it is asked, whether nobody has committed anything since: states taken meanwhile are the same.

    It asks by a connection of its own, also in another thread.
    """
    with store.reader() as connection:
        before = _version(connection)
        yield lambda: _version(connection) == before


def version(store: Store) -> int:
    """Stays the same unless another connection has committed; of a state that is held, whether it is still that.

    https://www.sqlite.org/pragma.html#pragma_data_version
    """
    return _version(store.db.conn)


def _version(connection: Any) -> int:
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def _hold(store: Store) -> None:
    store.db.conn.execute("BEGIN")
    store.is_held = True
    store.db.conn.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()  # a state is taken by the first read


def _let_go(store: Store) -> None:
    store.is_held = False
    if store.db.conn.in_transaction:  # some failures end it themselves
        store.db.conn.execute("COMMIT")
