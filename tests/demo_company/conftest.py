"""One company, built once: the tests of this folder read it and change nothing."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import pytest

from b24kpi.demo.company import Company, build_company
from b24kpi.demo.state import PortalState

NOW = 1_763_805_600.0  # Saturday 2025-11-22 12:00 in Kyiv


@dataclass(frozen=True)
class Built:
    """The portal's state and what the builder said about it."""

    state: PortalState
    company: Company


Build = Callable[..., Built]


@pytest.fixture(scope="session")
def build() -> Iterator[Build]:
    """Fills a state of its own with a company: `build(deals, seed=1, years=2)`."""
    with ExitStack() as states:

        def build(deals: int, **options: Any) -> Built:
            state = states.enter_context(closing(PortalState(now=lambda: NOW)))
            return Built(state, build_company(state, deals=deals, now=NOW, **options))

        yield build


@pytest.fixture(scope="session")
def built(build: Build) -> Built:
    """The default company with 3,000 deals."""
    return build(3000)


@pytest.fixture
def state(built: Built) -> PortalState:
    return built.state
