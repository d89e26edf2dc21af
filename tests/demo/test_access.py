"""Who may call what, and what an answer looks like from outside."""

import pytest

from b24kpi.demo.server import Webhook


@pytest.mark.parametrize("path", ["scope", "SCOPE", "Scope.json", "scope/", "scope.json/"])
def test_methods_are_found_in_any_case_and_with_a_suffix(portal, session, path):
    """The code of the webhook is compared as it is."""
    assert session.get(portal.url + path, timeout=5).status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("rest/1/wrong/scope", 401, "INVALID_CREDENTIALS"),
        ("rest/2/demo0secret0webhook/scope", 401, "INVALID_CREDENTIALS"),
        ("rest/1/DEMO0SECRET0WEBHOOK/scope", 401, "INVALID_CREDENTIALS"),
        ("rest/scope", 401, "NO_AUTH_FOUND"),
        ("rest/1/wrong/no.such.method", 404, "ERROR_METHOD_NOT_FOUND"),
        ("rest/1/demo0secret0webhook/scope.xml", 500, "NOT_EMULATED"),
    ],
)
def test_wrong_addresses(portal, session, path, status, code):
    """The method is looked up before the webhook."""
    answer = session.get(portal.url.split("rest/")[0] + path, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (status, code)


def test_unknown_methods_are_counted(portal, post):
    """So that a test can insist on none."""
    post("crm.quote.list")
    assert (post("batch", cmd=["crm.quote.list"]).status_code, dict(portal.stats.unknown)) == (
        200,
        {"crm.quote.list": 2},
    )


def test_a_method_outside_the_scopes(portal, post):
    """401 insufficient_scope."""
    portal.scopes.discard("crm")
    answer = post("crm.deal.list")
    assert (answer.status_code, answer.json()["error"]) == (401, "insufficient_scope")
    assert post("method.get", name="crm.deal.list").json()["result"] == {"isExisting": True, "isAvailable": False}


def test_a_denied_method(portal, post):
    """With the code that the test chose."""
    portal.denied["crm.type.list"] = "ACCESS_DENIED"
    answer = post("crm.type.list")
    assert (answer.status_code, answer.json()["error"]) == (403, "ACCESS_DENIED")


def test_other_users_see_their_rows_only(portal, session, state):
    """Rights are applied within lists, without an error; without any right there is one."""
    state.insert("user", [{"ID": 5, "NAME": "Іван", "UF_DEPARTMENT": "[1]"}])
    state.change_row("deal", 9, {"ASSIGNED_BY_ID": 5})
    portal.webhooks[5] = Webhook("other", reads="own")
    url = portal.webhook_url(5)
    rows = session.get(url + "crm.deal.list", timeout=5).json()
    assert ([row["ID"] for row in rows["result"]], rows["total"]) == (["9"], 1)
    assert session.get(url + "crm.item.list?entityTypeId=2", timeout=5).json()["total"] == 1
    assert session.get(url + "crm.type.list", timeout=5).json()["error"] == "ACCESS_DENIED"
    portal.webhooks[5] = Webhook("other", reads="none")
    assert session.get(url + "crm.deal.list", timeout=5).json()["error_description"] == "Access denied."


def test_webhooks_of_fired_people(portal, session, state):
    """401 authorization_error."""
    state.change_row("user", 1, {"ACTIVE": 0})
    assert session.get(portal.url + "scope", timeout=5).json()["error"] == "authorization_error"


def test_headers_of_an_answer(portal, post, clock):
    """As the source sends them; the date is the portal's."""
    clock.now = 1_356_991_200
    headers = post("scope").headers
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert (headers["Access-Control-Allow-Origin"], headers["X-Content-Type-Options"]) == ("*", "nosniff")
    assert headers["Date"] == "Mon, 31 Dec 2012 22:00:00 GMT"


def test_the_time_block_follows_the_portals_clock(call, clock):
    """`start` is whole, `finish` is not; both in the portal's time."""
    clock.now = 1_356_991_200.25
    time = call("server.time")
    assert time["result"] == "2013-01-01T00:00:00+02:00"
    assert time["time"] == {
        "start": 1_356_991_200,
        "finish": 1_356_991_200.25,
        "duration": 0.25,
        "processing": 0,
        "date_start": "2013-01-01T00:00:00+02:00",
        "date_finish": "2013-01-01T00:00:00+02:00",
    }


def test_a_failure_of_the_portal_itself_is_kept(portal, post, state):
    """500, and the exception stays in the statistics."""
    state.execute("DROP TABLE multifield")
    assert post("crm.deal.get", id=1).status_code == 500
    assert len(portal.stats.failures) == 1
