"""Reads of a big cache, two at a time: SQLite works outside of Python's lock, and both see one state of the file."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

from sqlite_utils.utils import sqlite3

from b24kpi.cache.rows import Cell
from b24kpi.cache.store import Store

Row = tuple[Any, ...]


def first_rows(store: Store, statements: Sequence[str], params: Mapping[str, Cell]) -> Generator[Row, None, None]:
    """The first row of each statement, in their order; to be closed unless all are asked for.

    A second connection runs every other one, where the file is big enough to be worth it and no transaction is open,
    whose changes it would not see. What the statements read has to be there: no listener of the store hears of them.
    """
    if len(statements) < 2 or not store.is_big:
        yield from (store.query(statement, params)[0] for statement in statements)
        return
    with _second(store) as second, ThreadPoolExecutor(1) as pool:
        run = partial(_first_row, params=params)
        others = (pool.submit(run, second, each) if second else None for each in statements[1::2])
        ahead = next(others)
        for place, statement in enumerate(statements):
            if place % 2 and ahead:
                found, ahead = ahead.result(), next(others, None)
                yield found
            else:
                yield run(store.db.conn, statement)


def _first_row(connection: Any, statement: str, params: Mapping[str, Cell]) -> Row:
    found: Row = connection.execute(statement, params).fetchone()
    return found


@contextmanager
def _second(store: Store) -> Iterator[Any | None]:
    """A connection that sees what the store's own one sees meanwhile; None where somebody wrote just now.

    The version of the data, as the store's connection tells it, stays the same unless another one has committed. So if
    it is the same before the second begins to read and after the first has begun, nothing was written in between.
    https://www.sqlite.org/pragma.html#pragma_data_version
    """
    address = f"{store.path.resolve().as_uri()}?mode=ro"
    connect = partial(sqlite3.connect, address, uri=True, timeout=30, isolation_level=None, check_same_thread=False)
    with store.unheard(), closing(connect()) as second:
        version = _version(store)
        second.execute("BEGIN")
        second.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        store.db.conn.execute("BEGIN")
        try:
            yield second if _version(store) == version else None
        finally:
            store.db.conn.execute("COMMIT")


def _version(store: Store) -> int:
    return int(store.query("PRAGMA data_version")[0][0])
