"""The cache file: whose it is, what state it is in, who may use it while it is written."""

import os
from pathlib import Path

import pytest
import sqlite_utils
from sqlite_utils.plugins import pm
from sqlite_utils.utils import sqlite3

from b24kpi.cache import schema
from b24kpi.cache.store import Store
from b24kpi.errors import CacheError
from b24kpi.portal.entities import DEAL
from tests.cache.rest_rows import rest_row


def execute(path: Path, *statements: str) -> None:
    """As another program would."""
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def refused(path: Path) -> CacheError:
    with pytest.raises(CacheError) as caught:
        Store(path)
    assert str(path) in str(caught.value)
    return caught.value


def test_what_was_written_is_there_when_opened_again(path: Path) -> None:
    """A cache outlives the process."""
    with Store(path) as store:
        store.upsert(DEAL, [rest_row(DEAL)], seen_at=1)
    with Store(path) as store:
        assert store.count_live(DEAL) == 1


def test_opening_a_cache_again_writes_nothing(path: Path) -> None:
    """Readers of the file need not read its schema anew."""
    with Store(path) as store:
        version = store.query("PRAGMA schema_version")
    with Store(path) as store:
        assert store.query("PRAGMA schema_version") == version


def test_an_empty_file_becomes_a_cache(path: Path) -> None:
    """As mktemp and some editors leave it."""
    path.touch()
    with Store(path) as store:
        assert store.count_live(DEAL) == 0


def test_a_foreign_database_is_refused_and_left_alone(path: Path) -> None:
    """Not a byte of someone else's file is changed."""
    execute(path, "CREATE TABLE accounts (id INTEGER)", "INSERT INTO accounts VALUES (1)")
    before = path.read_bytes()
    assert refused(path).message_id == "cache.foreign"
    assert path.read_bytes() == before


def test_a_cache_of_a_newer_version_is_refused(path: Path) -> None:
    """An older program would not know what it breaks."""
    Store(path).close()
    execute(path, f"PRAGMA user_version = {schema.VERSION + 1}")
    assert refused(path).message_id == "cache.newer"


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    """A mistyped path must not cost a file."""
    path.write_text("metric;value\n" * 100, encoding="utf-8")
    assert refused(path).message_id == "cache.unusable"
    assert path.read_text(encoding="utf-8") == "metric;value\n" * 100


@pytest.mark.parametrize("damage", ["cut", "zeroed"])
def test_a_damaged_cache_is_refused(path: Path, damage: str) -> None:
    """With a message instead of a traceback."""
    Store(path).close()
    content = path.read_bytes()
    path.write_bytes(
        content[: len(content) // 2 + 7] if damage == "cut" else content[:4096] + bytes(len(content) - 4096)
    )
    assert refused(path).message_id == "cache.unusable"


def test_a_folder_that_does_not_exist_is_named(path: Path) -> None:
    """Nothing is created above the file."""
    assert refused(path.parent / "nowhere" / "cache.sqlite").message_id == "cache.unusable"
    assert not (path.parent / "nowhere").exists()


def test_a_refused_file_is_let_go(path: Path) -> None:
    """So that it can be moved away while the program still runs."""
    execute(path, "CREATE TABLE accounts (id INTEGER)")
    open_files = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    refused(path)
    assert (len(os.listdir("/proc/self/fd")) if open_files else 0) == open_files


def test_other_programs_read_while_the_cache_is_written(path: Path, store: Store) -> None:
    """They see what was committed before, at once."""
    store.upsert(DEAL, [rest_row(DEAL, 1)], seen_at=1)
    reader = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0)
    with store.transaction():
        store.upsert(DEAL, [rest_row(DEAL, 2)], seen_at=1)
        assert reader.execute("SELECT COUNT(*) FROM deal").fetchone() == (1,)
    assert reader.execute("SELECT COUNT(*) FROM deal").fetchone() == (2,)
    reader.close()


class _Plugin:
    """Something that others have installed for their own databases."""

    def __init__(self) -> None:
        self.prepared: list[sqlite3.Connection] = []

    @sqlite_utils.hookimpl
    def prepare_connection(self, conn: sqlite3.Connection) -> None:
        self.prepared.append(conn)


def test_plugins_of_sqlite_utils_are_kept_out(path: Path) -> None:
    """They are for whoever works with that library by hand; to look for them takes longer than to open the cache."""
    plugin = _Plugin()
    pm.register(plugin)
    try:
        with Store(path):
            assert not plugin.prepared
    finally:
        pm.unregister(plugin)
