"""Offline events of the demo portal: worked into the cache, then confirmed, and never needed."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from b24kpi.cache.events import EVENTS, OfflineEvents
from b24kpi.cache.progress import SyncResult
from b24kpi.cache.store import Store
from b24kpi.cache.sync import Sync
from b24kpi.connection import access_of
from b24kpi.demo.offline_queue import Waiting
from b24kpi.portal.client import Portal
from b24kpi.portal.entities import ACTIVITY, COMPANY, CONTACT, DEAL, LEAD
from tests.application.places import LONG_AGO, AppPlace

STREAMS = (LEAD, COMPANY, CONTACT, DEAL, ACTIVITY)


@dataclass
class Cache:
    """A cache that follows the portal, without facts."""

    store: Store
    portal: Portal
    place: AppPlace

    def sync(self) -> SyncResult:
        """A pass over the streams, then the events; a minute later the next one may come."""
        result = Sync(self.store, self.portal, self.place.clock).run(STREAMS)
        OfflineEvents(self.store, self.portal, self.place.clock, STREAMS, result).run()
        self.place.clock.sleep(60)
        return result

    def deleted(self, table: str) -> set[int]:
        """Ids of the rows that the cache calls deleted."""
        return {row[0] for row in self.store.query(f"SELECT id FROM {table} WHERE deleted_at IS NOT NULL")}


@pytest.fixture
def cache(place: AppPlace) -> Iterator[Cache]:
    """One that has read all there is."""
    access = access_of(place.settings)
    with Store(place.folder / "followed.sqlite") as store, Portal(access, clock=place.clock, plan="self_hosted") as to:
        found = Cache(store, to, place)
        assert found.sync().complete
        yield found


def waiting(place: AppPlace) -> list[Waiting]:
    return place.portal.apps.queue.rows(lambda row: True)


def asked(place: AppPlace, method: str) -> int:
    """How often a method was called, alone or in a batch."""
    return place.portal.stats.by_method[method]


def test_every_event_is_subscribed_to_once(place: AppPlace, cache: Cache) -> None:
    """By the first sync; the next one finds it done."""
    bound = [each.event for each in place.registered.events if each.is_offline]
    assert sorted(bound) == sorted(EVENTS)
    cache.sync()
    assert len([each for each in place.registered.events if each.is_offline]) == len(EVENTS)


def test_a_deletion_is_known_at_once(place: AppPlace, cache: Cache) -> None:
    """No count is due yet; then nothing waits any more."""
    place.state.delete("deal", 7)
    place.state.delete("lead", 3)
    cache.sync()
    assert (cache.deleted("deal"), cache.deleted("lead")) == ({7}, {3})
    assert waiting(place) == []


def test_rows_that_pointed_at_a_deleted_one_are_read_again(place: AppPlace, cache: Cache) -> None:
    """The portal empties their links without a word."""
    place.state.delete("contact", 1)
    cache.sync()
    assert cache.store.query("SELECT DISTINCT contact_id FROM deal") == [(None,)]
    assert cache.deleted("contact") == {1}


def test_changes_arrive(place: AppPlace, cache: Cache) -> None:
    """New rows and old ones, those without a new DATE_MODIFY too; the result of the sync counts them."""
    number = place.state.add("deal", {"TITLE": "x"})
    place.state.update("deal", 8, {"STAGE_ID": "WON"})
    place.state.change_row("deal", 8, {"DATE_MODIFY": LONG_AGO})
    assert cache.sync().changed >= 2
    found = cache.store.query("SELECT id, stage_id FROM deal WHERE id IN (8, ?) ORDER BY id", (number,))
    assert found == [(8, "WON"), (number, "NEW")]
    assert waiting(place) == []


def test_what_a_crash_has_left_reserved_is_taken_up(place: AppPlace, cache: Cache) -> None:
    """A run was killed after it had asked for events and before it could keep them."""
    place.state.delete("deal", 7)
    killed = cache.portal.call("event.offline.get", {"clear": 0}).result
    place.state.delete("deal", 8)
    assert killed["process_id"]
    cache.sync()
    assert cache.deleted("deal") == {7, 8}
    assert waiting(place) == []


def test_events_are_confirmed_only_once_they_are_kept(place: AppPlace, cache: Cache) -> None:
    """Where the rows cannot be read now, the events stay for the next run, and the sync goes on without them."""
    place.state.delete("deal", 7)
    place.portal.denied["event.offline.clear"] = "ACCESS_DENIED"
    assert cache.sync().complete
    assert len(waiting(place)) == 1
    del place.portal.denied["event.offline.clear"]
    cache.sync()
    assert waiting(place) == []


def test_many_events_take_few_requests(place: AppPlace, cache: Cache) -> None:
    """Those after the first fifty are asked for together."""
    for number in range(1, 131):
        place.state.add("contact", {"NAME": f"n{number}"})
    before = place.portal.stats.requests
    cache.sync()
    assert waiting(place) == []
    assert place.portal.stats.requests - before < 15


def test_own_changes_are_no_events(place: AppPlace, cache: Cache) -> None:
    """The portal leaves them out."""
    cache.portal.call("crm.deal.update", {"id": 7, "fields": {"COMMENTS": "x"}})
    assert waiting(place) == []


def test_a_plan_without_reservations_falls_back(place: AppPlace) -> None:
    """Nothing is taken from the queue that a crash could lose; the passes and counts find the same."""
    place.portal.features["rest_offline_extended"] = False
    with place.app() as app:
        assert app.sync(only=["deal"]).complete
        place.state.delete("deal", 7)
        place.clock.sleep(60)
        assert app.sync(compare=True).complete
        assert app._store.query("SELECT id FROM deal WHERE deleted_at IS NOT NULL") == [(7,)]
    assert asked(place, "event.offline.get") == 0
    assert not any(each.is_offline for each in place.registered.events)
