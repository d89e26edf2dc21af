"""Offline events of the demo portal: worked into the cache, then confirmed, and never needed."""

from collections.abc import Iterator

import pytest

from b24kpi.app import App
from b24kpi.cache.events import EVENTS
from b24kpi.demo.offline_queue import Waiting
from tests.application.places import AppPlace


@pytest.fixture
def app(place: AppPlace) -> Iterator[App]:
    """The application, whose cache has read all there is."""
    with place.app() as opened:
        assert opened.sync().complete
        place.clock.sleep(60)
        yield opened


def waiting(place: AppPlace) -> list[Waiting]:
    return place.portal.apps.queue.rows(lambda row: True)


def deleted(app: App, table: str) -> set[int]:
    """Ids of the rows that the cache calls deleted."""
    return {row[0] for row in app._store.query(f"SELECT id FROM {table} WHERE deleted_at IS NOT NULL")}


def asked(place: AppPlace, method: str) -> int:
    """How often a method was called, alone or in a batch."""
    return place.portal.stats.by_method[method]


def test_every_event_is_subscribed_to_once(place: AppPlace, app: App) -> None:
    """By the first sync; the next one finds it done."""
    bound = [each.event for each in place.registered.events if each.is_offline]
    assert sorted(bound) == sorted(EVENTS)
    app.sync()
    assert len([each for each in place.registered.events if each.is_offline]) == len(EVENTS)


def test_a_deletion_is_known_at_once(place: AppPlace, app: App) -> None:
    """No count is due yet; then nothing waits any more."""
    place.state.delete("deal", 7)
    place.state.delete("lead", 3)
    app.sync()
    assert (deleted(app, "deal"), deleted(app, "lead")) == ({7}, {3})
    assert waiting(place) == []


def test_rows_that_pointed_at_a_deleted_one_are_read_again(place: AppPlace, app: App) -> None:
    """The portal empties their links without a word."""
    place.state.delete("contact", 1)
    app.sync()
    assert app._store.query("SELECT DISTINCT contact_id FROM deal") == [(None,)]
    assert deleted(app, "contact") == {1}


def test_changes_arrive_and_facts_follow(place: AppPlace, app: App) -> None:
    """New rows and old ones; the journal of the sync counts them."""
    number = place.state.add("deal", {"TITLE": "x", "OPPORTUNITY": "100"})
    place.state.update("deal", 8, {"STAGE_ID": "WON"})
    result = app.sync()
    assert result.changed >= 2
    assert app._store.query("SELECT stage_id FROM deal WHERE id = 8") == [("WON",)]
    assert app._store.query("SELECT COUNT(*) FROM deal_fact WHERE deal_id = ?", (number,)) == [(1,)]
    assert waiting(place) == []


def test_what_a_crash_has_left_reserved_is_taken_up(place: AppPlace, app: App) -> None:
    """A run was killed after it had asked for events and before it could keep them."""
    place.state.delete("deal", 7)
    killed = app.portal.call("event.offline.get", {"clear": 0}).result
    place.state.delete("deal", 8)
    assert killed["process_id"]
    app.sync()
    assert deleted(app, "deal") == {7, 8}
    assert waiting(place) == []


def test_events_are_confirmed_only_once_they_are_kept(place: AppPlace, app: App) -> None:
    """Where the rows cannot be read now, the events stay for the next run, and the sync goes on without them."""
    place.state.delete("deal", 7)
    place.portal.denied["event.offline.clear"] = "ACCESS_DENIED"
    assert app.sync().complete
    assert len(waiting(place)) == 1
    del place.portal.denied["event.offline.clear"]
    app.sync()
    assert waiting(place) == []


def test_many_events_take_few_requests(place: AppPlace, app: App) -> None:
    """A thousand are asked for at a time."""
    for number in range(1, 401):
        place.state.add("contact", {"NAME": f"n{number}"})
    before = place.portal.stats.requests
    app.sync()
    assert waiting(place) == []
    assert place.portal.stats.requests - before < 30


def test_own_changes_are_no_events(place: AppPlace, app: App) -> None:
    """Nor is what we push."""
    app.portal.call("crm.deal.update", {"id": 7, "fields": {"COMMENTS": "x"}})
    app.push()
    assert waiting(place) == []


def test_a_plan_without_reservations_falls_back(place: AppPlace) -> None:
    """The passes find the same, and nothing is taken from the queue that could be lost."""
    place.portal.features["rest_offline_extended"] = False
    with place.app() as app:
        assert app.sync().complete
        place.state.delete("deal", 7)
        place.clock.sleep(60)
        assert app.sync(compare=True).complete
        assert deleted(app, "deal") == {7}
    assert asked(place, "event.offline.get") == 0
    assert not any(each.is_offline for each in place.registered.events)


def test_a_sync_of_chosen_streams_leaves_events_alone(place: AppPlace, app: App) -> None:
    """They are of all streams."""
    place.state.delete("deal", 7)
    app.sync(only=["lead"])
    assert len(waiting(place)) == 1
