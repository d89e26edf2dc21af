"""Changes that leave no trace come to the cache within a week."""

import pytest

from b24kpi.cache.rolling import BATCH, BATCHES, DAY, PERIOD, Cursor, moved_on, rows_due
from b24kpi.demo.limits import STANDARD
from b24kpi.portal.entities import CONTACT, DEAL
from tests.deletions.conftest import Open
from tests.deletions.followed import Followed, deals

HALF_HOUR = 1800.0


@pytest.fixture
def large(place: Followed) -> Followed:
    """6,000 deals, read: a page of them is due after 72 minutes."""
    place.state.insert("deal", deals(range(1, 6_001)))
    place.sync(DEAL)
    return place


def change_silently(place: Followed) -> None:
    """By plain SQL, as the portal does it."""
    place.state.execute("UPDATE deal SET ASSIGNED_BY_ID = 7")


def unchanged(place: Followed) -> int:
    return int(place.store.query("SELECT COUNT(*) FROM deal WHERE assigned_by_id IS NOT 7")[0][0])


@pytest.mark.parametrize("pause", [DAY / 8, DAY / 2, DAY], ids=["three hours", "twelve hours", "a day"])
def test_every_row_is_read_again_within_a_week(large: Followed, pause: float) -> None:
    """However often it is refreshed, once a day at least."""
    change_silently(large)
    for _ in range(int(7 * DAY / pause)):
        large.clock.sleep(pause)
        large.sync(DEAL)
    assert unchanged(large) == 0


def test_a_run_reads_the_share_that_is_due(large: Followed) -> None:
    """A sixth of the rows a day."""
    change_silently(large)
    large.clock.sleep(DAY)
    large.sync(DEAL)
    assert 5_000 - 50 <= unchanged(large) <= 5_000


def test_a_few_minutes_are_not_worth_a_request(large: Followed) -> None:
    """Less than a page is due."""
    large.clock.sleep(600)
    before = large.demo.stats.by_method["crm.deal.list"]
    large.sync(DEAL)
    first = large.demo.stats.by_method["crm.deal.list"] - before
    large.sync(DEAL)
    assert large.demo.stats.by_method["crm.deal.list"] - before == 2 * first


def test_a_slice_takes_one_request(large: Followed) -> None:
    """Its pages go into one batch."""
    large.clock.sleep(3600)
    large.sync(DEAL)
    before = large.demo.stats.requests
    large.sync(DEAL)
    usual = large.demo.stats.requests - before
    large.clock.sleep(3000)
    large.sync(DEAL)
    assert large.demo.stats.requests - before == 2 * usual + 1


def test_a_row_that_is_missed_has_the_stream_compared(large: Followed) -> None:
    """At once, not only when it is due: a row further on is found with it."""
    large.clock.sleep(3600)
    large.sync(DEAL)
    large.state.delete_many("deal", [3, 5_000])
    large.clock.sleep(3000)
    large.sync(DEAL)
    assert large.ids("deal", deleted=True) == {3, 5_000}


def test_rows_that_appear_are_read_with_the_slice(large: Followed) -> None:
    """More rows than known in a page's range."""
    large.state.insert("deal", deals([9_000]))
    large.sync(DEAL)
    large.state.insert("deal", deals(range(6_001, 9_000)))
    for _ in range(8):
        large.clock.sleep(DAY)
        large.sync(DEAL)
    assert len(large.ids("deal", deleted=False)) == 9_000


def test_after_a_full_sync_nothing_is_due(large: Followed) -> None:
    """All rows have just been read."""
    large.clock.sleep(3 * DAY)
    large.sync(DEAL, full=True)
    before = large.demo.stats.by_method["crm.deal.list"]
    large.sync(DEAL)
    assert large.demo.stats.by_method["crm.deal.list"] - before <= 4


def test_a_small_stream_is_read_once_in_the_time(place: Followed) -> None:
    """Thirty rows, in one page."""
    place.state.insert("deal", deals(range(1, 31)))
    place.sync(DEAL)
    change_silently(place)
    place.clock.sleep(PERIOD - 1)
    place.sync(DEAL)
    assert unchanged(place) == 30
    place.clock.sleep(2)
    place.sync(DEAL)
    assert unchanged(place) == 0


def test_an_empty_stream_is_left_alone(place: Followed) -> None:
    """Whatever time passes."""
    place.sync(CONTACT)
    place.clock.sleep(30 * DAY)
    assert place.sync(CONTACT).complete


def test_it_waits_while_the_portal_is_busy(opened: Open) -> None:
    """A sync that had to wait leaves the slice for the next one."""
    place = opened(limits=STANDARD)
    place.state.insert("deal", deals(range(1, 6_001)))
    place.sync(DEAL)
    change_silently(place)
    place.clock.sleep(DAY / 2)
    place.demo.faults.add("query_limit", times=1, after=2)
    place.sync(DEAL)
    assert unchanged(place) == 6_000
    place.sync(DEAL)
    assert unchanged(place) < 6_000


def test_a_failing_slice_is_left_for_the_next_run(large: Followed) -> None:
    """The sync is complete all the same; the slice comes again."""
    change_silently(large)
    large.clock.sleep(2 * 3600)
    large.demo.faults.add("command_error", "crm.deal.list", times=-1, after=4, code="ACCESS_DENIED")
    assert large.sync(DEAL).complete
    left = unchanged(large)
    large.demo.faults.clear()
    large.sync(DEAL)
    assert unchanged(large) < left


# --- how much, when


@pytest.mark.parametrize(
    ("live", "behind", "rows"),
    [
        (1_000_000, HALF_HOUR, 3_472),
        (1_000_000, DAY / 2, BATCHES * BATCH),
        (1_000_000, 3 * DAY, 166_667),
        (30_000, 30 * DAY, BATCHES * BATCH),
        (1_000, HALF_HOUR, 0),
        (40, PERIOD - 1, 0),
        (40, PERIOD, 40),
        (0, PERIOD, 0),
    ],
)
def test_a_run_is_bounded(live: int, behind: float, rows: int) -> None:
    """Four batches; a day's share where it has fallen behind; pages at least."""
    assert rows_due(live, behind) == rows


def test_the_cursor_remembers_what_it_owes() -> None:
    """A run that was cut short is made up for; more than a whole round is forgiven."""
    assert moved_on(Cursor(0, 0.0), 100, 1_000, 500, PERIOD / 2) == Cursor(500, PERIOD / 10)
    assert moved_on(Cursor(0, 0.0), 100, 1_000, 500, 3 * PERIOD) == Cursor(500, 2.1 * PERIOD)
