"""Calls that are forged, replayed, expired, of another portal or unsigned; and hosts that are never called."""

import base64
import json
import logging
import zlib
from collections.abc import Callable

import pytest

from tests.portal.oauth_far_end import APPLICATION_TOKEN, CLIENT_SECRET, MEMBER_ID
from tests.web.conftest import PUBLIC, Door, OpenDoor

Change = Callable[[Door], dict[str, str]]

# what is wrong with a page's form → the form
FORMS: dict[str, Change] = {
    "unsigned": lambda door: {},
    "no token": lambda door: door.form(AUTH_ID=""),
    "no portal": lambda door: door.form(member_id=""),
    "an invented token": lambda door: door.form(AUTH_ID="1nvented"),
    "an expired token": lambda door: expired(door),
    "another portal": lambda door: door.form(member_id="b" * 32),
    "another portal's token": lambda door: of_other(door, member_id="b" * 32),
    "another application's token": lambda door: of_other(door, client_id="local.other"),
}
PAGES = {**FORMS, "a forged application token": lambda door: door.form(APPLICATION_TOKEN="0" * 32)}
INSTALLATIONS = {
    **FORMS,
    "no refresh token": lambda door: door.form(REFRESH_ID=""),
    "no administrator": lambda door: door.form(2),
}
EVENTS: dict[str, Change] = {
    "unsigned": lambda door: {"event": "ONAPPUNINSTALL"},
    "no application token": lambda door: door.event(**{"auth[application_token]": ""}),
    "a forged application token": lambda door: door.event(**{"auth[application_token]": "0" * 32}),
    "another portal": lambda door: door.event(**{"auth[member_id]": "b" * 32}),
    "from before the installation": lambda door: door.event(ts=str(int(door.clock.now()) - 86_400)),
    "without a time": lambda door: door.event(ts=""),
    "an installation without tokens": lambda door: door.event("ONAPPINSTALL"),
    "an installation by nobody": lambda door: door.event("ONAPPINSTALL", **tokens(door, user_id=2)),
    "an installation of long ago": lambda door: door.event("ONAPPINSTALL", ts="1600000000", **tokens(door)),
}
NO_CALL = ("unsigned", "no token", "no portal", "another portal", "no refresh token", "a forged application token")


def expired(door: Door) -> dict[str, str]:
    form = door.form()
    door.side.access[form["AUTH_ID"]].expired = True
    return form


def of_other(door: Door, **whose: str) -> dict[str, str]:
    return door.form(AUTH_ID=door.side.give(**whose)[0])


def tokens(door: Door, user_id: int = 1) -> dict[str, str]:
    access, refresh = door.side.give(user_id=user_id)
    return {"auth[access_token]": access, "auth[refresh_token]": refresh}


@pytest.mark.parametrize("fault", PAGES)
def test_a_page_is_not_opened(installed: Door, fault: str) -> None:
    """No session, no redirection, and no call where what is known says enough."""
    form = PAGES[fault](installed)
    answer = installed.post("/", form)
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers
    assert (installed.calls() == 0) is (fault in NO_CALL)


@pytest.mark.parametrize("fault", INSTALLATIONS)
def test_an_installation_is_not_taken_over(installed: Door, fault: str) -> None:
    """The tokens stay as they are."""
    before = installed.token_file.read_bytes()
    assert installed.post("/install", INSTALLATIONS[fault](installed)).status_code == 403
    assert installed.token_file.read_bytes() == before


@pytest.mark.parametrize("fault", [fault for fault in INSTALLATIONS if fault != "another portal"])
def test_a_first_installation_is_refused(door: Door, fault: str) -> None:
    """Nothing is kept."""
    assert door.post("/install", INSTALLATIONS[fault](door)).status_code == 403
    assert not door.token_file.exists()


@pytest.mark.parametrize("fault", EVENTS)
@pytest.mark.parametrize("path", ["/events", "/install"])
def test_an_event_changes_nothing(installed: Door, path: str, fault: str) -> None:
    """The application stays installed as it is."""
    before = installed.token_file.read_bytes()
    assert installed.post(path, EVENTS[fault](installed)).status_code == 403
    assert installed.token_file.read_bytes() == before
    assert len(installed.side.placements) == 3


def test_an_unknown_event_is_told(installed: Door) -> None:
    """It is no failure of ours."""
    assert installed.post("/events", installed.event("ONCRMDEALADD")).status_code == 400


def test_a_replayed_removal_does_not_end_a_new_installation(installed: Door) -> None:
    """It was sent before."""
    removal = installed.event()
    installed.post("/events", removal)
    installed.clock.seconds += 3_600
    installed.install()
    assert installed.post("/events", removal).status_code == 403
    assert installed.token_file.exists()


def test_before_the_installation_nobody_is_let_in(door: Door) -> None:
    """And nobody is asked."""
    assert door.post("/", door.form()).status_code == 403
    assert door.post("/events", door.event()).status_code == 403
    assert door.calls() == 0


