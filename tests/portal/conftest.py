"""What the tests of the portal layer share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import responses

from b24kpi.portal.client import Portal
from tests.portal.far_end import Clock
from tests.portal.oauth_far_end import BitrixSide, bitrix, installed


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    """The network: what is not registered here cannot be reached."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def side() -> Iterator[BitrixSide]:
    """An OAuth server and a portal."""
    with bitrix() as running:
        yield running


@pytest.fixture
def portal(side: BitrixSide, tmp_path: Path) -> Iterator[Portal]:
    """A client of an installed application."""
    with Portal(installed(side, tmp_path), clock=Clock(), plan="self_hosted", attempts=2) as opened:
        yield opened
