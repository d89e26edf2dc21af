"""Several threads read ranges of ids: every row once, in few requests, whatever the ids are like."""

from collections.abc import Callable
from math import ceil
from random import Random
from typing import Any

import pytest
import responses
from hypothesis import given, settings
from hypothesis import strategies as st

from b24kpi.portal.crew import Reading
from b24kpi.portal.entities import DEAL, DEAL_STEP, LEAD, Entity
from b24kpi.portal.reader import Bounds, bounds
from tests.portal.far_end import Shelf, open_portal
from tests.reading.walks import reading, walk

OpenShelf = Callable[..., Shelf]
DENSE = range(1, 100_001)
SPARSE = sorted(Random(7).sample(range(1, 5_000_001), 100_000))
PATCHY = [number for block in range(20) for number in range(block * 200_000 + 1, block * 200_000 + 1_001)]


@settings(max_examples=25)
@given(
    ids=st.sets(st.integers(1, 3_000), max_size=400),
    spans=st.sets(st.integers(0, 3_000), min_size=2, max_size=8).map(sorted),
)
def test_any_ranges_of_any_table_are_read_once(ids: set[int], spans: list[int]) -> None:
    """Only what lies in them, and all of that."""
    ranges = tuple(zip(spans[::2], spans[1::2], strict=False))
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        Shelf(ids).mount(wire)
        found = walk(Reading(DEAL, ranges))
    assert found.ids() == sorted(number for number in ids if any(low < number <= high for low, high in ranges))
    assert found.read() == list(ranges)


def read_whole_table(shelf: OpenShelf, ids: Any, entity: Entity = DEAL) -> tuple[Shelf, list[int]]:
    far_end = shelf(ids, entity.wrapper)
    edge = bounds(open_portal(), [entity])[entity.name]
    assert isinstance(edge, Bounds)
    found = walk(reading(entity, edge.low - 1, edge.high, density=edge.density))
    assert found.errors == {entity.name: None}
    return far_end, found.ids(entity.name)


@pytest.mark.parametrize("entity", [DEAL, DEAL_STEP], ids=lambda entity: entity.name)
def test_a_dense_table_takes_a_request_for_2500_rows(shelf: OpenShelf, entity: Entity) -> None:
    """A hundred thousand rows: forty requests and one for the bounds, no command in vain."""
    far_end, ids = read_whole_table(shelf, DENSE, entity)
    assert ids == list(DENSE)
    assert far_end.requests <= 41
    assert far_end.commands == 2 + 2000


@pytest.mark.parametrize("entity", [DEAL, DEAL_STEP], ids=lambda entity: entity.name)
def test_a_table_with_most_ids_gone_takes_hardly_more(shelf: OpenShelf, entity: Entity) -> None:
    """98 of a hundred ids are gone: what batches leave of their ranges is packed together."""
    far_end, ids = read_whole_table(shelf, SPARSE, entity)
    assert ids == SPARSE
    assert far_end.requests <= 50
    assert far_end.commands <= 2_400


@pytest.mark.parametrize(
    ("ids", "most"),
    [
        (PATCHY, 40),
        ([*range(1, 2_001), *range(1_000_001, 1_030_001)], 36),
        ([*SPARSE[:1_500], *range(100_001, 130_001)], 30),
        ([1, 9_000_000], 12),
    ],
    ids=["patches", "a gap", "sparse, then dense", "two rows"],
)
def test_uneven_tables_are_read_completely(shelf: OpenShelf, ids: list[int], most: int) -> None:
    """The share of ids in use changes on the way; the walk adapts."""
    far_end, found = read_whole_table(shelf, ids)
    assert found == sorted(ids)
    assert far_end.requests <= max(most, ceil(len(ids) / 2_500) * 2)


def test_small_streams_share_a_request(shelf: OpenShelf) -> None:
    """Their pages fit one batch together."""
    far_end = shelf(range(1, 101))
    found = walk(reading(LEAD, upto=100), reading(DEAL, upto=100))
    assert (found.ids("lead"), found.ids("deal")) == (list(range(1, 101)), list(range(1, 101)))
    assert far_end.requests == 1


def test_changed_rows_are_asked_for_in_short_chains(shelf: OpenShelf) -> None:
    """Few rows change between two passes: most ids of the range have none, and that is known only afterwards."""
    far_end = shelf(range(10, 300_000, 10_000))
    found = walk(reading(upto=300_000, since=1_700_000_000.75))
    assert len(found.ids()) == 30
    assert far_end.commands == 4


def test_many_changed_rows_are_read_in_parallel(shelf: OpenShelf) -> None:
    """Once the first pages have shown how dense they are."""
    far_end = shelf(range(1, 200_001, 20))
    assert len(walk(reading(upto=200_001, since=0.0)).ids()) == 10_000
    assert far_end.requests <= 8


def test_nothing_to_read_asks_nothing(shelf: OpenShelf) -> None:
    """A reading without ranges is finished at once."""
    far_end = shelf([])
    assert walk(reading(upto=0)).errors == {"deal": None}
    assert far_end.requests == 0


def test_rows_inserted_and_deleted_meanwhile_disturb_no_others(shelf: OpenShelf) -> None:
    """What stays is read once; offsets would have lost a row for each deleted one."""
    far_end = shelf(range(1, 20_001))

    def change(request: int, key: str) -> None:
        far_end.ids.discard(far_end.commands * 37)
        far_end.ids.add(20_000 + far_end.commands)

    far_end.before = change
    found = walk(reading(upto=20_000)).ids()
    assert len(set(found)) == len(found)
    assert {number for number in far_end.ids if number <= 20_000} <= set(found)
