"""A new cache for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from b24kpi.cache.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store(path) as opened:
        yield opened
