"""Walks by ascending ids over a portal of bare ids."""

from collections.abc import Callable, Iterator
from math import ceil
from random import Random
from typing import Any

import pytest
import responses
from hypothesis import given, settings
from hypothesis import strategies as st

from b24kpi.errors import IncompleteRead, Refused, RetryLater
from b24kpi.portal.entities import ACTIVITY, DEAL, DEAL_STEP, ENTITIES, LEAD, USER, Entity
from b24kpi.portal.reader import Bounds, KeyRange, Page, bounds, first_pages, read_keys
from tests.portal.far_end import URL, Clock, Shelf, open_portal

KEYED = [entity for entity in ENTITIES if entity.by_key]
FAILED = {"error": "INTERNAL_SERVER_ERROR", "error_description": ""}
SPARSE = sorted(Random(7).sample(range(1, 500_001), 10_000))


@pytest.fixture
def shelf(wire: responses.RequestsMock) -> Callable[..., Shelf]:
    return lambda ids, wrapper="", key="ID": Shelf(ids, wrapper, key).mount(wire)


def ids_in(pages: list[Page], key: str = "ID") -> list[int]:
    return [int(row[key]) for page in pages for row in page.rows]


def tiles(pages: list[Page], after: int, upto: int) -> bool:
    """Whether the pages follow each other without a gap, from one end of the range to the other."""
    return [after, *(page.last for page in pages)] == [*(page.after for page in pages), upto]


def walk(entity: Entity = DEAL, after: int = 0, upto: int = 10**6, **options: Any) -> list[Page]:
    return list(read_keys(open_portal(), entity, after=after, upto=upto, **options))


@pytest.mark.parametrize("entity", KEYED, ids=lambda entity: entity.name)
@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 100, 2_500, 2_501])
def test_every_row_is_read_once_in_order(shelf: Callable[..., Shelf], entity: Entity, count: int) -> None:
    """Whatever the number of rows, around the edges of pages and of batches."""
    shelf(range(1, count + 1), entity.wrapper, entity.shown_key)
    pages = walk(entity, upto=count)
    assert list(range(1, count + 1)) == ids_in(pages, entity.shown_key)
    assert tiles(pages, 0, count)


