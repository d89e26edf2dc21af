"""A company behind a portal that serves the BI connector, and caches of it filled in bulk and by REST."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from b24kpi.cache import context
from b24kpi.cache.progress import Silent, SyncResult
from b24kpi.cache.store import Store
from b24kpi.cache.sync import Sync
from b24kpi.portal.auth import Secret, Webhook
from b24kpi.portal.bulk import BulkSource
from b24kpi.portal.client import Portal
from b24kpi.portal.entities import BY_NAME
from tests.pipeline.cache_tables import Rows, live_rows
from tests.pipeline.conftest import company
from tests.pipeline.places import Place, opened_place

KEY = "0123456789abcdefghijklmnopqrstuv"
STREAMS = [BY_NAME[name] for name in ("lead", "deal", "lead_step", "deal_step", "activity")]
SLICE_ROWS = 120

Load = Callable[..., SyncResult]


class Words(Silent):
    """Progress that keeps what it is told in words, and asks to stop once so many rows are stored."""

    def __init__(self, stop_after: int = 10**9) -> None:
        self.words: list[str] = []
        self.rows = 0
        self._stop_after = stop_after

    def advance(self, stream: str, rows: int, done_ids: int) -> None:
        self.rows += rows

    def note(self, text: str) -> None:
        self.words.append(text)

    def stop(self) -> bool:
        return self.rows >= self._stop_after


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Some hundred deals of two years in Kyiv, in several currencies, some of them and of the others deleted."""
    with opened_place(tmp_path_factory.mktemp("bulk"), company(150)) as opened:
        state = opened.state
        for deal in state.rows("deal")[5:120:11]:
            state.delete("deal", deal["ID"])
        twice = 1_761_440_000  # 2025-10-26 03:53:20 in Kyiv, for the first time
        for number, deal in enumerate(state.rows("deal")[60:64]):
            state.change_row("deal", deal["ID"], {"DATE_CREATE": twice + 1_800 * number})
        opened.portal.bi.key = KEY
        yield opened


@pytest.fixture(autouse=True)
def undisturbed(place: Place) -> Iterator[None]:
    """Each test finds the connector as it is by default, and nothing going wrong."""
    bi, before = place.portal.bi, dict(vars(place.portal.bi))
    yield
    for name, value in before.items():
        setattr(bi, name, value)
    place.portal.faults.clear()


@pytest.fixture
def load(place: Place, tmp_path: Path) -> Load:
    """Sync into a cache of the test's folder: `load("bulk", bulk=True, progress=…, url=…)`."""

    def load(
        name: str, *, bulk: bool = False, progress: Any = None, url: str = "", rows: int = SLICE_ROWS
    ) -> SyncResult:
        webhook = Webhook.parse(url or place.portal.url)
        with Store(tmp_path / name) as store, Portal(webhook, clock=place.clock, plan="self_hosted") as portal:
            context.bind(store, webhook.host)
            context.learn(store, portal)
            connector = BulkSource(webhook, Secret(KEY), slice_rows=rows) if bulk else None
            stop = getattr(progress, "stop", None)
            return Sync(store, portal, place.clock, progress=progress, stop=stop, bulk=connector).run(STREAMS)

    return load


@pytest.fixture(scope="module")
def by_rest() -> dict[float, dict[str, Rows]]:
    """Moment of the portal → what a cache held that was filled by REST then: changes take time."""
    return {}


@pytest.fixture
def equal(load: Load, place: Place, tmp_path: Path, by_rest: dict[float, dict[str, Rows]]) -> Callable[[str], bool]:
    """Whether a cache of the test's folder holds the rows that one filled by REST has, column by column."""

    def equal(name: str) -> bool:
        if (now := place.clock.now()) not in by_rest:
            load("rest")
            by_rest[now] = live_rows(tmp_path / "rest")
        return live_rows(tmp_path / name) == by_rest[now]

    return equal
