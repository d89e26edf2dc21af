"""The bookkeeping of runs and streams."""

from b24kpi.cache.journal import COMPLETE, NOT_LOADED, Journal, StreamState
from b24kpi.cache.store import Store
from b24kpi.portal.entities import BY_NAME

READ = StreamState("deal", COMPLETE, high=90, complete_until=700)


def test_a_stream_that_was_never_read_is_said_to_be_so(store: Store) -> None:
    """In its state and in the coverage."""
    assert Journal(store).stream("deal") == StreamState("deal", NOT_LOADED, 0, None, None, None)
    assert Journal(store).coverage() == dict.fromkeys(sorted(BY_NAME), NOT_LOADED)


def test_the_state_of_a_stream_replaces_the_former_one(store: Store) -> None:
    """All of it."""
    journal = Journal(store)
    journal.save(StreamState("deal", "incomplete", high=70, pass_started=600, pass_after=50))
    journal.save(READ)
    assert journal.stream("deal") == READ
    assert journal.coverage() == dict.fromkeys(BY_NAME, NOT_LOADED) | {"deal": COMPLETE}


def test_as_of_is_where_the_slowest_readable_stream_ends(store: Store) -> None:
    """A refused stream holds nothing back; without any there is no moment."""
    journal = Journal(store)
    assert journal.as_of() is None
    journal.save(StreamState("call", "no_permission"))
    assert journal.as_of() is None
    journal.save(READ)
    journal.save(StreamState("lead", COMPLETE, complete_until=650))
    journal.save(StreamState("activity", "no_permission", complete_until=100))
    assert journal.as_of() == 650


def test_notes_replace_each_other(store: Store) -> None:
    """A key has one value, or the default."""
    journal = Journal(store)
    journal.set_meta({"portal": "a.bitrix24.eu", "time_zone": "UTC"})
    journal.set_meta({"portal": "b.bitrix24.eu"})
    assert (journal.meta("portal"), journal.meta("time_zone"), journal.meta("other", "none")) == (
        "b.bitrix24.eu",
        "UTC",
        "none",
    )


def test_a_run_is_noted_when_it_begins_and_when_it_ends(store: Store) -> None:
    """One that was cut off has no end."""
    journal = Journal(store)
    cut, done = journal.start_run("sync", 100.7), journal.start_run("push", 200.2)
    journal.finish_run(done, now=230.9, requests=4, rows=9, state=COMPLETE)
    found = store.query("SELECT id, kind, started, finished, requests, rows, state FROM run ORDER BY id")
    assert found == [(cut, "sync", 100, None, None, None, None), (done, "push", 200, 230, 4, 9, COMPLETE)]
