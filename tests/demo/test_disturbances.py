"""What benchmarks need: others behind the same address, blocked methods, rows that change while a client reads."""

import pytest

from b24kpi.demo.limits import LeakyBuckets, Limits


def test_a_bucket_may_be_full_at_the_start(clock):
    """Others have filled it; it leaks as ever."""
    buckets, limits = LeakyBuckets(clock), Limits(burst=50, rate=2.0, level_at_start=50.0)
    assert not buckets.admit("a", limits)
    clock.wait(0.5)
    assert [buckets.admit("a", limits) for _ in range(2)] == [True, False]


def test_neighbours_take_their_share(clock):
    """With one of two requests a second taken, one is left."""
    buckets, limits = LeakyBuckets(clock), Limits(burst=10, rate=2.0, level_at_start=10.0, neighbours=1.0)
    clock.wait(5)
    buckets.admit("a", limits)
    clock.wait(5)
    assert sum(buckets.admit("a", limits) for _ in range(10)) == 5


def test_neighbours_may_take_more_than_leaks(clock):
    """The bucket fills, but holds no more than it can."""
    buckets, limits = LeakyBuckets(clock), Limits(burst=10, rate=2.0, neighbours=4.0)
    buckets.admit("a", limits)
    clock.wait(100)
    assert not buckets.admit("a", limits)


@pytest.fixture
def blocked(portal):
    """crm.deal.list, for 20 s after two more calls."""
    portal.block("crm.deal.list", 20, after=2)
    return portal


def test_a_method_is_blocked_for_a_while(blocked, post, clock):
    """429 OPERATION_TIME_LIMIT; other methods stay usable."""
    statuses = [post("crm.deal.list").status_code for _ in range(4)]
    assert (statuses, post("crm.lead.list").status_code) == ([200, 200, 429, 429], 200)
    clock.wait(19)
    assert post("crm.deal.list").json()["error"] == "OPERATION_TIME_LIMIT"
    clock.wait(1)
    assert post("crm.deal.list").status_code == 200


def test_commands_of_a_batch_are_blocked_one_by_one(blocked, call):
    """The others are answered."""
    commands = {"a": "crm.deal.list", "b": "crm.deal.list", "c": "crm.deal.list", "d": "crm.lead.list"}
    result = call("batch", cmd=commands)["result"]
    assert (list(result["result"]), list(result["result_error"])) == (["a", "b", "d"], ["c"])


def test_the_end_of_a_block_is_told_beforehand(blocked, call, clock):
    """`operating_reset_at`, where the portal has the limit."""
    blocked.limits = Limits(operating_limit=480.0)
    assert call("crm.deal.list")["time"]["operating_reset_at"] == int(clock()) + 20


def test_rows_change_after_a_request(portal, call):
    """Before its answer leaves, after it was made."""
    portal.hooks.after(2, lambda state: state.delete_many("deal", range(1, 11)))
    assert [call("crm.deal.list")["total"] for _ in range(3)] == [120, 120, 110]


def test_rows_change_again_and_again(portal, call):
    """Each so many requests."""
    portal.hooks.every(2, lambda state: state.add("deal", {}), first=1)
    assert [call("crm.deal.list")["total"] for _ in range(5)] == [120, 121, 121, 122, 122]
    portal.hooks.clear()
    assert call("crm.deal.list")["total"] == 123


def test_a_hook_that_fails_is_kept(portal, call):
    """The client gets its answer, the trial can look."""
    portal.hooks.after(1, lambda state: state.delete("deal", 999))
    assert call("crm.deal.list")["total"] == 120
    assert [type(error) for error in portal.stats.failures] == [LookupError]
