"""Processes that use one cache share what the portal's limits leave them."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from b24kpi.demo.limits import ENTERPRISE, STANDARD
from b24kpi.demo.server import DemoPortal
from b24kpi.demo.standard_portal import install
from b24kpi.demo.state import PortalState
from b24kpi.errors import CacheError
from b24kpi.portal.auth import Webhook
from b24kpi.portal.client import Portal
from b24kpi.portal.ledger import FileLedger
from b24kpi.portal.limiter import Bucket, Operating
from b24kpi.portal.protocol import PortalTime
from tests.portal.far_end import Clock

CALLER = """
import sys
from pathlib import Path
from b24kpi.clock import SYSTEM_CLOCK
from b24kpi.portal.auth import Webhook
from b24kpi.portal.client import Portal
from b24kpi.portal.ledger import FileLedger

url, path, count = sys.argv[1:]
ledger = FileLedger(Path(path), SYSTEM_CLOCK)
with Portal(Webhook.parse(url), plan="enterprise", ledger=ledger) as portal:
    for _ in range(int(count)):
        portal.call("profile")
ledger.close()
"""


@contextmanager
def ledgers(path: Path, clock: Clock, count: int = 2) -> Iterator[list[FileLedger]]:
    """The same file opened several times, as by several processes."""
    opened = [FileLedger(path, clock) for _ in range(count)]
    try:
        yield opened
    finally:
        for ledger in opened:
            ledger.close()


def test_two_processes_fill_one_bucket(tmp_path: Path) -> None:
    """The second knows of the places that the first has taken."""
    clock = Clock()
    with ledgers(tmp_path / "cache.budget", clock) as (one, other):
        first, second = (Bucket(4, 2.0, clock, ledger) for ledger in (one, other))
        assert [first.reserve(), second.reserve(), first.reserve(), second.reserve()] == [0.0] * 4
        assert (first.reserve(), second.reserve()) == (0.5, 1.0)


def test_a_refusal_tells_all_processes(tmp_path: Path) -> None:
    """The bucket is full for whoever asks next."""
    clock = Clock()
    with ledgers(tmp_path / "cache.budget", clock) as (one, other):
        Bucket(45, 2.0, clock, one).fill()
        assert Bucket(45, 2.0, clock, other).reserve() == 0.5


def test_a_blocked_method_is_left_alone_by_all_processes(tmp_path: Path) -> None:
    """And the working time that one was told slows the other."""
    clock = Clock()
    with ledgers(tmp_path / "cache.budget", clock) as (one, other):
        Operating(clock, ledger=one).park("crm.deal.list", 90.0)
        Operating(clock, limit=400.0, ledger=one).note("crm.lead.list", PortalTime(5_000.0, 400.0, 5_120.0))
        seen = Operating(clock, limit=400.0, ledger=other)
        assert (seen.wait("crm.deal.list"), seen.wait("crm.lead.list")) == (90.0, 120.0)


def test_what_is_known_outlives_the_process(tmp_path: Path) -> None:
    """A run that follows at once does not think the bucket empty."""
    clock = Clock()
    with ledgers(tmp_path / "cache.budget", clock, 1) as (ledger,):
        Bucket(1, 2.0, clock, ledger).reserve()
    with ledgers(tmp_path / "cache.budget", clock, 1) as (ledger,):
        assert Bucket(1, 2.0, clock, ledger).reserve() == 0.5


def test_a_clock_set_back_blocks_nobody_for_long(tmp_path: Path) -> None:
    """Ten minutes at most."""
    clock = Clock()
    with ledgers(tmp_path / "cache.budget", clock, 1) as (ledger,):
        Bucket(1, 2.0, clock, ledger).reserve()
        Operating(clock, ledger=ledger).park("crm.deal.list", 90.0)
        clock.seconds -= 86_400
        assert Bucket(1, 2.0, clock, ledger).reserve() == 0.5
        assert Operating(clock, ledger=ledger).wait("crm.deal.list") <= 600.0


def test_a_file_that_is_something_else_is_told(tmp_path: Path) -> None:
    """With its path, as for the cache."""
    path = tmp_path / "cache.budget"
    path.write_bytes(b"something else " * 500)
    with pytest.raises(CacheError, match=r"cache\.budget"):
        FileLedger(path, Clock())


@contextmanager
def demo(limits: object, **options: object) -> Iterator[DemoPortal]:
    with closing(PortalState()) as state:
        install(state)
        with DemoPortal(state, limits=limits, **options) as portal:  # type: ignore[arg-type]
            yield portal


def test_threads_of_two_clients_never_overfill_the_portal(tmp_path: Path) -> None:
    """Two clients with four threads each, as fast as they may: no request is refused."""
    clock = Clock()
    with (
        demo(STANDARD, monotonic=clock.monotonic) as portal,
        ledgers(tmp_path / "cache.budget", clock) as opened,
        Portal(Webhook.parse(portal.url), clock=clock, ledger=opened[0]) as one,
        Portal(Webhook.parse(portal.url), clock=clock, ledger=opened[1]) as other,
    ):
        threads = [threading.Thread(target=call_often, args=(client,)) for client in (one, other) * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (portal.stats.requests, portal.stats.rejected_503) == (200, 0)


def call_often(client: Portal) -> None:
    for _ in range(25):
        client.call("profile")


def test_two_processes_never_overfill_the_portal(tmp_path: Path) -> None:
    """Real ones, in real time: more calls than the portal takes at once, and none is refused."""
    with demo(ENTERPRISE) as portal:
        command = [sys.executable, "-c", CALLER, portal.url, str(tmp_path / "cache.budget"), "130"]
        callers = [subprocess.Popen(command) for _ in range(2)]
        for caller in callers:
            assert caller.wait(timeout=120) == 0
        assert (portal.stats.requests, portal.stats.rejected_503) == (260, 0)
