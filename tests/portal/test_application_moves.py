"""Calls as a local application: a portal that moves is followed where its OAuth server says so, and nowhere else."""

from pathlib import Path

import pytest

from b24kpi.errors import BadInput, UnexpectedAnswer
from b24kpi.portal.application import endpoint_of
from b24kpi.portal.client import Portal
from b24kpi.portal.oauth import OAuth
from tests.portal.oauth_far_end import BitrixSide, tokens_file


def test_a_portal_that_has_moved_is_followed(side: BitrixSide, portal: Portal, tmp_path: Path) -> None:
    """Once the OAuth server confirms it; the call is sent again, and the next one goes there at once."""
    side.portal.moved_to = side.domain = side.other.host
    assert portal.call("profile", {"x": 1}).result["ID"] == "1"
    assert portal.call("profile").result["ID"] == "1"
    assert side.other.asked == [("/rest/profile", {"x": 1, "auth": "acc3ss1"}), ("/rest/profile", {"auth": "acc3ss1"})]
    assert (len(side.portal.asked), portal.access.host) == (1, side.other.host)
    assert side.other.host in tokens_file(tmp_path).read_text("utf-8")


def test_a_move_is_followed_with_an_expired_token_too(side: BitrixSide, portal: Portal) -> None:
    """The OAuth server takes a new one."""
    side.expire()
    side.portal.moved_to = side.domain = side.other.host
    assert portal.call("profile").result["ID"] == "1"
    assert side.refreshes() == 1


def test_a_forged_move_is_not_followed(side: BitrixSide, portal: Portal) -> None:
    """The host it names is never asked for anything."""
    side.portal.moved_to = side.other.host
    with pytest.raises(UnexpectedAnswer) as caught:
        portal.call("profile")
    assert caught.value.message_id == "portal.moved_unverified"
    assert (side.other.asked, portal.access.host) == ([], side.portal.host)


def test_a_new_endpoint_beside_new_tokens_is_verified(side: BitrixSide, portal: Portal) -> None:
    """It is taken from a refresh only as `app.info` says the same."""
    side.expire()
    side.domain = side.other.host
    assert portal.call("profile").result["ID"] == "1"
    assert [path for path, _ in side.oauth.asked] == ["/oauth/token/", "/rest/app.info"]
    assert portal.access.host == side.other.host


def test_only_servers_of_the_list_are_asked() -> None:
    """Whatever a call names as its server."""
    for endpoint in ("https://evil.example/rest/", "http://oauth.bitrix.info/rest/", "https://oauth.bitrix.info.evil/"):
        assert OAuth().server(endpoint) == "https://oauth.bitrix.info"
    assert OAuth().server("https://oauth.bitrix24.tech/rest/") == "https://oauth.bitrix24.tech"


@pytest.mark.parametrize("address", ["https://evil.example", "http://10.0.0.1:80", "http://a@127.0.0.1", "ftp://[::1]"])
def test_another_server_has_to_be_on_this_machine(address: str) -> None:
    """That is the demo portal's."""
    with pytest.raises(BadInput):
        OAuth.of(address)


@pytest.mark.parametrize(
    "host", ["", "localhost", "127.0.0.1", "10.0.0.5", "[::1]", "169.254.169.254", "a@b.eu", "b.eu/x", "b.eu:x", "x"]
)
def test_a_portal_has_a_name(host: str) -> None:
    """Addresses of machines are none, and of this machine least of all."""
    assert endpoint_of(host, local=False) == ""


@pytest.mark.parametrize("host", ["example.bitrix24.eu", "10.0.0.5", "127.0.0.1.evil.eu"])
def test_a_demo_portal_is_on_this_machine(host: str) -> None:
    """And nowhere else."""
    assert endpoint_of(host, local=True) == ""
