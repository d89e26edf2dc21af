"""Answers as they come over the wire."""

import json
from typing import Any

import pytest

from b24kpi.errors import PortalError, Refused, RetryLater, Unauthorized, UnexpectedAnswer
from b24kpi.portal.protocol import Answer, PortalTime, unpack


def answer_to(payload: Any, status: int = 200, **headers: str) -> Answer:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return unpack(status, headers, body, "crm.deal.list")


def failure_of(payload: Any, status: int = 200, **headers: str) -> PortalError:
    with pytest.raises(PortalError) as caught:
        answer_to(payload, status, **headers)
    return caught.value


def test_result_and_what_stands_beside_it() -> None:
    """Total, next and the portal's time come along with the rows."""
    time = {"start": 1769498859, "operating": 0.16, "operating_reset_at": 1769499459}
    answer = answer_to({"result": [1], "next": 50, "total": 123, "time": time})
    assert Answer([1], total=123, next=50, time=PortalTime(1769498859.0, 0.16, 1769499459.0)) == answer


@pytest.mark.parametrize(
    "time", [None, [], {}, {"start": None}, {"date_start": "yesterday"}, {"date_start": "2026-01-27T10:27:39"}]
)
def test_every_number_of_time_may_be_absent(time: Any) -> None:
    """Self-hosted and old portals tell less, or nothing."""
    assert PortalTime() == answer_to({"result": [], "time": time}).time


def test_the_portals_clock_is_read_from_the_date_where_start_is_missing() -> None:
    """`date_start` carries the server's offset."""
    assert answer_to({"result": 1, "time": {"date_start": "2026-01-27T10:27:39+01:00"}}).time.now == 1769506059.0


def test_a_null_result_is_an_answer() -> None:
    """Presence of `result` decides, not its value."""
    assert answer_to({"result": None}).result is None


def test_an_error_with_http_200_is_an_error() -> None:
    """Some methods fail with a good status."""
    error = failure_of({"error": "ACCESS_DENIED", "error_description": "Access denied!"})
    assert isinstance(error, Refused)
    assert error.code == "ACCESS_DENIED"


@pytest.mark.parametrize(
    "payload",
    [
        {"result": {"error": "DATASET_ALREADY_EXIST", "error_description": "exists"}},
        {"result": {"error": {"error": "DATASET_ALREADY_EXIST", "error_description": "exists"}}},
        {"error": {"code": "DATASET_ALREADY_EXIST", "message": "exists"}},
    ],
)
def test_an_error_inside_the_result_is_an_error(payload: Any) -> None:
    """biconnector methods nest their errors, the third REST version gives them another shape."""
    error = failure_of(payload)
    assert (error.code, error.params["text"]) == ("DATASET_ALREADY_EXIST", "exists")


def test_an_old_method_fails_with_an_empty_code() -> None:
    """`error` may be empty: its presence decides, its text classifies."""
    error = failure_of({"error": "", "error_description": "Not found"}, status=400)
    assert isinstance(error, Refused)
    assert error.message_id == "portal.not_found"


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_page_of_the_server_is_a_failure_that_passes(status: int) -> None:
    """PHP fatal errors and gateways answer in HTML."""
    assert isinstance(failure_of(b"<html>Bad Gateway</html>", status), RetryLater)


@pytest.mark.parametrize("body", [b"", b'{"result": [{"ID": "1"', b'[{"ID"'])
def test_an_answer_cut_short_may_come_whole_next_time(body: bytes) -> None:
    """Half a JSON text is no answer, and no proof of anything."""
    assert failure_of(body).message_id == "portal.cut_short"
    assert isinstance(failure_of(body), RetryLater)


def test_a_page_with_http_200_is_no_portal() -> None:
    """A login page or a parked domain does not become a portal by waiting."""
    assert isinstance(failure_of(b"<!doctype html>"), UnexpectedAnswer)


@pytest.mark.parametrize(("status", "kind"), [(401, Unauthorized), (403, Refused), (404, UnexpectedAnswer)])
def test_a_page_with_a_clients_error_is_final(status: int, kind: type[PortalError]) -> None:
    """A firewall's page is not asked again."""
    assert isinstance(failure_of(b"<html>", status), kind)


def test_a_redirect_names_the_new_host_only() -> None:
    """A renamed portal is reported with its new name, without the code that the address carries."""
    error = failure_of(b"", 302, Location="https://new.bitrix24.eu/rest/1/s3cret/crm.deal.list")
    assert isinstance(error, UnexpectedAnswer)
    assert "new.bitrix24.eu;" in str(error)
    assert "s3cret" not in str(error)


@pytest.mark.parametrize("payload", [{}, {"time": {}}, [1], 5, "text"])
def test_json_that_is_no_answer_is_unexpected(payload: Any) -> None:
    """Neither result nor error: not this protocol."""
    assert isinstance(failure_of(payload), UnexpectedAnswer)


def test_a_proxy_may_tell_how_long_to_wait() -> None:
    """Retry-After counts where it is a number of seconds."""
    error = failure_of(b"", 503, **{"Retry-After": "17"})
    assert isinstance(error, RetryLater)
    assert error.after == 17.0


def test_a_blocked_method_is_left_alone_until_its_reset() -> None:
    """The wait is counted by the portal's clock, not ours."""
    time = {"start": 1000, "operating_reset_at": 1300}
    error = failure_of({"error": "OPERATION_TIME_LIMIT", "error_description": "blocked", "time": time}, 429)
    assert isinstance(error, RetryLater)
    assert error.after == 300.0
