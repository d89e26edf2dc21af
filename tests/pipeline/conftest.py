"""Portals that the tests of this folder start."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from b24kpi.demo.company import build_company
from tests.pipeline.places import NOW, Fill, Place, opened_place

OpenPlace = Callable[..., Place]


def company(deals: int = 400, seed: int = 1) -> Fill:
    """Fills a state with the default company."""
    return partial(build_company, seed=seed, deals=deals, now=NOW)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[OpenPlace]:
    """Starts a portal: `opened(fill, limits=…)`; all of them stop with the test."""
    with ExitStack() as stack:

        def start(fill: Fill, **options: Any) -> Place:
            folder = options.pop("folder", tmp_path)
            folder.mkdir(exist_ok=True)
            return stack.enter_context(opened_place(folder, fill, **options))

        yield start
