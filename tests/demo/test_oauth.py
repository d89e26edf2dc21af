"""Tokens: how an application gets them, renews them, and what calls with them may do."""

import pytest

from b24kpi.demo.access import Role
from b24kpi.demo.apps import Application
from b24kpi.demo.options import Options
from b24kpi.demo.server import DemoPortal


@pytest.fixture
def exchange(portal, application, session):
    """A raw request to /oauth/token/ with the keys of the application."""

    def ask(**params):
        keys = {"client_id": application.client_id, "client_secret": application.application.client_secret}
        params = {name: value for name, value in {**keys, **params}.items() if value is not None}
        return session.get(f"{portal.oauth.url}/oauth/token/", params=params, timeout=5)

    return ask


@pytest.fixture
def renew(exchange):
    """Renews a refresh token."""
    return lambda token, **more: exchange(grant_type="refresh_token", refresh_token=token, **more)


@pytest.fixture
def pair(portal, application):
    """A pair of user 1."""
    return portal.tokens.issue(application.client_id, 1)


def test_a_code_is_exchanged_once(portal, application, exchange):
    """The first pair, as in the sample of the page."""
    code = portal.tokens.code(application.client_id, 1)
    answer = exchange(grant_type="authorization_code", code=code)
    assert answer.status_code == 200
    shown = answer.json()
    fixed = {name: shown[name] for name in ("client_endpoint", "domain", "expires_in", "member_id", "scope", "status")}
    assert fixed == {
        "client_endpoint": f"{portal.address}/rest/",
        "domain": portal.oauth.url.removeprefix("http://"),
        "expires_in": 3600,
        "member_id": Options().member_id,
        "scope": "crm,placement,user,im,lists,biconnector",
        "status": "L",
    }
    again = exchange(grant_type="authorization_code", code=code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_a_code_lives_thirty_seconds(portal, application, exchange, clock):
    """Then it is an invalid grant."""
    code = portal.tokens.code(application.client_id, 1)
    clock.wait(30)
    assert exchange(grant_type="authorization_code", code=code).json()["error"] == "invalid_grant"


def test_refresh_tokens_rotate(renew, pair):
    """The new one takes the place of the old one, which is worth nothing any more."""
    first = renew(pair.refresh.value).json()
    assert (first["user_id"], first["expires_in"]) == (1, 3600)
    assert renew(pair.refresh.value).json()["error"] == "invalid_grant"
    assert renew(first["refresh_token"]).status_code == 200


def test_refresh_tokens_live_half_a_year(renew, pair, clock):
    """180 days."""
    clock.wait(180 * 86_400)
    assert renew(pair.refresh.value).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"grant_type": "password"}, 400, "invalid_request"),
        ({"grant_type": None}, 400, "invalid_request"),
        ({"refresh_token": None}, 400, "invalid_request"),
        ({"refresh_token": "nonsense"}, 400, "invalid_grant"),
        ({"client_secret": "wrong"}, 400, "invalid_client"),
        ({"client_id": "local.other"}, 200, "wrong_client"),
    ],
)
def test_refusals_of_the_oauth_server(exchange, pair, params, status, code):
    """Codes of the documentation, statuses that the vendor's client knows; the token stays good."""
    good = {"grant_type": "refresh_token", "refresh_token": pair.refresh.value}
    answer = exchange(**{**good, **params})
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert exchange(**good).status_code == 200


def test_an_ended_subscription(portal, renew, pair):
    """PAYMENT_REQUIRED instead of a pair."""
    portal.oauth.refusal = ("PAYMENT_REQUIRED", "Payment required")
    assert renew(pair.refresh.value).json() == {
        "error": "PAYMENT_REQUIRED",
        "error_description": "Payment required",
    }


