"""A sync that is killed from outside, anywhere, is gone on with: nothing is lost, nothing doubled."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from sqlite_utils.utils import sqlite3

from tests.pipeline.cache_tables import fact_rows, live_rows, make_all_facts, query
from tests.pipeline.conftest import company
from tests.pipeline.places import Place, opened_place

PATIENCE = 60.0


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A company of some ten thousand rows: a dozen requests."""
    with opened_place(tmp_path_factory.mktemp("killed"), company(800)) as opened:
        yield opened


@pytest.fixture(scope="module")
def undisturbed(place: Place) -> Path:
    with place.app("undisturbed.sqlite") as app:
        assert app.sync().complete
        make_all_facts(app)
    return place.folder / "undisturbed.sqlite"


def test_a_second_sync_says_who_is_at_work(tmp_path: Path) -> None:
    """And leaves the first one alone, which ends as if there had been no other."""
    reached, opened = threading.Event(), threading.Event()

    def hold(seconds: float) -> None:
        reached.set()
        opened.wait(PATIENCE)

    with opened_place(tmp_path, company(30), sleep=hold) as place:
        place.portal.faults.add("slow", "batch")
        with place.start("sync") as first:
            assert reached.wait(PATIENCE), first.communicate()
            second = place.run("sync")
            opened.set()
            first.communicate()
        assert (second.exit_code, f"sync (process {first.pid})" in second.stderr) == (1, True)
        assert first.returncode == 0


def forget(place: Place) -> None:
    for path in place.folder.glob("b24kpi.sqlite*"):
        path.unlink()


def kill_sync(place: Place, seconds: float) -> bool:
    """Start a sync and kill it so long after its first request; whether it was still at work."""
    before = place.portal.stats.requests
    with place.start("sync") as process:
        began = time.monotonic()
        while place.portal.stats.requests == before and time.monotonic() - began < PATIENCE:
            time.sleep(0.005)
        time.sleep(seconds)
        alive = process.poll() is None
        process.kill()
    return alive


def assert_like_undisturbed(place: Place, undisturbed: Path) -> None:
    with place.app() as app:
        assert app.sync().complete
        make_all_facts(app)
    assert live_rows(place.cache) == live_rows(undisturbed)
    assert fact_rows(place.cache) == fact_rows(undisturbed)
    assert query(place.cache, "SELECT COUNT(*) FROM stream_range") == [(0,)]
    with closing(sqlite3.connect(place.cache)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("seed", range(3))
def test_a_sync_killed_anywhere_is_gone_on_with(place: Place, undisturbed: Path, seed: int) -> None:
    """Killed twice, at moments that nobody chose."""
    forget(place)
    random = Random(seed)
    for _ in range(2):
        kill_sync(place, random.uniform(0.0, 0.8))
    assert_like_undisturbed(place, undisturbed)


@pytest.mark.soak
def test_forty_kills_leave_no_trace(place: Place, undisturbed: Path) -> None:
    """Most of them in the middle of a run; one that ends in time is followed by a new cache."""
    random = Random(40)
    kills = 0
    forget(place)
    while kills < 40:
        if kill_sync(place, random.uniform(0.0, 1.2)):
            kills += 1
        else:
            assert_like_undisturbed(place, undisturbed)
            forget(place)
    assert_like_undisturbed(place, undisturbed)
