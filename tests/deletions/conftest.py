"""Portals with the caches that follow them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.deletions.followed import Followed, following

Open = Callable[..., Followed]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Starts a portal: `opened(options=…)`; it stops with the test."""
    with ExitStack() as stack:

        def start(**options: Any) -> Followed:
            return stack.enter_context(following(tmp_path, **options))

        yield start


@pytest.fixture
def place(opened: Open) -> Followed:
    """A portal without limits."""
    return opened()
