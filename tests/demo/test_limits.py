"""Request rate and `operating` time."""

from urllib.parse import quote

import pytest

from b24kpi.demo.limits import LeakyBuckets, Limits
from b24kpi.demo.server import DemoPortal


@pytest.fixture
def limited(state, clock):
    with DemoPortal(state, limits=Limits(burst=3, rate=2.0), monotonic=clock) as portal:
        yield portal


def test_the_bucket_overflows_and_leaks(limited, session, clock):
    """Three at once, then two a second."""
    statuses = [session.get(limited.url + "scope", timeout=5).status_code for _ in range(4)]
    clock.wait(0.5)
    assert [*statuses, session.get(limited.url + "scope", timeout=5).status_code] == [200, 200, 200, 503, 200]
    assert (limited.stats.requests, limited.stats.rejected_503) == (5, 1)


def test_the_rejection_is_json_without_retry_after(limited, session):
    """503 QUERY_LIMIT_EXCEEDED."""
    answer = [session.get(limited.url + "scope", timeout=5) for _ in range(4)][-1]
    assert answer.json() == {"error": "QUERY_LIMIT_EXCEEDED", "error_description": "Too many requests"}
    assert "Retry-After" not in answer.headers


@pytest.mark.parametrize(("count_rejected", "admitted"), [(False, True), (True, False)])
def test_rejected_requests_may_count(clock, count_rejected, admitted):
    """Documented nowhere: both are played."""
    buckets, limits = LeakyBuckets(clock), Limits(burst=2, rate=1.0, count_rejected=count_rejected)
    for _ in range(5):
        buckets.admit("a", limits)
    clock.wait(1.5)
    assert buckets.admit("a", limits) is admitted


def test_each_address_has_its_own_bucket(clock):
    """The limit is per client address."""
    buckets, limits = LeakyBuckets(clock), Limits(burst=1, rate=1.0)
    assert [buckets.admit(address, limits) for address in ("a", "a", "b")] == [True, False, True]


@pytest.fixture
def costly(portal):
    portal.limits = Limits(operating_limit=10.0, costs={"crm.deal.list": 6.0, "*": 0.05})
    return portal


def test_operating_grows_per_method(costly, call, clock):
    """It is the running total of ten minutes; the reset is when the oldest minute expires."""
    first, second = call("crm.deal.list"), call("crm.deal.list")
    assert [answer["time"]["operating"] for answer in (first, second)] == [6.0, 12.0]
    assert second["time"]["operating_reset_at"] == int(clock()) + 600
    assert call("crm.lead.list")["time"]["operating"] == 0


def test_a_spent_method_is_blocked_until_its_minute_expires(costly, post, clock):
    """429 OPERATION_TIME_LIMIT; others stay usable."""
    statuses = [post("crm.deal.list").status_code for _ in range(3)]
    assert (statuses, post("crm.lead.list").status_code, costly.stats.blocked_429) == ([200, 200, 429], 200, 1)
    assert post("crm.deal.list").json()["error"] == "OPERATION_TIME_LIMIT"
    clock.wait(600)
    assert post("crm.deal.list").status_code == 200


def test_minutes_expire_one_by_one(costly, call, clock):
    """Ten buckets of a minute."""
    call("crm.deal.list")
    clock.wait(120)
    call("crm.deal.list")
    clock.wait(480)
    assert call("crm.deal.list")["time"]["operating"] == 12.0


def test_commands_of_a_batch_are_charged_one_by_one(costly, call):
    """result_time tells each one's total; the blocked one is an item error."""
    command = f"crm.deal.list?{quote('filter[>ID]')}=0&start=-1"
    result = call("batch", cmd={"a": command, "b": command, "c": command})["result"]
    assert [result["result_time"][key]["operating"] for key in "ab"] == [6.0, 12.0]
    assert result["result_error"]["c"]["error"] == "OPERATION_TIME_LIMIT"


def test_self_hosted_portals_do_not_tell(call):
    """Without the limiter the fields are absent."""
    assert not {"operating", "operating_reset_at"} & set(call("crm.deal.list")["time"])


def test_lists_and_counting_may_take_time(state, clock, session):
    """Latency is real waiting, outside of the lock, more for counted pages."""
    limits = Limits(list_seconds=0.25, count_seconds=1.0)
    with DemoPortal(state, limits=limits, sleep=clock.wait) as portal:
        waited = []
        for params in ({"start": -1}, {"start": 0}):
            before = clock()
            session.post(portal.url + "crm.deal.list", json=params, timeout=5)
            waited.append(clock() - before)
    assert waited == [0.25, 1.25]
