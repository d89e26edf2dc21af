"""The queue of offline events."""

import pytest


@pytest.fixture
def subscribed(app_call):
    """The application's queue hears of deals."""
    for kind in ("ADD", "UPDATE", "DELETE"):
        app_call("event.bind", event=f"ONCRMDEAL{kind}", event_type="offline")


@pytest.fixture
def take(app_call, subscribed):
    """The result of event.offline.get."""
    return lambda **params: app_call("event.offline.get", **params)["result"]


def ids(result):
    """What the events are about."""
    return [(event["EVENT_NAME"][9:], event["EVENT_DATA"]["FIELDS"]["ID"]) for event in result["events"]]


def test_taking_clears(state, take):
    """The default; moments by the portal's clock, equal message ids for equal events."""
    state.update("deal", 7, {"TITLE": "x"})
    result = take()
    assert result["process_id"] is None
    (event,) = result["events"]
    assert {name: event[name] for name in ("EVENT_NAME", "EVENT_DATA", "EVENT_ADDITIONAL", "TIMESTAMP_X")} == {
        "EVENT_NAME": "ONCRMDEALUPDATE",
        "EVENT_DATA": {"FIELDS": {"ID": "7"}},
        "EVENT_ADDITIONAL": {"user_id": "1"},
        "TIMESTAMP_X": "2026-01-01T11:33:20+02:00",
    }
    assert take()["events"] == []
    state.update("deal", 7, {"TITLE": "y"})
    assert take()["events"][0]["MESSAGE_ID"] == event["MESSAGE_ID"]


def test_repeated_changes_are_one_row(state, take, clock):
    """With the time of the last; the order is by time, so a change again goes to the end."""
    state.update("deal", 7, {"TITLE": "x"})
    clock.wait(60)
    state.update("deal", 8, {"TITLE": "x"})
    clock.wait(60)
    state.update("deal", 7, {"TITLE": "y"}, by=5)
    result = take()
    assert ids(result) == [("UPDATE", "8"), ("UPDATE", "7")]
    assert result["events"][1]["EVENT_ADDITIONAL"] == {"user_id": "5"}


def test_a_reservation_holds_until_it_is_confirmed(state, take, app_call):
    """Parallel takers get other rows; the same process reads its own again; a change meanwhile is a new row."""
    for number in (7, 8, 9):
        state.update("deal", number, {"TITLE": "x"})
    first = take(clear=0, limit=2)
    assert ids(first) == [("UPDATE", "7"), ("UPDATE", "8")]
    second = take(clear=0)
    assert ids(second) == [("UPDATE", "9")]
    assert second["process_id"] != first["process_id"]
    state.update("deal", 7, {"TITLE": "y"})
    assert ids(take(clear=0, process_id=first["process_id"])) == ids(first)
    assert app_call("event.offline.clear", process_id=first["process_id"])["result"] is True
    assert ids(take(clear=0, process_id=first["process_id"])) == []
    assert ids(take()) == [("UPDATE", "7")]


def test_part_of_a_reservation_is_confirmed(state, take, app_call):
    """By ids or by message ids."""
    for number in (7, 8, 9):
        state.update("deal", number, {"TITLE": "x"})
    first = take(clear=0)
    process, events = first["process_id"], first["events"]
    app_call("event.offline.clear", process_id=process, id=[events[0]["ID"]])
    app_call("event.offline.clear", process_id=process, message_id=[events[2]["MESSAGE_ID"]])
    assert ids(take(clear=0, process_id=process)) == [("UPDATE", "8")]
    both = app_call("event.offline.clear", process_id=process, id=["1"], message_id=["x"])
    assert both["error"] == "NOT_EMULATED"
    assert app_call("event.offline.clear")["error"] == "ERROR_ARGUMENT"


def test_rows_that_failed_are_taken_apart(state, take, app_call):
    """By error=1; the rest of the process stays reserved."""
    for number in (7, 8):
        state.update("deal", number, {"TITLE": "x"})
    first = take(clear=0)
    app_call("event.offline.error", process_id=first["process_id"], message_id=[first["events"][1]["MESSAGE_ID"]])
    assert ids(take()) == []
    listed = app_call("event.offline.list", filter={"ERROR": 1})
    assert [(row["ERROR"], row["PROCESS_ID"]) for row in listed["result"]] == [("1", "")]
    assert ids(take(error=1)) == [("UPDATE", "8")]


def test_the_plan_without_reservations(portal, state, take, app_call):
    """clear=0 is refused, feature.get tells it beforehand."""
    portal.features["rest_offline_extended"] = False
    state.update("deal", 7, {"TITLE": "x"})
    assert app_call("event.offline.get", clear=0)["error"] == "WRONG_LICENSE"
    assert app_call("feature.get", CODE="rest_offline_extended")["result"] == {"value": "N"}
    assert ids(take()) == [("UPDATE", "7")]


def test_own_changes_do_not_come_back(app_call, call, take):
    """What the application itself wrote; what a webhook wrote does."""
    app_call("crm.deal.update", id=7, fields={"TITLE": "x"})
    call("crm.deal.update", id=8, fields={"TITLE": "x"})
    app_call("batch", cmd={"a": "crm.deal.update?id=9&fields[TITLE]=x"})
    assert ids(take()) == [("UPDATE", "8")]


def test_connectors_are_queues_of_their_own(app_call, take):
    """A writer's connector keeps its changes out of that queue only."""
    app_call("event.bind", event="ONCRMDEALUPDATE", event_type="offline", auth_connector="kpi")
    app_call("crm.deal.update", id=7, fields={"TITLE": "x"}, auth_connector="kpi")
    app_call("crm.deal.update", id=8, fields={"TITLE": "x"})
    assert ids(take(auth_connector="kpi")) == [("UPDATE", "8")]
    assert ids(take()) == [("UPDATE", "7")]


def test_filters_and_orders(state, take, app_call):
    """The documented fields; others fail loudly."""
    state.delete("deal", 7)
    state.update("deal", 8, {"TITLE": "x"})
    state.add("deal", {"TITLE": "x"})
    listed = app_call("event.offline.list", order={"ID": "DESC"}, filter={"!EVENT_NAME": "ONCRMDEALADD"})
    assert ([row["EVENT_NAME"] for row in listed["result"]], listed["total"]) == (
        ["ONCRMDEALUPDATE", "ONCRMDEALDELETE"],
        2,
    )
    assert ids(take(filter={">=ID": 2, "@EVENT_NAME": ["ONCRMDEALUPDATE", "ONCRMDEALDELETE"]})) == [("UPDATE", "8")]
    assert ids(take(filter={">TIMESTAMP_X": "2026-01-01T11:33:20+02:00"})) == []
    assert app_call("event.offline.get", filter={"PROCESS_ID": "x"})["error"] == "NOT_EMULATED"


def test_a_list_comes_in_pages(state, app_call, subscribed):
    """Of fifty."""
    for number in range(1, 61):
        state.update("deal", number, {"TITLE": "x"})
    first = app_call("event.offline.list")
    assert (len(first["result"]), first["total"], first["next"]) == (50, 60, 50)
    rest = app_call("event.offline.list", start=50)
    assert (len(rest["result"]), "next" in rest) == (10, False)


@pytest.mark.parametrize("method", ["get", "list", "clear", "error"])
def test_the_queue_is_for_administrators(app_call, subscribed, manager, method):
    """403 for others."""
    assert app_call(f"event.offline.{method}", user_id=manager, process_id="x")["error"] == "ACCESS_DENIED"
