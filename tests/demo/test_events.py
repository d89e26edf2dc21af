"""Subscriptions to events, their delivery online, and ONOFFLINEEVENT."""

import pytest

from b24kpi.demo.apps import Application
from b24kpi.demo.hosts import Host
from b24kpi.demo.options import Options

from .far_application import FarApplication

HANDLER = "http://app.example/events"


@pytest.fixture
def far():
    with FarApplication() as far:
        yield far


@pytest.fixture
def delivered(portal, far):
    """The events that arrived at the application so far."""

    def wait():
        assert portal.deliveries.wait()
        return [each.form for each in far.of("/events")]

    return wait


@pytest.fixture
def bind(app_call, far):
    """Subscribes the application's server to an event."""
    return lambda event, **more: app_call("event.bind", event=event, handler=f"{far.url}/events", **more)


# --- subscriptions


def test_subscriptions_are_listed_and_ended(app_call):
    """Offline ones without a handler."""
    app_call("event.bind", event="OnCrmDealAdd", handler=HANDLER, auth_type=1)
    app_call("event.bind", event="ONCRMLEADUPDATE", event_type="offline", auth_connector="kpi")
    assert app_call("event.get")["result"] == [
        {"event": "ONCRMDEALADD", "handler": HANDLER, "auth_type": "1", "offline": 0},
        {"event": "ONCRMLEADUPDATE", "connector_id": "kpi", "offline": 1},
    ]
    assert app_call("event.unbind", event="ONCRMDEALADD", handler=HANDLER, auth_type=0)["result"] == {"count": 0}
    assert app_call("event.unbind", event="ONCRMDEALADD", handler=HANDLER)["result"] == {"count": 1}
    offline = {"event": "ONCRMLEADUPDATE", "event_type": "offline"}
    assert app_call("event.unbind", **offline)["result"] == {"count": 0}
    assert app_call("event.unbind", **offline, auth_connector="kpi")["result"] == {"count": 1}


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"event": ""}, "ERROR_ARGUMENT"),
        ({"handler": None}, "ERROR_ARGUMENT"),
        ({"event": "ONNOSUCHTHING"}, "ERROR_EVENT_NOT_FOUND"),
        ({"event": "ONTASKADD"}, "ERROR_EVENT_NOT_FOUND"),  # outside the scopes
        ({"event": "ONCRMQUOTEADD"}, "NOT_EMULATED"),
        ({"event_type": "sometimes"}, "ERROR_ARGUMENT"),
        ({"event_type": "offline"}, "NOT_EMULATED"),  # with a handler
        ({"handler": "http://localhost/"}, "ERROR_UNSUPPORTED_PROTOCOL"),
        ({}, "ERROR_CORE"),
    ],
)
def test_refused_subscriptions(app_call, params, code):
    """The last case is the same subscription once more."""
    good = {"event": "ONCRMDEALADD", "handler": HANDLER}
    app_call("event.bind", **good)
    assert app_call("event.bind", **{**good, **params})["error"] == code


def test_what_others_than_administrators_may_subscribe_to(app_call, manager):
    """Online events in their own name; they see no others."""
    app_call("event.bind", event="ONCRMDEALADD", handler=HANDLER)
    offline = app_call("event.bind", user_id=manager, event="ONCRMDEALADD", event_type="offline")
    assert (offline["error"], offline["error_description"]) == (
        "ACCESS_DENIED",
        "Access denied! Offline events binding requires administrator access rights",
    )
    assert app_call("event.bind", user_id=manager, event="ONCRMDEALADD", handler=HANDLER, auth_type=1)["error"] == (
        "ACCESS_DENIED"
    )
    assert app_call("event.bind", user_id=manager, event="ONCRMDEALADD", handler=HANDLER)["result"] is True
    assert [row["auth_type"] for row in app_call("event.get", user_id=manager)["result"]] == [str(manager)]


def test_names_of_events(app_call):
    """By scope; those of smart processes with their number."""
    assert "ONUSERADD" in app_call("events")["result"]
    assert "ONTASKADD" not in app_call("events")["result"]
    assert "ONTASKADD" in app_call("events", FULL=True)["result"]
    assert "ONCRMDYNAMICITEMADD_31" in app_call("events", SCOPE="crm")["result"]


# --- online


def test_an_event_tells_what_happened_by_whom(portal, application, app_call, bind, delivered, call):
    """Ids only, tokens of who did it, no refresh token; the form is urlencoded with brackets."""
    bind("ONCRMDEALADD")
    number = call("crm.deal.add", fields={"TITLE": "Нова"})["result"]
    (event,) = delivered()
    assert (event["event"], event["data"]) == ("ONCRMDEALADD", {"FIELDS": {"ID": str(number)}})
    auth = event["auth"]
    assert {name: auth[name] for name in ("domain", "status", "member_id", "application_token", "expires_in")} == {
        "domain": portal.address.removeprefix("http://"),
        "status": "L",
        "member_id": Options().member_id,
        "application_token": application.application.application_token,
        "expires_in": "3600",
    }
    assert "refresh_token" not in auth
    assert portal.tokens.find(auth["access_token"]).user_id == 1


