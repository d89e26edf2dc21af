"""How often the portal is asked."""

import threading
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24kpi.errors import BadInput
from b24kpi.portal.limiter import PLANS, Bucket
from tests.portal.far_end import Clock


def highest_level(arrivals: list[float], rate: float) -> float:
    """The fullest that the portal's own bucket gets from requests arriving at these moments."""
    level = highest = 1.0
    for before, now in pairwise(sorted(arrivals)):
        level = max(0.0, level - (now - before) * rate) + 1
        highest = max(highest, level)
    return highest


def departures(bucket: Bucket, clock: Clock, gaps: list[float]) -> list[float]:
    """When the requests of independent callers leave, who come after these gaps."""
    leaving = []
    for gap in gaps:
        clock.seconds += gap
        leaving.append(clock.seconds + bucket.reserve())
    return leaving


@pytest.mark.parametrize("plan", ["standard", "enterprise"])
@settings(max_examples=40)
@given(data=st.data())
def test_the_portals_bucket_never_overflows(plan: str, data: st.DataObject) -> None:
    """Whatever the callers do, and though each request may be two seconds on its way."""
    limits, clock = PLANS[plan], Clock()
    bucket = Bucket.of_plan(plan, clock)
    assert limits is not None
    assert bucket is not None
    gaps = data.draw(st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.1, 0.5, 3.0, 60.0]), min_size=200, max_size=300))
    delays = data.draw(st.lists(st.floats(0.0, 2.0), min_size=len(gaps), max_size=len(gaps)))
    arrivals = [leaves + delay for leaves, delay in zip(departures(bucket, clock, gaps), delays, strict=True)]
    assert highest_level(arrivals, limits[1]) <= limits[0]


def test_a_burst_leaves_at_once() -> None:
    """An evening's first sync of a hundred thousand rows is 41 requests: it never waits."""
    bucket = Bucket.of_plan("standard", Clock())
    assert bucket is not None
    assert [bucket.reserve() for _ in range(45)] == [0.0] * 45
    assert bucket.reserve() > 0


def test_callers_who_come_together_wait_differently() -> None:
    """A place is taken before the call: the second waits longer than the first."""
    bucket = Bucket(1, 2.0, Clock())
    assert [bucket.reserve() for _ in range(4)] == [0.0, 0.5, 1.0, 1.5]


def test_threads_share_one_bucket() -> None:
    """Of forty callers on four threads each gets a place of its own."""
    bucket, waits = Bucket(10, 1.0, Clock()), []
    threads = [threading.Thread(target=lambda: waits.extend(bucket.reserve() for _ in range(10))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [0.0] * 10 + [float(second) for second in range(1, 31)] == sorted(waits)


def test_a_refused_request_fills_the_bucket() -> None:
    """Others at this address may have used the places that looked free."""
    bucket = Bucket(45, 2.0, Clock())
    bucket.fill()
    assert bucket.reserve() == 0.5


def test_a_self_hosted_portal_has_no_bucket() -> None:
    """Its administrator sets the limits, by default none."""
    assert Bucket.of_plan("self_hosted", Clock()) is None


def test_an_unknown_plan_names_the_nearest() -> None:
    """A misspelt plan is wrong input."""
    with pytest.raises(BadInput, match="did you mean 'enterprise'"):
        Bucket.of_plan("enterprize", Clock())
