"""How much to ask for at once, and by how many at once."""

import pytest

from b24kpi.portal.lanes import FEWEST, FIRST, FRESH, MOST, Lanes
from b24kpi.portal.rhythm import AIM, Rhythm


def test_a_dense_stream_is_asked_for_by_2500_ids() -> None:
    """Fifty pages of fifty always reach their end."""
    assert Rhythm(1.0).measure(100_000, 50) == (2_500, 50)


def test_a_sparse_stream_is_asked_for_by_as_many_ids_as_hold_2500_rows() -> None:
    """One id in fifty has a row."""
    assert Rhythm(0.02).measure(10**6, 50) == (125_000, 50)


def test_the_end_of_a_range_is_asked_for_in_as_many_pages_as_it_may_have() -> None:
    """A fifth more than likely, and never more than there are ids for."""
    assert Rhythm(0.02).measure(50_000, 50) == (50_000, 25)
    assert Rhythm(1.0).measure(120, 50) == (120, 3)


@pytest.mark.parametrize(("before", "now"), [(1.0, 0.02), (0.02, 1.0)])
def test_a_change_of_density_is_learned_in_few_batches(before: float, now: float) -> None:
    """Whichever way it changes."""
    rhythm = Rhythm(before)
    for _ in range(5):
        width, _ = rhythm.measure(10**9, 50)
        read = min(width, int(2_500 / now))
        rhythm.learn(read, int(read * now))
    assert rhythm.density == pytest.approx(now, rel=0.15)


def test_a_gap_is_crossed_in_few_steps() -> None:
    """Ten million ids without a row."""
    rhythm, crossed, steps = Rhythm(1.0), 0, 0
    while crossed < 10**7:
        width, _ = rhythm.measure(10**7 - crossed, 50)
        rhythm.learn(width, 0)
        crossed, steps = crossed + width, steps + 1
    assert steps <= 6


def test_batches_keep_to_their_aim() -> None:
    """A portal that needs a second for a page is asked for twenty at a time."""
    rhythm = Rhythm(1.0)
    rhythm.went_well(50.0, 50)
    assert rhythm.room == int(AIM)


def test_batches_that_fail_are_halved_down_to_single_calls() -> None:
    """And grow again when all is well."""
    rhythm = Rhythm(1.0)
    rooms = []
    for _ in range(7):
        rhythm.went_badly(rhythm.room)
        rooms.append(rhythm.room)
    assert rooms == [25, 12, 6, 3, 1, 1, 1]
    rhythm.went_well(0.1, 1)
    assert rhythm.room == 2


def test_more_lanes_while_they_bring_more() -> None:
    """A portal that answers eight as fast as one is asked for eight at once."""
    lanes = Lanes()
    for _ in range(20):
        lanes.went_well(1.5, 50, lanes.count)
    assert lanes.count == MOST


def test_no_more_lanes_where_requests_only_wait_for_each_other() -> None:
    """A portal that does one thing at a time takes longer the more it is asked: after a trial it is left at that."""
    lanes, counts = Lanes(), []
    for _ in range(20):
        lanes.went_well(1.5 * lanes.count, 50, lanes.count)
        counts.append(lanes.count)
    assert max(counts) == FEWEST + 1
    assert counts.count(FEWEST) > counts.count(FEWEST + 1)


def test_a_portal_that_becomes_idle_is_found_out() -> None:
    """What was learned of it is not kept for ever."""
    lanes = Lanes()
    for _ in range(20):
        lanes.went_well(1.5 * lanes.count, 50, lanes.count)
    for _ in range(2 * FRESH):
        lanes.went_well(1.5, 50, lanes.count)
    assert lanes.count == MOST


def test_small_batches_say_nothing() -> None:
    """Single pages that are asked for again take as long as the way to the portal."""
    lanes = Lanes()
    for _ in range(20):
        lanes.went_well(1.0, 1, lanes.count)
    assert lanes.count == FIRST


def test_no_more_lanes_than_can_be_stored() -> None:
    """Answers that lie about longer than they took only fill memory."""
    lanes = Lanes()
    for _ in range(5):
        lanes.went_well(0.1, 50, lanes.count)
    for _ in range(10):
        lanes.went_well(0.1, 50, lanes.count, waited=0.2)
    assert lanes.count == FEWEST


def test_half_the_lanes_after_a_refusal() -> None:
    """Down to one, and from there on again."""
    lanes = Lanes(count=8)
    counts = []
    for _ in range(4):
        lanes.went_badly()
        counts.append(lanes.count)
    assert counts == [4, 2, 1, 1]
    lanes.went_well(1.0, 50, 1)
    assert lanes.count == 2


def test_one_lane_where_no_more_are_wanted() -> None:
    """However fast the portal is."""
    lanes = Lanes(most=1)
    lanes.went_well(0.1, 50, 1)
    assert lanes.count == 1