def test_tokens_of_a_removed_application(portal, application, exchange, pair, session):
    """Neither renewed nor accepted."""
    portal.apps.registry.remove(application)
    answer = exchange(grant_type="refresh_token", refresh_token=pair.refresh.value)
    assert (answer.status_code, answer.json()["error"]) == (401, "NOT_INSTALLED")
    answer = session.get(f"{portal.address}/rest/profile?auth={pair.access.value}", timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


def test_tokens_of_another_application(portal, renew):
    """A refresh token is good for its own application only."""
    other = portal.add_application(Application("Інша", "http://other.example/", ("crm",)))
    foreign = portal.tokens.issue(other.client_id, 1)
    assert renew(foreign.refresh.value).json()["error"] == "invalid_grant"


# --- app.info on the OAuth server


def test_a_token_is_verified_at_the_oauth_server(portal, application, session, pair):
    """Whose it is, of which application, on which portal."""
    answer = session.get(f"{portal.oauth.url}/rest/app.info", params={"auth": pair.access.value}, timeout=5).json()
    result = answer["result"]
    assert (result["client_id"], result["user_id"]) == (application.client_id, 1)
    assert result["expires"] == "2026-01-01T12:33:20+02:00"
    assert result["install"] == {
        "installed": True,
        "version": 1,
        "status": "L",
        "scope": "crm,placement,user,im,lists,biconnector",
        "domain": portal.address.removeprefix("http://"),
        "uri": portal.address,
        "client_endpoint": f"{portal.address}/rest/",
        "member_id": Options().member_id,
        "member_type": "site",
    }


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [("", 401, "NO_AUTH_FOUND"), ("?", 401, "NO_AUTH_FOUND"), ("0a" * 32, 400, "invalid_client")],
)
def test_unknown_tokens_at_the_oauth_server(portal, application, session, token, status, code):
    """As the vendor's client describes."""
    answer = session.get(f"{portal.oauth.url}/rest/app.info", params={"auth": token}, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (status, code)


def test_the_oauth_server_is_no_portal(portal, application, session, pair):
    """Other methods are not there; nor does the portal give out tokens."""
    assert session.get(f"{portal.oauth.url}/rest/profile?auth={pair.access.value}", timeout=5).status_code == 404
    assert session.get(f"{portal.address}/oauth/token/", timeout=5).status_code == 404


# --- calls


def test_three_ways_to_carry_a_token(portal, session, pair):
    """In the query, as a member of JSON, as a header; the header counts first."""
    url, token = f"{portal.address}/rest/profile", pair.access.value
    assert session.get(url, params={"auth": token}, timeout=5).json()["result"]["ID"] == "1"
    assert session.post(url, json={"auth": token}, timeout=5).json()["result"]["ID"] == "1"
    assert session.post(url, data={"access_token": token}, timeout=5).json()["result"]["ID"] == "1"
    header = {"Authorization": f"Bearer {token}"}
    assert session.get(url, params={"auth": "x"}, headers=header, timeout=5).json()["result"]["ID"] == "1"


@pytest.mark.parametrize(
    ("method", "token", "status", "code"),
    [
        ("profile", "", 401, "NO_AUTH_FOUND"),
        ("profile", "unknown", 401, "invalid_token"),
        ("no.such.method", "unknown", 404, "ERROR_METHOD_NOT_FOUND"),
    ],
)
def test_wrong_tokens(portal, session, method, token, status, code):
    """The method is looked up first."""
    answer = session.post(f"{portal.address}/rest/{method}", json={"auth": token}, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (status, code)


def test_access_tokens_expire(state, session, clock):
    """After as many seconds as the option says; a renewed one works."""
    with DemoPortal(state, options=Options(access_token_seconds=5)) as portal:
        one = portal.add_application(Application("Звіти", "http://app.example/", ("crm",)))
        pair = portal.tokens.issue(one.client_id, 1)
        clock.wait(5)
        answer = session.get(f"{portal.address}/rest/profile?auth={pair.access.value}", timeout=5)
        assert (answer.status_code, answer.json()["error"]) == (401, "expired_token")


def test_an_application_calls_with_its_scopes(portal, session):
    """Not with those of the webhook."""
    one = portal.add_application(Application("Звіти", "http://app.example/", ("crm",)))
    token = portal.tokens.issue(one.client_id, 1).access.value
    answer = session.get(f"{portal.address}/rest/user.get?auth={token}", timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
    assert session.get(f"{portal.address}/rest/scope?auth={token}", timeout=5).json()["result"] == ["crm"]


def test_an_application_calls_with_the_rights_of_its_user(portal, app_call, manager):
    """A manager sees their own deals unless their role shows more; batches too."""
    assert [row["ID"] for row in app_call("crm.deal.list", user_id=manager)["result"]] == ["9"]
    inner = app_call("batch", user_id=manager, cmd={"me": "profile", "deals": "crm.deal.list"})["result"]
    assert (inner["result"]["me"]["ADMIN"], inner["result_total"]["deals"]) == (False, 1)
    portal.access.roles[manager] = Role("all")
    assert app_call("crm.deal.list", user_id=manager)["total"] == 120


def test_applications_of_fired_people(portal, app_call, manager, state, renew, application):
    """Their tokens are refused and not renewed."""
    pair = portal.tokens.issue(application.client_id, manager)
    state.change_row("user", manager, {"ACTIVE": 0})
    assert app_call("profile", user_id=manager)["error"] == "authorization_error"
    assert renew(pair.refresh.value).json()["error"] == "invalid_grant"


def test_the_portals_own_app_info(app_call, application):
    """Another answer than that of the OAuth server."""
    result = app_call("app.info")["result"]
    assert (result["CODE"], result["STATUS"], result["INSTALLED"]) == (application.client_id, "L", True)


def test_a_portal_that_moves(portal, app_call, session, renew, pair):
    """The old address redirects every request; the OAuth server tells the new one."""
    old = portal.address
    new = portal.move()
    answer = session.post(f"{old}/rest/profile", json={"auth": "x"}, timeout=5, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{new}/rest/profile")
    assert app_call("profile")["result"]["ID"] == "1"
    assert renew(pair.refresh.value).json()["client_endpoint"] == f"{new}/rest/"
