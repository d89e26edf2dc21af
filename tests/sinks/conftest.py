"""What the tests of the sinks share: a fresh demo portal, and a push into it over real HTTP."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from b24kpi.demo import standard_portal
from b24kpi.demo.server import DemoPortal
from b24kpi.demo.state import PortalState
from b24kpi.portal.auth import Webhook
from b24kpi.portal.client import Portal
from b24kpi.sinks import NamedReport, PushResult, SmartProcess
from tests.portal.far_end import Clock
from tests.sinks.reports import Push


@pytest.fixture
def state() -> Iterator[PortalState]:
    with closing(PortalState()) as state:
        standard_portal.install(state)
        yield state


@pytest.fixture
def demo(state: PortalState) -> Iterator[DemoPortal]:
    with DemoPortal(state) as demo:
        yield demo
    assert demo.stats.failures == []


@pytest.fixture
def portal(demo: DemoPortal) -> Iterator[Portal]:
    with Portal(Webhook.parse(demo.url), clock=Clock(), plan="self_hosted") as portal:
        yield portal


@pytest.fixture
def push(portal: Portal, demo: DemoPortal) -> Push:
    """Push reports; the portal's counters start anew with each push."""

    def push(*reports: NamedReport, language: str = "uk", dry_run: bool = False) -> PushResult:
        demo.stats.by_method.clear()
        return SmartProcess(portal, language=language).push(reports, dry_run=dry_run)

    return push