@pytest.mark.parametrize(
    ("by", "auth_type", "user_id"),
    [(5, 0, 5), (5, 1, 1), (0, 1, 1), (0, 0, None)],
)
def test_whose_tokens_an_event_brings(portal, bind, delivered, state, manager, by, auth_type, user_id):
    """Those of `auth_type`, else of who caused it; none where nobody did."""
    bind("ONCRMDEALUPDATE", auth_type=auth_type)
    state.update("deal", 9, {"TITLE": "x"}, by=by)
    token = delivered()[0]["auth"].get("access_token")
    assert (portal.tokens.find(token).user_id if token else None) == user_id


@pytest.mark.parametrize(
    ("act", "events"),
    [
        (lambda state: state.delete("deal", 9), ["ONCRMDEALDELETE"]),
        (lambda state: state.delete_many("deal", [8, 9, 999]), ["ONCRMDEALDELETE", "ONCRMDEALDELETE"]),
        (lambda state: state.update("deal", 9, {"CATEGORY_ID": 3}), ["ONCRMDEALMOVETOCATEGORY"]),
        (lambda state: state.update("deal", 9, {"CATEGORY_ID": 0}), ["ONCRMDEALUPDATE"]),
        (lambda state: state.merge("deal", 9, [8]), ["ONCRMDEALDELETE", "ONCRMDEALUPDATE"]),
        (lambda state: (state.delete("deal", 9), state.restore("deal", 9)), ["ONCRMDEALDELETE", "ONCRMDEALADD"]),
    ],
)
def test_which_events_a_change_fires(bind, delivered, state, act, events):
    """A deal that changes its pipeline is no update."""
    for name in ("ADD", "UPDATE", "DELETE", "MOVETOCATEGORY"):
        bind(f"ONCRMDEAL{name}")
    act(state)
    assert [event["event"] for event in delivered()] == events


def test_a_smart_process_has_two_names_for_an_event(bind, delivered, call):
    """With and without its number."""
    number = call("crm.type.add", fields={"title": "KPI"})["result"]["type"]["entityTypeId"]
    for name in ("ONCRMDYNAMICITEMADD", f"ONCRMDYNAMICITEMADD_{number}"):
        assert bind(name)["result"] is True
    call("crm.item.add", entityTypeId=number, fields={"title": "x"})
    assert [event["event"] for event in delivered()] == ["ONCRMDYNAMICITEMADD", f"ONCRMDYNAMICITEMADD_{number}"]
    assert delivered()[0]["data"] == {"FIELDS": {"ID": "1", "ENTITY_TYPE_ID": str(number)}}


def test_a_failed_delivery_is_not_repeated(portal, bind, far, delivered, state):
    """Nor does one that is answered by an error, or by nobody."""
    bind("ONCRMDEALUPDATE")
    far.status = 500
    state.update("deal", 9, {"TITLE": "x"})
    far_host: Host = far._host
    assert len(delivered()) == 1
    far_host.stop()
    state.update("deal", 9, {"TITLE": "y"})
    assert portal.deliveries.wait()
    assert [each.status for each in portal.deliveries.sent] == [500, 0]


def test_a_failing_call_fires_nothing(bind, delivered, call):
    """Nothing happened."""
    bind("ONCRMDEALUPDATE")
    assert call("crm.deal.update", id=999, fields={"TITLE": "x"})["error"] == ""
    assert delivered() == []


def test_events_wait_for_the_end_of_the_installation(portal, far, session, state, delivered):
    """Subscriptions of the installation page work once it calls installFinish; ONAPPINSTALL is the first event."""
    one = portal.add_application(Application("KPI", f"{far.url}/page", ("crm",), f"{far.url}/install"))
    token = portal.tokens.issue(one.client_id, 1).access.value
    for params in (
        {"event": "ONCRMDEALUPDATE"},
        {"event": "ONAPPINSTALL"},
        {"event": "ONAPPUNINSTALL"},
    ):
        params |= {"auth": token, "handler": f"{far.url}/events"}
        assert session.post(f"{portal.address}/rest/event.bind", json=params, timeout=5).json()["result"] is True
    state.update("deal", 9, {"TITLE": "x"})
    assert delivered() == []
    portal.apps.registry.finish(one)
    state.update("deal", 9, {"TITLE": "y"})
    portal.apps.registry.remove(one, clean=False)
    names = [event["event"] for event in delivered()]
    assert names == ["ONAPPINSTALL", "ONCRMDEALUPDATE", "ONAPPUNINSTALL"]
    last = delivered()[-1]
    assert (last["data"]["CLEAN"], "access_token" in last["auth"]) == ("0", False)
    assert last["auth"]["application_token"] == one.application.application_token


def test_the_queue_can_call(bind, delivered, app_call, state, clock):
    """ONOFFLINEEVENT carries no data and comes once in minTimeout seconds."""
    bind("ONOFFLINEEVENT", options={"minTimeout": 10})
    app_call("event.bind", event="ONCRMDEALUPDATE", event_type="offline")
    for seconds in (0, 5, 5):
        clock.wait(seconds)
        state.update("deal", 9, {"TITLE": f"{clock()}"})
    assert [("data" in event, event["event"]) for event in delivered()] == [(False, "ONOFFLINEEVENT")] * 2
