"""One state of the file for many statements, let go where something is to be written."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from b24kpi.cache.one_state import held, released, unwritten, version
from b24kpi.cache.store import Store


@pytest.fixture
def other(path: Path, store: Store) -> Iterator[sqlite3.Connection]:
    """Another program at the same file."""
    store.db.execute("INSERT INTO meta VALUES ('written', 'before')")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def written(store: Store) -> str:
    return str(store.query("SELECT value FROM meta WHERE key = 'written'")[0][0])


def write(other: sqlite3.Connection) -> None:
    other.execute("UPDATE meta SET value = 'meanwhile' WHERE key = 'written'")


def test_what_is_written_meanwhile_is_not_seen(store: Store, other: sqlite3.Connection) -> None:
    """From the first moment on, before anything is read."""
    with held(store):
        write(other)
        assert written(store) == "before"
    assert written(store) == "meanwhile"


def test_the_version_tells_of_a_state_whether_it_is_still_the_same(store: Store, other: sqlite3.Connection) -> None:
    """What the store writes itself changes nothing."""
    before = version(store)
    store.db.execute("INSERT INTO meta VALUES ('own', '')")
    with held(store):
        write(other)
        assert version(store) == before
        with released(store):
            assert written(store) == "meanwhile"
        assert version(store) != before


def test_it_is_told_whether_anybody_has_written(store: Store, other: sqlite3.Connection) -> None:
    """Also while the store sees a state of before, in whatever thread; the store's own writing counts too."""
    with unwritten(store) as is_unwritten, ThreadPoolExecutor(1) as pool, held(store):
        store.query("SELECT * FROM meta")
        assert pool.submit(is_unwritten).result()
        write(other)
        assert not pool.submit(is_unwritten).result()
    with unwritten(store) as is_unwritten:
        assert is_unwritten()
        store.db.execute("INSERT INTO meta VALUES ('own', '')")
        assert not is_unwritten()


def test_a_state_that_is_let_go_leaves_the_file_to_be_written(store: Store, other: sqlite3.Connection) -> None:
    """By the store too; where none is held there is nothing to let go."""
    with held(store), released(store), store.transaction():
        store.db.execute("UPDATE meta SET value = 'own' WHERE key = 'written'")
    with released(store), store.transaction():
        assert written(store) == "own"
    assert not store.db.conn.in_transaction


def test_a_failure_leaves_nothing_held(store: Store) -> None:
    """Wherever it happens."""
    with pytest.raises(sqlite3.OperationalError), held(store), released(store):
        store.query("SELECT nothing FROM meta")
    with pytest.raises(sqlite3.OperationalError), held(store):
        store.query("SELECT nothing FROM meta")
    assert not store.db.conn.in_transaction
