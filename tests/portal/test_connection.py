"""The connection to the portal."""

import requests
import responses

from tests.portal.far_end import URL, open_portal


def test_no_cookie_is_kept(wire: responses.RequestsMock) -> None:
    """A PHP session would make the portal answer all our threads one after another."""
    wire.post(URL + "profile", json={"result": 1}, headers={"Set-Cookie": "PHPSESSID=1; path=/"})
    portal = open_portal()
    portal.call("profile")
    portal.call("profile")
    assert all("Cookie" not in call.request.headers for call in wire.calls)


def test_certificates_are_checked_whatever_the_session_says(wire: responses.RequestsMock) -> None:
    """TLS verification cannot be switched off by mistake."""
    wire.post(URL + "profile", json={"result": 1})
    session = requests.Session()
    session.verify = False
    open_portal(session=session).call("profile")
    assert wire.calls[0].request.req_kwargs["verify"]  # type: ignore[attr-defined]


def test_an_answer_has_ninety_seconds(wire: responses.RequestsMock) -> None:
    """More than the minute after which the cloud gives up, so that it is the portal that says so."""
    wire.post(URL + "profile", json={"result": 1})
    open_portal().call("profile")
    assert wire.calls[0].request.req_kwargs["timeout"] == (10.0, 90.0)  # type: ignore[attr-defined]
