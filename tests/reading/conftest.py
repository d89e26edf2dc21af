"""What the tests of reading in parallel share."""

from collections.abc import Callable, Iterator

import pytest
import responses

from tests.portal.far_end import Shelf


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    """The network: what is not registered here cannot be reached."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def shelf(wire: responses.RequestsMock) -> Callable[..., Shelf]:
    """A portal of bare ids."""
    return lambda ids, wrapper="": Shelf(ids, wrapper).mount(wire)