@pytest.mark.parametrize("path", ["/", "/install", "/events"])
def test_hosts_that_a_call_names_are_never_called(installed: Door, path: str) -> None:
    """DOMAIN and every endpoint may be forged: only the OAuth server of the settings is asked, then the portal."""
    evil = installed.side.other
    endpoint = f"http://{evil.host}/rest/"
    form = installed.form(SERVER_ENDPOINT=endpoint, DOMAIN=evil.host)
    event = installed.event(**{"auth[server_endpoint]": endpoint, "auth[client_endpoint]": endpoint})
    installed.post(path, event if path == "/events" else form, DOMAIN=evil.host, PROTOCOL="0")
    assert evil.asked == []


def test_a_portal_that_the_oauth_server_names_is_asked_nothing_if_it_is_no_portal(installed: Door) -> None:
    """Within the demo only this machine is one; elsewhere only names are."""
    installed.side.domain = "169.254.169.254"
    assert installed.post("/", installed.form()).status_code == 403
    assert installed.side.portal.asked == []


def test_a_token_of_somebody_else_is_refused(installed: Door) -> None:
    """OAuth server and portal have to mean the same person."""
    installed.side.methods["profile"] = lambda access, params: {"ID": "7", "ADMIN": True}
    assert installed.post("/", installed.form()).status_code == 403


def test_an_oauth_server_that_is_down_lets_nobody_in(installed: Door) -> None:
    """It is told as what it is: later."""
    installed.side.oauth.server.shutdown()
    installed.side.oauth.server.server_close()
    assert installed.post("/", installed.form()).status_code == 503


# --- sessions


@pytest.mark.parametrize("path", ["/kpi/", "/kpi/deal/5", "/kpi/broken"])
def test_pages_need_a_session(installed: Door, path: str) -> None:
    """An address alone shows nothing."""
    answer = installed.browser().get(path, base_url=PUBLIC)
    assert answer.status_code == 401
    assert "open b24kpi in Bitrix24" in answer.text.replace("Open", "open")


def test_a_session_that_somebody_has_changed_counts_nothing(installed: Door) -> None:
    """It is signed: a manager does not become one who sees everything."""
    cookie = installed.enter(2).get_cookie("b24kpi_session", domain="kpi.example.com")
    assert cookie is not None
    content, _, signature = cookie.value.rpartition(".")
    packed = base64.urlsafe_b64decode(content.strip(".") + "=" * (-len(content.strip(".")) % 4))
    values = json.loads(zlib.decompress(packed) if content.startswith(".") else packed)
    assert values[3] is False
    values[3] = True
    changed = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
    for value, status in ((cookie.value, 200), (f"{changed}.{signature}", 401), (changed, 401)):
        browser = installed.browser()
        browser.set_cookie("b24kpi_session", value, domain="kpi.example.com", secure=True)
        assert browser.get("/kpi/", base_url=PUBLIC).status_code == status


def test_a_session_ends(installed: Door) -> None:
    """An hour after it was used last, and after a working day whatever happens."""
    browser = installed.enter()
    for _ in range(15):
        installed.clock.seconds += 1_800
        assert browser.get("/kpi/", base_url=PUBLIC).status_code == 200
    installed.clock.seconds += 1_800
    assert browser.get("/kpi/", base_url=PUBLIC).status_code == 401
    browser = installed.enter()
    installed.clock.seconds += 3_600
    assert browser.get("/kpi/", base_url=PUBLIC).status_code == 401


def test_an_action_needs_the_proof_of_its_page(installed: Door) -> None:
    """A form of another site has the cookie at most."""
    browser, other = installed.enter(), installed.enter()
    proof = browser.get("/kpi/", base_url=PUBLIC).json["csrf"]  # type: ignore[index]
    for given in ({}, {"csrf": "x"}, {"csrf": other.get("/kpi/", base_url=PUBLIC).json["csrf"]}):  # type: ignore[index]
        assert browser.post("/kpi/act", data=given, base_url=PUBLIC).status_code == 403
    assert browser.post("/kpi/act", data={"csrf": proof}, base_url=PUBLIC).status_code == 200
    assert browser.post("/kpi/act", headers={"X-CSRF-Token": proof}, base_url=PUBLIC).status_code == 200


# --- secrets


def test_no_secret_is_in_logs_pages_or_failures(opened: OpenDoor, caplog: pytest.LogCaptureFixture) -> None:
    """Of an installation, visits, refusals, a crash, a removal, with all that libraries log."""
    caplog.set_level(logging.DEBUG)
    door = opened()
    answers = [door.install(), door.post("/", door.form()), *(door.post("/", form(door)) for form in PAGES.values())]
    browser = door.enter()
    answers += [browser.get("/kpi/broken", base_url=PUBLIC), door.post("/events", door.event())]
    told = "".join([answer.text for answer in answers]) + records(caplog)
    assert "app.info" in told
    for secret in (CLIENT_SECRET, "acc3ss", "r3fresh", "1nvented", APPLICATION_TOKEN, "session_key"):
        assert secret not in told, secret
    assert MEMBER_ID not in told


def records(caplog: pytest.LogCaptureFixture) -> str:
    """Log lines without the traceback of the crash, whose text the test itself has written."""
    return "\n".join(record.getMessage() for record in caplog.records)
