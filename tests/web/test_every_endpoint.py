"""Every address of the application, also one that is added later: who is not let in gets nothing, and no host is asked.

The doors verify their calls themselves; what is forged there, is in `test_refused`.
"""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from b24kpi.portal.secret import Secret
from b24kpi.web.dashboard import dashboard
from b24kpi.web.protection import OPEN, SAFE
from b24kpi.web.server import create_app
from b24kpi.web.sessions import COOKIE, Session, opened, sealed
from tests.web.conftest import PUBLIC, Door

DOMAIN = PUBLIC.removeprefix("https://")
# Whoever adds a door without a session, says here who may knock, and tests what is forged in `test_refused`.
DOORS = {"doors.enter", "doors.install", "doors.follow_event", "doors.health", "doors.asset", "doors.home"}
SAMPLES = {"name": "morning", "metric": "total_sales", "number": "5", "digest": "0"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
LOCAL = "127.0.0.1"

Change = Callable[[Session, Door], tuple[Session, Secret]]


def later(session: Session, door: Door) -> tuple[Session, Secret]:
    door.clock.seconds += 8 * 3_600
    return session, key_of(door)


def reinstalled(session: Session, door: Door) -> tuple[Session, Secret]:
    before = key_of(door)
    door.install()
    return session, before


# what is wrong with a session → the session, and the key with which it is signed
SESSIONS: dict[str, Change] = {
    "forged": lambda session, door: (session, Secret("another key")),
    "of another portal": lambda session, door: (replace(session, portal="b" * 32), key_of(door)),
    "expired": later,
    "from the future": lambda session, door: (replace(session, used=session.used + 86_400), key_of(door)),
    "of an earlier installation": reinstalled,
}


def key_of(door: Door) -> Secret:
    tokens = door.site.application.installed()
    assert tokens is not None
    return tokens.session_key


@pytest.fixture
def door(installed: Door) -> Door:
    """The application as it is served: with all its pages."""
    return replace(installed, app=create_app(installed.site, [dashboard(installed.site)]))


def addresses(door: Door) -> Iterator[tuple[str, str, set[str]]]:
    """(endpoint, an address of it, its methods) of every rule."""
    for rule in door.app.url_map.iter_rules():
        path = re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda found: SAMPLES.get(found[1], "x"), rule.rule)
        yield rule.endpoint, path, (rule.methods or set()) - {"HEAD", "OPTIONS"}


def behind_a_session(door: Door) -> list[tuple[str, str]]:
    """(method, address) of all that only verified people may see or do."""
    found = [(method, path) for name, path, methods in addresses(door) if name not in OPEN for method in methods]
    assert len(found) >= 7
    return found


def with_cookie(door: Door, value: str) -> FlaskClient:
    browser = door.browser()
    browser.set_cookie(COOKIE, value, domain=DOMAIN, secure=True)
    return browser


def session_of(door: Door) -> Session:
    cookie = door.enter().get_cookie(COOKIE, domain=DOMAIN)
    assert cookie is not None
    session = opened(cookie.value, key_of(door))
    assert session is not None
    door.side.oauth.asked.clear()
    door.side.portal.asked.clear()
    return session


def ask(browser: FlaskClient, method: str, path: str, **options: Any) -> TestResponse:
    return browser.open(path, method=method, base_url=PUBLIC, **options)


def test_what_is_open_is_known() -> None:
    """A new address is behind a session unless it is put among the doors."""
    assert OPEN >= DOORS
    assert all(name in DOORS or name.startswith("bi_source.") for name in OPEN)


def test_without_a_session_nothing_is_shown_or_done(door: Door) -> None:
    """Unsigned calls get 401, whatever they ask for, and nobody is asked about them."""
    for method, path in behind_a_session(door):
        assert ask(door.browser(), method, path).status_code == 401, path
        assert ask(with_cookie(door, "nonsense"), method, path).status_code == 401, path
    assert door.calls() == 0


@pytest.mark.parametrize("fault", SESSIONS)
def test_a_wrong_session_opens_nothing(door: Door, fault: str) -> None:
    """Forged, foreign, expired, or replayed after a new installation."""
    session, key = SESSIONS[fault](session_of(door), door)
    browser = with_cookie(door, sealed(session, key))
    for method, path in behind_a_session(door):
        form = {"csrf": session.csrf}
        assert ask(browser, method, path, data=form if method == "POST" else None).status_code == 401, path


def test_what_changes_something_needs_the_proof_of_its_page(door: Door) -> None:
    """The cookie alone, which a form of another site has, is not enough."""
    session = session_of(door)
    browser = with_cookie(door, sealed(session, key_of(door)))
    acting = [(method, path) for method, path in behind_a_session(door) if method not in SAFE]
    assert acting
    for method, path in acting:
        for proof in ("", "x" * len(session.csrf)):
            assert ask(browser, method, path, data={"csrf": proof}).status_code == 403, path


def test_other_methods_are_refused(door: Door) -> None:
    """Of every address, with and without a session; none answers what it is not made for."""
    browser = with_cookie(door, sealed(session_of(door), key_of(door)))
    served: dict[str, set[str]] = {}
    for _, path, methods in addresses(door):
        served.setdefault(path, set()).update(methods)
    for path, methods in served.items():
        for method in set(METHODS) - methods:
            assert ask(browser, method, path).status_code in (403, 404, 405), (method, path)


# --- no call to an unverified host


class Watch:
    """Where sockets of this process were to go, while it looks."""

    def __init__(self) -> None:
        self.is_on = False
        self.places: set[Any] = set()
        sys.addaudithook(self._look)

    def _look(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.is_on and event == "socket.connect":
            self.places.add(arguments[1])
        elif self.is_on and event == "socket.getaddrinfo":
            self.places.add((arguments[0], arguments[1]))


@pytest.fixture(scope="module")
def watch() -> Watch:
    """Hooks of this kind stay for ever, so there is one."""
    return Watch()


HOSTS = ("169.254.169.254", "evil.example.com", "localhost:22", "oauth.bitrix.info@evil.example.com", "[::1]", "\x00")


@pytest.mark.parametrize("host", HOSTS)
def test_no_address_leads_a_call_elsewhere(door: Door, watch: Watch, host: str) -> None:
    """Whatever hosts a call names, anywhere: sockets go to the OAuth server of the settings and the portal alone."""
    known = {(LOCAL, int(site.host.partition(":")[2])) for site in (door.side.oauth, door.side.portal)}
    endpoint = f"http://{host}/rest/"
    form = door.form(SERVER_ENDPOINT=endpoint, DOMAIN=host, back=endpoint)
    event = door.event(
        "ONAPPINSTALL",
        **{"auth[access_token]": form["AUTH_ID"], "auth[refresh_token]": "x", "auth[server_endpoint]": endpoint},
        **{"auth[client_endpoint]": endpoint, "auth[domain]": host},
    )
    headers = {"X-Forwarded-Host": host, "Forwarded": f"host={host}", "Referer": endpoint, "Origin": endpoint}
    if "\x00" in host:
        headers = {}
    watch.is_on = True
    try:
        for _, path, methods in list(addresses(door)):
            for method in methods:
                for data in (form, event):
                    query = {"DOMAIN": host, "PROTOCOL": "0", "portal": endpoint, "back": endpoint}
                    ask(door.browser(), method, path, data=data, query_string=query, headers=headers)
    finally:
        watch.is_on = False
    assert watch.places
    assert {(str(place[0]), int(place[1] or 0)) for place in watch.places if isinstance(place, tuple)} <= known
    watch.places.clear()