@settings(max_examples=25)
@given(ids=st.sets(st.integers(1, 3_000), max_size=400), after=st.integers(0, 3_000), width=st.integers(0, 3_000))
def test_any_range_of_any_table_is_read_completely(ids: set[int], after: int, width: int) -> None:
    """Only what lies in the range, and all of that."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        Shelf(ids).mount(wire)
        pages = walk(after=after, upto=after + width)
    assert sorted(number for number in ids if after < number <= after + width) == ids_in(pages)
    assert not width or tiles(pages, after, after + width)


@pytest.mark.parametrize(
    "ids",
    [range(1, 10_001), range(90_001, 97_501), SPARSE, SPARSE[:600], SPARSE[:2_499], SPARSE[:2_500], SPARSE[-1:]],
    ids=["dense", "dense above", "sparse", "sparse 600", "sparse 2499", "sparse 2500", "single"],
)
@pytest.mark.parametrize("entity", [DEAL, DEAL_STEP], ids=lambda entity: entity.name)
def test_few_requests_and_few_commands(shelf: Callable[..., Shelf], ids: Any, entity: Entity) -> None:
    """A full read, bounds and all, takes one request per 2500 rows and one more, and few commands in vain."""
    far_end = shelf(ids, entity.wrapper)
    portal = open_portal()
    edge = bounds(portal, [entity])[entity.name]
    assert isinstance(edge, Bounds)
    pages = list(read_keys(portal, entity, after=edge.low - 1, upto=edge.high, density=edge.density))
    assert sorted(ids) == ids_in(pages)
    assert far_end.requests <= ceil(len(ids) / 2_500) + 1
    assert far_end.commands <= ceil(len(ids) / 50) * 1.4 + 5


def test_rows_deleted_during_the_walk_take_no_others_with_them(shelf: Callable[..., Shelf]) -> None:
    """Offsets would skip as many rows as vanished before them."""
    far_end = shelf(range(1, 6_001))
    far_end.before = lambda request, key: far_end.ids.discard(request * 100) or far_end.ids.discard(5_900)
    assert set(ids_in(walk(upto=6_000))) >= far_end.ids


def test_rows_inserted_during_the_walk_disturb_nothing(shelf: Callable[..., Shelf]) -> None:
    """What appears above the range waits for the next pass."""
    far_end = shelf(range(1, 6_001))
    far_end.before = lambda request, key: far_end.ids.add(6_000 + far_end.commands)
    assert list(range(1, 6_001)) == ids_in(walk(upto=6_000))


@pytest.mark.parametrize("entity", [DEAL, DEAL_STEP], ids=lambda entity: entity.name)
def test_a_failed_command_costs_a_request_not_rows(shelf: Callable[..., Shelf], entity: Entity) -> None:
    """The walk goes on behind the last good page."""
    far_end = shelf(range(1, 5_001), entity.wrapper)
    far_end.before = lambda request, key: FAILED if (request, key) in ((1, "p7"), (2, "p0")) else None
    pages = walk(entity, upto=5_000)
    assert list(range(1, 5_001)) == ids_in(pages)
    assert tiles(pages, 0, 5_000)
    assert far_end.requests <= 6


def test_a_command_that_goes_on_failing_fails_the_walk(shelf: Callable[..., Shelf]) -> None:
    """After seven attempts; what was read before stays read."""
    far_end = shelf(range(1, 5_001))
    far_end.before = lambda request, key: FAILED if request > 1 else None
    read = read_keys(open_portal(), DEAL, after=0, upto=5_000)
    with pytest.raises(RetryLater):
        drain(read, into=(pages := []))
    assert list(range(1, 2_501)) == ids_in(pages)
    assert far_end.requests == 8


def drain(read: Iterator[Page], into: list[Page]) -> None:
    for page in read:
        into.append(page)


def test_a_refused_command_is_not_asked_again(shelf: Callable[..., Shelf]) -> None:
    """The pages before it were good, the error comes after them."""
    far_end = shelf(range(1, 5_001))
    far_end.before = lambda request, key: {"error": "ACCESS_DENIED"} if key == "p3" else None
    with pytest.raises(Refused):
        drain(read_keys(open_portal(), DEAL, after=0, upto=5_000), into=(pages := []))
    assert list(range(1, 151)) == ids_in(pages)
    assert far_end.requests == 1


@pytest.mark.parametrize(
    "rows",
    [
        [{"ID": "1"}, {"ID": "2"}],
        [{"ID": "160"}, {"ID": "155"}],
        [{"ID": "160"}, {"ID": "160"}],
        [{"ID": "99999"}],
        [{"ID": str(number)} for number in range(151, 202)],
        [{"TITLE": "no id"}],
        [{"ID": "x"}],
        ["no row"],
        "no list",
        {"items": []},
    ],
    ids=[
        "repeated",
        "falling",
        "doubled",
        "outside",
        "too long",
        "no id",
        "no number",
        "no row",
        "text",
        "map",
    ],
)
def test_a_page_that_is_wrong_twice_fails_the_walk(shelf: Callable[..., Shelf], rows: Any) -> None:
    """Once may be chance; what is never done is to take it, or to take it for the end."""
    far_end = shelf(range(1, 5_001))
    far_end.before = lambda request, key: rows if (request, key) in ((1, "p3"), (2, "p0")) else None
    with pytest.raises(IncompleteRead, match="after id 150"):
        drain(read_keys(open_portal(), DEAL, after=0, upto=5_000), into=(pages := []))
    assert list(range(1, 151)) == ids_in(pages)


def test_a_page_that_is_wrong_once_is_asked_again(shelf: Callable[..., Shelf]) -> None:
    """Nothing of the wrong one is kept."""
    far_end = shelf(range(1, 5_001))
    far_end.before = lambda request, key: [{"ID": "7"}] if (request, key) == (1, "p3") else None
    assert list(range(1, 5_001)) == ids_in(walk(upto=5_000))


def test_a_portal_that_resolves_no_references_is_read_page_by_page(shelf: Callable[..., Shelf]) -> None:
    """The first page of a batch needs none."""
    far_end = shelf(range(1, 401))
    far_end.before = lambda request, key: None if key == "p0" else [{"ID": "1"}]
    assert list(range(1, 401)) == ids_in(walk(upto=400))


def test_a_batch_too_long_for_the_portal_is_shortened(wire: responses.RequestsMock) -> None:
    """The cloud cuts off what takes longer than a minute; fifty pages may, six do not."""
    far_end = Shelf(range(1, 1_001))

    def patient(request: Any) -> tuple[int, dict[str, str], str]:
        far_end.requests += 1
        return (504, {}, "<html>") if request.body.count(b"crm.deal.list") > 6 else far_end.answer(request)

    wire.add_callback(responses.POST, URL + "batch", patient)
    assert list(range(1, 1_001)) == ids_in(walk(upto=1_000))


def test_an_unreachable_portal_fails_after_a_few_minutes(wire: responses.RequestsMock) -> None:
    """The walk does not go on for ever."""
    wire.post(URL + "batch", status=502)
    clock = Clock()
    portal = open_portal(clock)
    with pytest.raises(RetryLater):
        list(read_keys(portal, DEAL, after=0, upto=10_000))
    assert portal.requests <= 20
    assert clock.seconds - 1_000 < 300


def test_changed_rows_are_asked_for_in_short_chains(shelf: Callable[..., Shelf]) -> None:
    """Few rows change between two passes: most ids of the range have none, and that is known only afterwards."""
    far_end = shelf(range(10, 300_000, 10_000))
    pages = walk(upto=300_000, since=1_700_000_000.75)
    assert len(ids_in(pages)) == 30
    assert tiles(pages, 0, 300_000)
    assert far_end.commands == 4
    assert far_end.filters[0][">=DATE_MODIFY"] == "2023-11-14T22:13:20+00:00"


def test_many_changed_rows_take_ever_longer_chains(shelf: Callable[..., Shelf]) -> None:
    """A mass edit does not take a request for every few pages."""
    far_end = shelf(range(1, 200_001, 20))
    assert len(ids_in(walk(upto=200_001, since=0.0))) == 10_000
    assert far_end.requests <= 8


def test_bounds_of_several_streams_take_one_request(shelf: Callable[..., Shelf]) -> None:
    """Least and greatest id, and how dense the ids are."""
    far_end = shelf([5, 7, 9_000])
    expected = Bounds(5, 9_000, 3 / 8_996)
    assert {"deal": expected, "lead": expected} == bounds(open_portal(), [DEAL, LEAD])
    assert far_end.requests == 1


def test_an_empty_stream_has_no_bounds(shelf: Callable[..., Shelf]) -> None:
    """And nothing is read of it."""
    far_end = shelf([])
    assert {"user": Bounds(0, 0)} == bounds(open_portal(), [USER])
    assert walk(USER, upto=0) == []
    assert far_end.requests == 1


def test_a_stream_without_bounds_tells_why(shelf: Callable[..., Shelf]) -> None:
    """The others have theirs."""
    far_end = shelf([1, 2])
    far_end.before = lambda request, key: {"error": "insufficient_scope"} if key == "user_DESC" else None
    found = bounds(open_portal(), [USER, DEAL])
    assert isinstance(found["user"], Refused)
    assert found["deal"] == Bounds(1, 2)


def test_bounds_in_the_wrong_order_are_refused(shelf: Callable[..., Shelf]) -> None:
    """A portal that ignored the order would hide its newest rows."""
    far_end = shelf(range(1, 100))
    far_end.before = lambda request, key: [{"ID": "1"}, {"ID": "2"}]
    assert isinstance(bounds(open_portal(), [DEAL])["deal"], Exception)


def test_first_pages_of_many_ranges_take_one_request(shelf: Callable[..., Shelf]) -> None:
    """Incremental passes mostly end with them: a page that is not full proves its range to the end."""
    far_end = shelf(range(1, 101))
    stretches = [KeyRange(DEAL, 90, 100), KeyRange(LEAD, 0, 100), KeyRange(ACTIVITY, 0, 100, since=5.0)]
    deals, leads, activities = first_pages(open_portal(), stretches)
    assert isinstance(deals, Page)
    assert isinstance(leads, Page)
    assert isinstance(activities, Page)
    assert [(page.after, page.last) for page in (deals, leads, activities)] == [(90, 100), (0, 50), (0, 50)]
    assert far_end.requests == 1


def test_first_pages_that_failed_stand_in_their_place(shelf: Callable[..., Shelf]) -> None:
    """One refused stream does not keep the others from being read."""
    far_end = shelf(range(1, 11))
    far_end.before = lambda request, key: {"error": "ACCESS_DENIED"} if key == "p0" else None
    refused, good = first_pages(open_portal(), [KeyRange(LEAD, 0, 10), KeyRange(DEAL, 0, 10)])
    assert isinstance(refused, Refused)
    assert isinstance(good, Page)
