"""Calls that are repeated, and calls that are not."""

import json
from typing import Any

import pytest
import requests
import responses
from urllib3.exceptions import MaxRetryError, NewConnectionError

from b24kpi.errors import Interrupted, OutcomeUnknown, PortalError, Refused, RetryLater, UnexpectedAnswer
from b24kpi.portal.protocol import Answer, Command
from tests.portal.far_end import URL, Clock, open_portal

NEVER_SENT = requests.ConnectionError(MaxRetryError(None, URL, NewConnectionError(None, "refused")))  # type: ignore[arg-type]
LOST = [requests.ConnectionError("reset"), requests.ReadTimeout(URL), requests.exceptions.ChunkedEncodingError(URL)]
BUSY = {"error": "QUERY_LIMIT_EXCEEDED", "error_description": "Too many requests"}
BLOCKED = {"error": "OPERATION_TIME_LIMIT", "error_description": "Method is blocked due to operation time limit."}


def script(wire: responses.RequestsMock, *steps: Any, method: str = "profile") -> None:
    """Answer a method with these, one after the other: exceptions, (status, payload), then {"result": 1} for ever."""
    for step in steps:
        if isinstance(step, Exception):
            wire.post(URL + method, body=step)
        else:
            wire.post(URL + method, status=step[0], body=step[1] if isinstance(step[1], bytes) else json.dumps(step[1]))
    wire.post(URL + method, json={"result": 1, "time": {}})


@pytest.mark.parametrize(
    "trouble", [*LOST, NEVER_SENT, (502, b"<html>"), (200, b'{"resu'), (503, BUSY), (429, BLOCKED)]
)
def test_what_may_pass_is_asked_again(wire: responses.RequestsMock, trouble: Any) -> None:
    """Network, gateway and limits: the second answer counts."""
    script(wire, trouble)
    portal = open_portal()
    assert portal.call("profile").result == 1
    assert portal.requests == 2
    assert portal.waited >= 1


@pytest.mark.parametrize(
    "trouble", [(401, {"error": "NO_AUTH_FOUND"}), (503, {"error": "OVERLOAD_LIMIT"}), (404, b"<html>")]
)
def test_what_will_not_pass_is_not_asked_again(wire: responses.RequestsMock, trouble: Any) -> None:
    """One request, one error."""
    script(wire, trouble)
    portal = open_portal()
    with pytest.raises(PortalError):
        portal.call("profile")
    assert portal.requests == 1


def test_after_the_last_attempt_the_error_is_told(wire: responses.RequestsMock) -> None:
    """Waits grow from attempt to attempt, then the call fails as what it is."""
    wire.post(URL + "profile", status=502, body=b"<html>")
    clock = Clock()
    portal = open_portal(clock)
    with pytest.raises(RetryLater, match="HTTP 502"):
        portal.call("profile")
    assert portal.requests == 6
    assert 30 < portal.waited < 37


@pytest.mark.parametrize(
    "trouble", [*LOST, (502, b"<html>"), (200, b'{"resu'), (500, {"error": "INTERNAL_SERVER_ERROR"})]
)
def test_a_write_whose_answer_is_lost_is_not_repeated(wire: responses.RequestsMock, trouble: Any) -> None:
    """It may have happened: repeated, it would happen twice."""
    script(wire, trouble, method="crm.item.add")
    portal = open_portal()
    with pytest.raises(OutcomeUnknown):
        portal.call("crm.item.add", {"fields": {}}, idempotent=False)
    assert portal.requests == 1


@pytest.mark.parametrize("trouble", [NEVER_SENT, requests.ConnectTimeout(URL), (503, BUSY), (429, BLOCKED)])
def test_a_write_that_was_never_begun_is_repeated(wire: responses.RequestsMock, trouble: Any) -> None:
    """No connection, or turned away at the door: nothing can have happened."""
    script(wire, trouble, method="crm.item.add")
    assert open_portal().call("crm.item.add", {"fields": {}}, idempotent=False).result == 1


def test_a_distrusted_certificate_is_final(wire: responses.RequestsMock) -> None:
    """No waiting mends it, and nothing is sent without it."""
    script(wire, requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"))
    with pytest.raises(UnexpectedAnswer, match="certificate of example"):
        open_portal().call("profile")


def test_a_redirect_is_not_followed(wire: responses.RequestsMock) -> None:
    """The code would go to a host that nobody chose."""
    wire.post(URL + "profile", status=302, headers={"Location": "https://new.bitrix24.eu/rest/1/s3cretc0de/profile"})
    with pytest.raises(UnexpectedAnswer, match=r"moved to new\.bitrix24\.eu"):
        open_portal().call("profile")
    assert len(wire.calls) == 1


def test_a_blocked_method_waits_for_its_reset(wire: responses.RequestsMock) -> None:
    """Until the moment that the portal named with its last answer."""
    time = {"start": 1000, "operating": 10, "operating_reset_at": 1240}
    wire.post(URL + "crm.deal.list", json={"result": [], "time": time})
    script(wire, (429, BLOCKED), method="crm.deal.list")
    portal = open_portal()
    portal.call("crm.deal.list")
    portal.call("crm.deal.list")
    assert 239 < portal.waited < 244


def test_a_blocked_command_delays_the_next_batch(wire: responses.RequestsMock) -> None:
    """A batch counts against the budgets of the methods inside it."""
    failed = {"result": {"result": [], "result_error": {"a": BLOCKED}}}
    wire.post(URL + "batch", json=failed)
    portal = open_portal()
    commands = {"a": Command("crm.deal.list", {})}
    assert isinstance(portal.batch(commands)["a"], RetryLater)
    assert portal.waited == 0
    portal.batch(commands)
    assert 59 < portal.waited < 62


def test_a_failed_command_does_not_fail_the_batch(wire: responses.RequestsMock) -> None:
    """Its error stands among the answers, for the caller to judge."""
    maps = {"result": {"b": 5}, "result_error": {"a": {"error": "ACCESS_DENIED", "error_description": ""}}}
    wire.post(URL + "batch", json={"result": maps})
    answers = open_portal().batch({"a": Command("crm.deal.list", {}), "b": Command("profile", {})})
    assert isinstance(answers["a"], Refused)
    assert isinstance(answers["b"], Answer)


def test_a_waiting_call_stops_when_told(wire: responses.RequestsMock) -> None:
    """Within a second, not after ten minutes."""
    wire.post(URL + "profile", status=503, headers={"Retry-After": "600"})
    clock = Clock()
    portal = open_portal(clock, stop=lambda: clock.seconds > 1_010)
    with pytest.raises(Interrupted, match="Stopped"):
        portal.call("profile")
    assert clock.seconds <= 1_012


def test_what_is_sent_is_json_with_our_name(wire: responses.RequestsMock) -> None:
    """Bracket queries are for batch commands only."""
    script(wire)
    open_portal().call("profile", {"filter": {">ID": 5}, "title": "ґ"})
    request = wire.calls[0].request
    assert json.loads(request.body or b"") == {"filter": {">ID": 5}, "title": "ґ"}
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"].startswith("b24kpi/")
