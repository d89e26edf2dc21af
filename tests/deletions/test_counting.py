"""Rows that vanished are found by counting ranges of ids, with few requests."""

from random import Random
from typing import Any

import pytest

from b24kpi.cache.comparison import parts_of
from b24kpi.demo.options import Options
from b24kpi.portal.entities import (
    ACTIVITY,
    COMPANY,
    CONTACT,
    DEAL,
    DEAL_STEP,
    ENTITIES,
    LEAD,
    LEAD_STEP,
    USER,
    Entity,
)
from tests.deletions.conftest import Open
from tests.deletions.followed import Followed, deals

TABLES = {LEAD_STEP.name: "lead_history", DEAL_STEP.name: "deal_history", "call": "telephony_call"}
TABLES |= {"invoice_step": "invoice_history"}
ROWS = 10_000


@pytest.fixture
def large(place: Followed) -> Followed:
    """10,000 deals, read."""
    place.state.insert("deal", deals(range(1, ROWS + 1)))
    assert place.sync(DEAL).complete
    return place


def test_one_request_proves_that_nothing_vanished(large: Followed) -> None:
    """However many rows there are, up to fifty ranges."""
    assert large.requests_of(DEAL) == 1
    assert large.ids("deal", deleted=True) == set()


@pytest.mark.parametrize(("number", "requests"), [(1, 4), (5, 5), (50, 12)])
def test_deleted_rows_are_found(large: Followed, number: int, requests: int) -> None:
    """All of them, no other, with few requests."""
    gone = set(Random(number).sample(range(1, ROWS + 1), number))
    large.state.delete_many("deal", gone)
    assert large.requests_of(DEAL) <= requests
    assert large.ids("deal", deleted=True) == gone


def test_the_moment_is_the_portals(large: Followed) -> None:
    """Not that of this machine."""
    large.state.delete("deal", 77)
    large.clock.sleep(3600)
    large.compare(DEAL)
    assert large.store.query("SELECT deleted_at FROM deal WHERE id = 77") == [(int(large.state.now()),)]


def test_many_deletions_cost_no_more_than_reading_all_ids(large: Followed) -> None:
    """A tenth of all rows: the ranges are shown instead of searched."""
    gone = set(range(7, ROWS, 10))
    large.state.delete_many("deal", gone)
    assert large.requests_of(DEAL) <= ROWS / 2500 + 4
    assert large.ids("deal", deleted=True) == gone


def test_the_newest_and_the_oldest_row_are_found(large: Followed) -> None:
    """Edges are no blind spots."""
    large.state.delete_many("deal", [1, ROWS])
    large.compare(DEAL)
    assert large.ids("deal", deleted=True) == {1, ROWS}


def test_a_gap_of_thousands_is_found_at_once(large: Followed) -> None:
    """An empty range shows that it is."""
    large.state.delete_many("deal", range(5_001, 6_501))
    assert large.requests_of(DEAL) <= 6
    assert large.ids("deal", deleted=True) == set(range(5_001, 6_501))


def test_sparse_ids_are_split_by_known_rows(place: Followed) -> None:
    """One id in a thousand: as many requests as for dense ones."""
    place.state.insert("deal", deals(range(1_000, 5_000_001, 1_000)))
    place.sync(DEAL)
    place.state.delete_many("deal", [250_000, 4_999_000])
    assert place.requests_of(DEAL) <= 5
    assert place.ids("deal", deleted=True) == {250_000, 4_999_000}


def fill(place: Followed, entity: Entity, number: int) -> str:
    """Rows 101, 102, … of a stream; the portal's table."""
    table = TABLES.get(entity.name, entity.table)
    more: dict[str, Any] = {}
    if table.endswith("_history"):
        more = {"CREATED_TIME": 1_600_000_000, "OWNER_ID": 1}
    if table == "user":
        more = {"UF_DEPARTMENT": "[1]"}
    place.state.insert(table, [{"ID": each, **more} for each in range(101, 101 + number)])
    return table


@pytest.mark.parametrize("entity", [each for each in ENTITIES if each.by_key and each is not USER])
@pytest.mark.parametrize("rows", [40, 2_000])
def test_every_stream_is_compared(place: Followed, entity: Entity, rows: int) -> None:
    """Old lists, controllers: each says how many rows it has."""
    table = fill(place, entity, rows)
    place.sync(entity)
    place.state.execute(f"DELETE FROM {table} WHERE ID IN (105, 122)")
    place.compare(entity)
    assert place.ids(entity.table, deleted=True) == {105, 122}


def test_users_are_compared_too(place: Followed) -> None:
    """Their list tells no total where it is empty."""
    fill(place, USER, 2_000)
    place.sync(USER)
    place.state.execute("DELETE FROM user WHERE ID IN (500) OR ID BETWEEN 1000 AND 1200")
    place.compare(USER)
    assert place.ids("user", deleted=True) == {500, *range(1000, 1201)}


def test_streams_share_batches(place: Followed) -> None:
    """Seven small streams: owners in one request, what hangs on them in another."""
    place.state.insert("deal", deals(range(1, 3_000)))
    for entity in (LEAD, CONTACT, COMPANY, LEAD_STEP, DEAL_STEP, ACTIVITY):
        fill(place, entity, 200)
    place.sync()
    assert place.requests_of(*(each for each in ENTITIES if each.by_key)) == 2


def test_an_empty_stream_is_no_matter(place: Followed) -> None:
    """Nothing is known, nothing is there."""
    place.sync(LEAD)
    assert place.compare(LEAD)["lead"].error is None


