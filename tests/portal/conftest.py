"""What the tests of the portal layer share."""

from collections.abc import Iterator

import pytest
import responses

from tests.portal.far_end import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    """The network: what is not registered here cannot be reached."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock
