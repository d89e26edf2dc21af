"""The first load of deals in bulk against the one by REST: time and requests, from the same portal.

    pytest tests/benchmarks/bulk.py -m benchmark -s -n0

The demo portal answers without latency and without limits, in this process; both fill a cache from nothing.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter

import pytest

from b24kpi.cache import context
from b24kpi.cache.store import Store
from b24kpi.cache.sync import Sync
from b24kpi.clock import SYSTEM_CLOCK
from b24kpi.demo import standard_portal
from b24kpi.demo.limits import UNLIMITED
from b24kpi.demo.server import DemoPortal
from b24kpi.demo.state import PortalState
from b24kpi.portal.auth import Secret, Webhook
from b24kpi.portal.bulk import BulkSource
from b24kpi.portal.client import Portal
from b24kpi.portal.entities import DEAL
from tests.pipeline.cache_tables import live_rows

DEALS = 100_000
SECONDS_APART = 600
KEY = "k" * 32

pytestmark = pytest.mark.benchmark


@pytest.fixture
def portal() -> Iterator[DemoPortal]:
    """A portal of many deals and nothing else."""
    with closing(PortalState()) as state:
        standard_portal.install(state)
        born = int(state.now()) - DEALS * SECONDS_APART
        moments = ((number, born + number * SECONDS_APART) for number in range(1, DEALS + 1))
        state.insert("deal", [deal(number, moment) for number, moment in moments])
        with DemoPortal(state, limits=UNLIMITED, bi_key=KEY) as server:
            yield server


def deal(number: int, moment: int) -> dict[str, object]:
    dates = {"DATE_CREATE": moment, "DATE_MODIFY": moment, "MOVED_TIME": moment, "CLOSEDATE": "2025-08-30"}
    return {"ID": number, "TITLE": f"{number}", "OPPORTUNITY": number * 1.37, "CURRENCY_ID": "UAH", **dates}


def load(server: DemoPortal, path: Path, key: str = "") -> tuple[float, int]:
    """Seconds and requests of a first sync of deals."""
    webhook = Webhook.parse(server.url)
    with Store(path) as store, Portal(webhook, plan="self_hosted") as portal:
        context.learn(store, portal)
        bulk = BulkSource(webhook, Secret(key)) if key else None
        began = perf_counter()
        result = Sync(store, portal, SYSTEM_CLOCK, bulk=bulk).run([DEAL])
        assert (result.complete, result.rows) == (True, DEALS)
        assert result.streams[0].bulk_rows == (DEALS if key else 0)
        return perf_counter() - began, result.requests


def test_bulk_against_rest(portal: DemoPortal, tmp_path: Path) -> None:
    """Fewer requests, and the same rows."""
    rest, rest_requests = load(portal, tmp_path / "rest")
    bulk, bulk_requests = load(portal, tmp_path / "bulk", KEY)
    print(f"\n{DEALS} deals: REST {rest:.1f} s, {rest_requests} requests; bulk {bulk:.1f} s, {bulk_requests} requests")
    assert bulk_requests < rest_requests
    assert live_rows(tmp_path / "bulk") == live_rows(tmp_path / "rest")
