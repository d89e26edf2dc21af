"""Rows that come while a full pass goes on are in the cache at its end, and nothing depends on that."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from b24kpi.cache.journal import Journal
from b24kpi.cache.store import Store
from b24kpi.cache.sync import Sync, SyncResult
from b24kpi.demo.server import DemoPortal
from b24kpi.demo.standard_portal import install
from b24kpi.demo.state import PortalState
from b24kpi.portal.auth import Webhook
from b24kpi.portal.client import Portal
from b24kpi.portal.entities import DEAL
from tests.portal.far_end import Clock

COUNT = 6_000
REQUESTS = 1 + 3  # the bounds, and three batches of 2,500 rows at most


@pytest.fixture
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


def add(count: int, state: PortalState) -> None:
    for _ in range(count):
        state.add("deal", {"TITLE": "came meanwhile"})


def sync(demo: DemoPortal, store: Store) -> SyncResult:
    with Portal(Webhook.parse(demo.url), clock=Clock(), plan="self_hosted") as portal:
        return Sync(store, portal, Clock()).run([DEAL])


def test_deals_that_came_meanwhile_are_there(demo: DemoPortal, store: Store) -> None:
    """More than a page of them: two more requests, and all rows of the portal but none twice."""
    demo.hooks.after(REQUESTS, lambda state: add(70, state))
    result = sync(demo, store)
    assert (result.complete, result.rows, result.requests) == (True, COUNT + 70, REQUESTS + 2)
    assert store.live_ids(DEAL, 0, 10**9) == {row["ID"] for row in demo.state.rows("deal")}


def test_the_next_run_looks_at_them_again(demo: DemoPortal, store: Store) -> None:
    """They are beyond what the pass has proven: one that had no number yet may come between them."""
    demo.hooks.after(REQUESTS, lambda state: add(70, state))
    sync(demo, store)
    assert Journal(store).stream("deal").high == COUNT
    assert sync(demo, store).rows >= 70


def test_a_failure_there_is_no_failure_of_the_run(demo: DemoPortal, store: Store) -> None:
    """It is asked once; the next run brings them."""
    demo.hooks.after(REQUESTS, lambda state: add(3, state))
    demo.faults.add("bad_gateway", "batch", after=REQUESTS)
    result = sync(demo, store)
    assert (result.complete, result.rows, result.requests) == (True, COUNT, REQUESTS + 1)
    sync(demo, store)
    assert store.count_live(DEAL) == COUNT + 3


def test_an_incremental_run_does_not_ask(demo: DemoPortal, store: Store) -> None:
    """It is over within a moment."""
    sync(demo, store)
    assert sync(demo, store).requests == 2
