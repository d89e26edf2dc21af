"""A demo portal and a cache that follows it, both on one clock."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from b24kpi.cache import context
from b24kpi.cache.asking import Asker
from b24kpi.cache.deletions import Deletions, Finding
from b24kpi.cache.progress import SyncResult
from b24kpi.cache.store import Store
from b24kpi.cache.sync import Sync
from b24kpi.cache.upkeep import Upkeep
from b24kpi.demo.server import DemoPortal, Webhook
from b24kpi.demo.standard_portal import install, install_pipeline
from b24kpi.demo.state import PortalState
from b24kpi.portal.auth import Webhook as Address
from b24kpi.portal.client import Portal
from b24kpi.portal.entities import ENTITIES, Entity
from tests.pipeline.places import Clock

SOME_TIME_AGO = 1_600_000_000  # moments of rows count from here


@dataclass
class Followed:
    """A portal with a cache; nothing is read until `sync`."""

    demo: DemoPortal
    portal: Portal
    store: Store
    clock: Clock

    @property
    def state(self) -> PortalState:
        return self.demo.state

    def sync(self, *entities: Entity, full: bool = False, compare: bool = False, confirmed: bool = False) -> SyncResult:
        """What a refresh does, without the facts."""
        context.learn(self.store, self.portal)
        wanted: Sequence[Entity] = entities or ENTITIES
        result = Sync(self.store, self.portal, self.clock).run(wanted, full=full)
        upkeep = Upkeep(self.store, self.portal, self.clock, result)
        upkeep.run(wanted, full=full, compare=compare, confirmed=confirmed)
        return result

    def compare(self, *entities: Entity, confirmed: bool = False) -> dict[str, Finding]:
        """Look for rows that vanished, and nothing else."""
        return Deletions(self.store, self.portal, Asker(self.portal, self.clock)).run(entities, confirmed=confirmed)

    def ids(self, table: str, *, deleted: bool) -> set[int]:
        """Ids of the cache's rows that are marked as deleted, or of the others."""
        condition = f"deleted_at IS {'NOT ' if deleted else ''}NULL"
        return {row[0] for row in self.store.query(f"SELECT id FROM {table} WHERE {condition}")}

    def rights(self, **rights: Any) -> None:
        """What the webhook's owner may read from now on; without arguments, everything."""
        self.demo.webhooks[1] = Webhook(self.demo.webhooks[1].secret, **rights)

    def call_as(self, user_id: int) -> None:
        """From now on the webhook is that of another user, who reads everything."""
        self.demo.webhooks[user_id] = Webhook("another0secret0code")
        self.portal.close()
        self.portal = portal_at(self.demo.webhook_url(user_id), self.clock)

    def requests_of(self, *entities: Entity) -> int:
        """How many requests a comparison takes."""
        before = self.demo.stats.requests
        self.compare(*entities)
        return self.demo.stats.requests - before


@contextmanager
def following(folder: Path, **options: Any) -> Iterator[Followed]:
    """A fresh portal with a second pipeline, 3, and an empty cache; options are those of `DemoPortal`."""
    clock = Clock()
    with closing(PortalState(now=clock.now)) as state:
        install(state)
        install_pipeline(state, 3, "Опт")
        settings = {"monotonic": clock.monotonic, "sleep": clock.sleep, **options}
        with DemoPortal(state, **settings) as demo, Store(folder / "cache.sqlite") as store:
            place = Followed(demo, portal_at(demo.url, clock), store, clock)
            yield place
            place.portal.close()


def portal_at(url: str, clock: Clock) -> Portal:
    return Portal(Address.parse(url), clock=clock, plan="self_hosted")


def deals(numbers: Iterable[int], **values: Any) -> Iterator[dict[str, Any]]:
    """Simple deals of old."""
    for number in numbers:
        moment = SOME_TIME_AGO + number
        yield {"ID": number, "DATE_CREATE": moment, "DATE_MODIFY": moment, "STAGE_ID": "NEW", **values}
