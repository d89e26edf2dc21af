"""A count of a big table serves a day."""

from collections.abc import Iterator

import pytest

from b24kpi.cache.daily_counts import daily_count
from b24kpi.cache.store import Store

NOW, HOUR = 1_790_000_000.0, 3_600


@pytest.fixture
def store() -> Iterator[Store]:
    with Store(":memory:") as opened:
        yield opened


@pytest.mark.parametrize(
    ("first", "later", "found"),
    [
        pytest.param(500_000, 23 * HOUR, 500_000, id="known"),
        pytest.param(500_000, 24 * HOUR, 7, id="a-day-old"),
        pytest.param(500_000, -HOUR, 7, id="the-clock-went-back"),
        pytest.param(9_999, HOUR, 7, id="quickly-counted"),
    ],
)
def test_a_big_count_is_good_for_a_day(store: Store, first: int, later: float, found: int) -> None:
    """Small ones, which take no time, and old ones are counted anew."""
    assert daily_count(store, "deal", NOW, lambda: first) == first
    assert daily_count(store, "deal", NOW + later, lambda: 7) == found


def test_each_count_is_known_by_its_name(store: Store) -> None:
    """Deals are no leads."""
    daily_count(store, "deal", NOW, lambda: 50_000)
    assert daily_count(store, "lead", NOW, lambda: 60_000) == 60_000
