"""A connection in a process of its own: what it does, what it tells, and that it never outlives who asks it."""

import signal
import subprocess
import sys
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils.utils import sqlite3

from b24kpi.cache.far_connection import far_connection
from b24kpi.cache.store import Store
from b24kpi.errors import BadInput, CacheError
from tests.cache.ending import end

ROOT = Path(__file__).parents[2]  # where `tests` is found
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n"
ASKING = f"""
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what it does not wait for without it
from pathlib import Path
from b24kpi.cache.far_connection import far_connection
from tests.cache.test_far_connection import prepare
with far_connection(Path(sys.argv[1]), prepare) as far:
    far.execute("SELECT 1")
    print("asked", flush=True)
    far.execute("{ENDLESS}")
"""


def prepare(connection: Any, kinds: int = 3) -> None:
    """What a far connection is to begin with."""
    if kinds < 1:
        raise BadInput("metrics.bad_fact", place="nowhere")
    connection.create_function("kinds", 0, lambda: kinds)
    connection.create_function("broken", 0, lambda: 1 / 0)
    connection.create_function("loaded", 0, lambda: " ".join(sorted({*sys.modules} & {"numpy", "pandas", "requests"})))
    connection.create_function("load", 1, lambda name: import_module(name).__name__)


def test_it_reads_and_writes_the_cache_and_has_tables_of_its_own(store: Store, path: Path) -> None:
    """By the functions that it was prepared with; what it commits is there for others, the rest is gone with it."""
    with far_connection(path, partial(prepare, kinds=7)) as far:
        far.execute("CREATE TABLE meta (number INTEGER)")
        far.execute("INSERT INTO main.meta SELECT kinds()")
        far.execute("INSERT INTO cache.meta SELECT :key, number FROM main.meta", {"key": "kinds"})
        assert far.execute("SELECT number, 'x' FROM main.meta").rows == [(7, "x")]
        assert far.execute("SELECT 1 WHERE FALSE").fetchone() is None
        far.execute("BEGIN")
        far.execute("DELETE FROM cache.meta")
    assert store.query("SELECT value FROM meta WHERE key = 'kinds'") == [("7",)]
    assert {each.name for each in path.parent.iterdir()} <= {path.name + end for end in ("", "-wal", "-shm")}


@pytest.mark.skipif(sys.platform == "win32", reason="there a file that is open keeps its name")
def test_its_own_tables_are_in_a_file_without_a_name(store: Store, path: Path) -> None:
    """Not in memory, however SQLite was built; where the cache is, so there is room."""
    with far_connection(path, prepare) as far:
        far.execute("CREATE TABLE own (number INTEGER)")
        ((name,),) = far.execute("SELECT file FROM pragma_database_list WHERE name = 'main'").rows
        assert Path(name).parent == path.parent.resolve()
        assert not Path(name).exists()


def test_what_goes_wrong_there_is_raised_here(store: Store, path: Path) -> None:
    """As itself, and it can be asked again; what preparing raised comes with the first statement, and is all."""
    with far_connection(path, prepare) as far:
        with pytest.raises(sqlite3.OperationalError, match="no such table: nowhere"):
            far.execute("SELECT * FROM nowhere")
        with pytest.raises(sqlite3.OperationalError, match="user-defined function"):
            far.execute("SELECT broken()")
        assert far.execute("SELECT kinds()").fetchone() == (3,)
    with far_connection(path, partial(prepare, kinds=0)) as far:
        with pytest.raises(BadInput, match="nowhere"):
            far.execute("SELECT 1")
        with pytest.raises(CacheError, match=r"exit code 1\)"):
            far.execute("SELECT 1")


def test_it_loads_what_it_is_asked_for(store: Store, path: Path) -> None:
    """Nothing that sqlite-utils would take along; numpy where arrays are made."""
    with far_connection(path, prepare) as far:
        assert far.execute("SELECT loaded(), load('numpy'), loaded()").rows == [("", "numpy", "numpy")]


def test_that_it_was_killed_is_told(store: Store, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the file, how it ended, and what to do; the cache works on."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: Any, **options: Any) -> "subprocess.Popen[bytes]":
        started.append(subprocess.Popen(*arguments, **options))
        return started[0]

    monkeypatch.setattr("b24kpi.cache.interpreter.Popen", start)
    with far_connection(path, prepare) as far:
        far.execute("BEGIN")
        far.execute("INSERT INTO cache.meta VALUES ('lost', '')")
        started[0].kill()
        with pytest.raises(CacheError, match=rf"{path.name} is gone \(exit code -9\)"):
            far.execute("COMMIT")
    with store.transaction():
        store.db.execute("INSERT INTO meta VALUES ('kept', '')")
    assert store.query("SELECT key FROM meta WHERE value = ''") == [("kept",)]


def test_without_another_process_there_is_none(store: Store, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that could be shared goes on alone where the system starts no process, or the file is small."""
    for limit, interpreter in ((0, str(path.parent / "python")), (10**12, sys.executable)):
        monkeypatch.setattr("b24kpi.cache.store.BIG", limit)
        monkeypatch.setattr(sys, "executable", interpreter)
        with store.beside(prepare) as helper:
            assert helper is None


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_it_ends_with_who_asks_it(store: Store, path: Path, number: signal.Signals) -> None:
    """Amid a statement, however that process ends: both have the same standard error, which is closed at once."""
    command = [sys.executable, "-c", ASKING, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "asked\n"
        end(process, number)
    assert {each.name for each in path.parent.iterdir()} <= {path.name + end for end in ("", "-wal", "-shm")}