def test_the_last_few_rows_may_all_go(place: Followed) -> None:
    """Fifty are no mass."""
    place.state.insert("deal", deals(range(1, 51)))
    place.sync(DEAL)
    place.state.delete_many("deal", range(1, 51))
    place.compare(DEAL)
    assert place.ids("deal", deleted=False) == set()


# --- rows that the cache does not know


def test_rows_that_appear_within_known_ids_are_read(large: Followed) -> None:
    """A template becomes a deal, without a trace in DATE_MODIFY."""
    large.state.insert("deal", deals([30_000]))
    large.sync(DEAL)
    large.state.insert("deal", deals(range(10_001, 10_011)))
    finding = large.compare(DEAL)["deal"]
    assert (finding.changed, finding.deleted) == (10, 0)
    assert set(range(10_001, 10_011)) <= large.ids("deal", deleted=False)


def test_rows_that_come_back_are_alive_again(large: Followed) -> None:
    """Hidden, marked, shown: the mark goes."""
    large.state.change_row("deal", 4_000, {"IS_RECURRING": "Y"})
    large.compare(DEAL)
    assert large.ids("deal", deleted=True) == {4_000}
    large.state.change_row("deal", 4_000, {"IS_RECURRING": "N"})
    large.compare(DEAL)
    assert large.ids("deal", deleted=True) == set()


def test_thousands_that_come_back_are_read_in_bulk(place: Followed) -> None:
    """As a first load would read them."""
    place.state.insert("deal", deals([*range(1, 101), 10_000]))
    place.sync(DEAL)
    place.state.insert("deal", deals(range(101, 10_000)))
    assert place.requests_of(DEAL) <= 4 + 9_900 / 2_500 + 1
    assert len(place.ids("deal", deleted=False)) == 10_000


def test_a_row_for_a_row_shows_in_a_short_range(place: Followed) -> None:
    """The counts agree, the ids do not."""
    place.state.insert("deal", deals(range(1, 60, 2)))
    place.sync(DEAL)
    place.state.delete("deal", 31)
    place.state.insert("deal", deals([30]))
    place.compare(DEAL)
    assert (place.ids("deal", deleted=True), 30 in place.ids("deal", deleted=False)) == ({31}, True)


# --- portals that make it hard


def test_a_portal_that_stops_counting_hides_nothing(opened: Open) -> None:
    """Totals never exceed 1,000: neither a mass of rows is missing, nor do the few stay."""
    place = opened(options=Options(count_cap=1_000))
    place.state.insert("deal", deals(range(1, ROWS + 1)))
    place.sync(DEAL)
    place.state.delete_many("deal", [100, 9_000])
    assert place.compare(DEAL)["deal"].error is None
    assert place.ids("deal", deleted=True) == {100, 9_000}


@pytest.mark.parametrize("kind", ["bad_gateway", "gateway_timeout", "query_limit", "truncated", "reset"])
def test_failures_on_the_way_change_nothing(large: Followed, kind: str) -> None:
    """Five in a row: batches get shorter, the answer is the same."""
    large.state.delete_many("deal", [5, 9_876])
    large.demo.faults.add(kind, "batch", times=5, after=1)
    large.compare(DEAL)
    assert large.ids("deal", deleted=True) == {5, 9_876}


@pytest.mark.parametrize("code", ["INTERNAL_SERVER_ERROR", "OPERATION_TIME_LIMIT"])
def test_failed_commands_are_asked_again(large: Followed, code: str) -> None:
    """One by one, not the whole batch."""
    large.state.delete_many("deal", [5, 9_876])
    large.demo.faults.add("command_error", "crm.deal.list", times=4, after=3, code=code)
    large.compare(DEAL)
    assert large.ids("deal", deleted=True) == {5, 9_876}


def test_what_cannot_be_counted_is_left_as_it_is(large: Followed) -> None:
    """Told as an error of the stream; nothing is marked."""
    large.state.delete_many("deal", [5, 9_876])
    large.demo.denied["crm.deal.list"] = "ACCESS_DENIED"
    finding = large.compare(DEAL)["deal"]
    assert (finding.error is not None, finding.refused) == (True, False)
    assert large.ids("deal", deleted=True) == set()


def test_rows_deleted_meanwhile_do_no_harm(opened: Open) -> None:
    """Those gone when it began are found, of the others some; none that is there is marked."""
    gone, later = set(range(100, ROWS, 400)), iter(range(150, ROWS, 20))
    place = opened(sleep=lambda seconds: place.state.delete("deal", next(later)))
    place.state.insert("deal", deals(range(1, ROWS + 1)))
    place.sync(DEAL)
    place.state.delete_many("deal", gone)
    place.demo.faults.add("slow", "batch", times=-1)
    place.compare(DEAL)
    marked = place.ids("deal", deleted=True)
    assert gone <= marked
    assert marked.isdisjoint(row["ID"] for row in place.state.rows("deal"))


@pytest.mark.parametrize(
    ("known", "total", "differing", "parts"),
    [
        (25_000, 24_999, 1, 50),
        (25_000, 24_999, 20, 5),
        (25_000, 24_999, 60, 2),
        (400, 399, 1, 8),
        (9_000, 5_000, 40, 50),
    ],
)
def test_ranges_are_split_as_widely_as_batches_allow(known: int, total: int, differing: int, parts: int) -> None:
    """And into pages where all of them cost less than a search."""
    assert parts_of(known, total, differing) == parts
