"""Failures on order."""

import pytest
import requests


def status(post, method="scope"):
    try:
        return post(method).status_code
    except requests.exceptions.RequestException as error:
        return type(error).__name__


@pytest.mark.parametrize(
    ("kind", "code", "text"),
    [
        ("bad_gateway", 502, "<html>"),
        ("gateway_timeout", 504, "<html>"),
        ("server_error", 500, "<html>"),
        ("forbidden", 403, "<html>"),
        ("expired_token", 401, '"expired_token"'),
        ("query_limit", 503, '"QUERY_LIMIT_EXCEEDED"'),
        ("overload", 503, '"OVERLOAD_LIMIT"'),
        ("operation_time_limit", 429, '"OPERATION_TIME_LIMIT"'),
        ("portal_deleted", 403, '"PORTAL_DELETED"'),
    ],
)
def test_answers_replaced_by_failures(portal, post, kind, code, text):
    """Once, then all is well again."""
    portal.faults.add(kind)
    failed = post("scope")
    assert (failed.status_code, text in failed.text, post("scope").status_code) == (code, True, 200)


def test_redirects_lead_to_another_host(portal, session):
    """302 with the same path and query."""
    portal.faults.add("redirect", host="http://new.example")
    answer = session.post(portal.url + "scope?a=1", allow_redirects=False, timeout=5)
    assert (answer.status_code, answer.headers["Location"][:31]) == (302, "http://new.example/rest/1/demo0")


def test_a_reset_does_nothing(portal, post):
    """The connection breaks before the call is carried out."""
    portal.faults.add("reset")
    assert (status(post), portal.stats.by_method["scope"], status(post)) == ("ConnectionError", 0, 200)


def test_a_lost_reply_is_a_call_carried_out(portal, state, post):
    """The deal is there, though the client saw a broken connection."""
    portal.faults.add("reply_lost", "crm.deal.add")
    with pytest.raises(requests.exceptions.ConnectionError):
        post("crm.deal.add", fields={"TITLE": "once"})
    assert len(state.rows("deal", "TITLE = 'once'")) == 1


def test_a_truncated_body_ends_early(portal, post):
    """The length was promised, the end is missing."""
    portal.faults.add("truncated")
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)):
        post("crm.deal.list")


def test_a_slow_answer_comes_in_the_end(portal, session):
    """`seconds` after the call."""
    portal.faults.add("slow", seconds=0.5)
    with pytest.raises(requests.exceptions.ReadTimeout):
        session.get(portal.url + "scope", timeout=0.1)


def test_faults_wait_repeat_and_choose_their_method(portal, post):
    """`after` calls pass, `times` fail, other methods are spared."""
    portal.faults.add("bad_gateway", "scope", times=2, after=1)
    assert [status(post), status(post, "server.time"), status(post), status(post), status(post)] == [
        200,
        200,
        502,
        502,
        200,
    ]
    assert portal.faults.played == [("bad_gateway", "scope"), ("bad_gateway", "scope")]


def test_commands_within_a_batch_can_fail(portal, call):
    """The others are carried out."""
    portal.faults.add("command_error", "crm.deal.list", code="INTERNAL_SERVER_ERROR")
    result = call("batch", cmd={"a": "crm.deal.list", "b": "crm.deal.list"})["result"]
    assert (result["result_error"]["a"]["error"], list(result["result"])) == ("INTERNAL_SERVER_ERROR", ["b"])


def test_random_faults_repeat_with_their_seed(portal, post):
    """The same seed, the same failures."""
    runs = []
    for _ in range(2):
        portal.faults.at_random(0.5, seed=3, kinds=("bad_gateway", "query_limit"))
        runs.append([status(post) for _ in range(12)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 502, 503}


def test_unknown_kinds_are_refused(portal):
    """A misspelt fault would make a test pass for nothing."""
    with pytest.raises(ValueError, match="unknown fault flood"):
        portal.faults.add("flood")
