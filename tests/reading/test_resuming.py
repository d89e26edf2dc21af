"""A pass that was cut off: the ranges that are unread are known, and only they are read."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from b24kpi.cache.journal import Journal, StreamState
from b24kpi.cache.progress import Silent
from b24kpi.cache.store import Store
from b24kpi.cache.sync import Sync, SyncResult
from b24kpi.demo.server import DemoPortal
from b24kpi.demo.standard_portal import install
from b24kpi.demo.state import PortalState
from b24kpi.errors import Interrupted
from b24kpi.portal.auth import Webhook
from b24kpi.portal.client import Portal
from b24kpi.portal.entities import DEAL
from tests.portal.far_end import Clock

COUNT = 12_000


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoPortal]:
    with closing(PortalState()) as state:
        install(state)
        state.insert("deal", [{"ID": number, "STAGE_ID": "NEW"} for number in range(1, COUNT + 1)])
        with DemoPortal(state) as portal:
            yield portal


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "cache.sqlite") as opened:
        yield opened


class StopsAfter(Silent):
    """Progress that asks to stop once so many rows are stored."""

    def __init__(self, rows: int) -> None:
        self.left = rows

    def advance(self, stream: str, rows: int, done_ids: int) -> None:
        self.left -= rows

    def stop(self) -> bool:
        return self.left <= 0


def sync(demo: DemoPortal, store: Store, progress: StopsAfter | None = None, **options: Any) -> SyncResult:
    stop = progress.stop if progress else None
    with Portal(Webhook.parse(demo.url), clock=Clock(), plan="self_hosted") as portal:
        return Sync(store, portal, Clock(), progress=progress, stop=stop).run([DEAL], **options)


def interrupted(demo: DemoPortal, store: Store, rows: int, **options: Any) -> None:
    with pytest.raises(Interrupted):
        sync(demo, store, StopsAfter(rows), **options)


def unread_ids(store: Store) -> int:
    return sum(upto - after for after, upto in Journal(store).unread("deal"))


def test_what_is_unread_is_known_to_the_row(demo: DemoPortal, store: Store) -> None:
    """Rows and ranges change in one transaction."""
    interrupted(demo, store, 5_000)
    assert store.count_live(DEAL) == 5_000
    assert unread_ids(store) == COUNT - 5_000


def test_the_next_run_reads_only_what_is_unread(demo: DemoPortal, store: Store) -> None:
    """However often a pass is cut off."""
    for _ in range(3):
        interrupted(demo, store, 2_500)
    result = sync(demo, store)
    assert (result.complete, result.rows) == (True, COUNT - 7_500)
    assert store.count_live(DEAL) == COUNT
    assert Journal(store).unread("deal") == []


def test_new_rows_are_read_by_the_pass_that_goes_on(store: Store) -> None:
    """Ids given out since the pass was planned are added to what is unread."""
    with closing(PortalState()) as state:
        install(state)
        state.insert("deal", [{"ID": number} for number in range(1, 5_001)])
        with DemoPortal(state) as demo:
            interrupted(demo, store, 2_600)
            state.insert("deal", [{"ID": number} for number in range(5_001, 5_101)])
            assert sync(demo, store).rows == 2_500
    assert store.count_live(DEAL) == 5_100


def test_unreadable_pages_are_left_for_the_next_run(demo: DemoPortal, store: Store) -> None:
    """The stream is incomplete, and only those pages are read when the portal can show them again."""
    demo.faults.add("command_error", "crm.deal.list", times=-1, after=130, code="INTERNAL_SERVER_ERROR")
    first = sync(demo, store)
    demo.faults.clear()
    assert (first.complete, first.rows + unread_ids(store), first.rows > 0) == (False, COUNT, True)
    result = sync(demo, store)
    assert (result.complete, result.rows, store.count_live(DEAL)) == (True, COUNT - first.rows, COUNT)


def test_a_pass_of_an_older_version_is_gone_on_with(demo: DemoPortal, store: Store) -> None:
    """It had one place up to which all was read, and no ranges."""
    sync(demo, store)
    journal = Journal(store)
    done = journal.stream("deal")
    with store.transaction():
        store.db.execute("DELETE FROM deal WHERE id > 1000")
        journal.save(StreamState("deal", pass_started=done.complete_until, pass_after=1_000))
    assert sync(demo, store).rows == COUNT - 1_000
    assert store.count_live(DEAL) == COUNT


@pytest.mark.parametrize("code", ["INTERNAL_SERVER_ERROR", "OPERATION_TIME_LIMIT"])
def test_bounds_that_cannot_be_told_for_now_are_asked_for_again(demo: DemoPortal, store: Store, code: str) -> None:
    """After the other streams, and once a block is over."""
    demo.faults.add("command_error", "crm.deal.list", times=3, code=code)
    assert sync(demo, store).complete
    assert store.count_live(DEAL) == COUNT


def test_bounds_that_are_never_told_leave_the_stream_incomplete(demo: DemoPortal, store: Store) -> None:
    """And the run ends."""
    demo.faults.add("command_error", "crm.deal.list", times=-1, code="INTERNAL_SERVER_ERROR")
    result = sync(demo, store)
    demo.faults.clear()
    assert (result.complete, [stream.state for stream in result.streams]) == (False, ["incomplete"])


def test_what_changed_since_the_pass_began_is_known_at_its_end(store: Store) -> None:
    """Also rows that the run which was cut off had read: nobody has to wait for one more run."""
    with closing(PortalState()) as state:
        install(state)
        state.insert("deal", [{"ID": number, "STAGE_ID": "NEW"} for number in range(1, 3_001)])
        with DemoPortal(state) as demo:
            interrupted(demo, store, 1_000)
            read = store.query("SELECT MIN(id) FROM deal")[0][0]
            state.update("deal", read, {"OPPORTUNITY": 12.5})
            assert sync(demo, store).complete
    assert store.query("SELECT opportunity FROM deal WHERE id = ?", (read,)) == [(1_250,)]
