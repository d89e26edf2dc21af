"""Reads of a big cache, two at a time: SQLite works outside of Python's lock, and both see one state of the file."""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from b24kpi.cache.one_state import held, version
from b24kpi.cache.rows import Cell
from b24kpi.cache.store import Store

Row = tuple[Any, ...]

_AHEAD = 2  # statements that the second connection has at a time


def first_rows(store: Store, statements: Sequence[str], params: Mapping[str, Cell]) -> Generator[Row, None, None]:
    """The first row of each statement, in their order; to be closed unless all are asked for.

    A second connection runs some, where the file is big enough to be worth it and no transaction is open, whose changes
    it would not see. A listener of the store is told of all statements before any is run.
    """
    if len(statements) < 2 or not store.is_big:
        yield from (store.query(statement, params)[0] for statement in statements)
        return
    for statement in statements:
        store.tell(statement)
    with _second(store) as second, ThreadPoolExecutor(1) as pool:
        run = partial(_first_row, params=params)
        begin = partial(pool.submit, run, second) if second else None
        yield from _by_both(statements, partial(run, store.db.conn), begin)


def _by_both(
    statements: Sequence[str], run: Callable[[str], Row], begin: Callable[[str], Future[Row]] | None
) -> Generator[Row, None, None]:
    """Their rows in their order: whoever is free takes the next statement, the second connection `_AHEAD` at a time.

    Who asks is busy with what was found before, and runs one himself only where the next row is not there yet.
    """
    left, begun, done = deque(enumerate(statements)), dict[int, Future[Row]](), dict[int, Row]()
    for wanted in range(len(statements)):
        while wanted not in done and not (wanted in begun and begun[wanted].done()) and left:
            mine, statement = left.popleft()
            _hand_over(left, begun, begin)
            done[mine] = run(statement)
        _hand_over(left, begun, begin)
        yield done.pop(wanted) if wanted in done else begun.pop(wanted).result()


def _hand_over(
    left: deque[tuple[int, str]], begun: dict[int, Future[Row]], begin: Callable[[str], Future[Row]] | None
) -> None:
    while begin and left and sum(not each.done() for each in begun.values()) < _AHEAD:
        place, statement = left.popleft()
        begun[place] = begin(statement)


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
    with store.unheard(), store.reader() as second:
        before = version(store)
        second.execute("BEGIN")
        second.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        with held(store):
            yield second if version(store) == before else None
