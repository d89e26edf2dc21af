"""Results belong to who was responsible at the moment of the event, as far as the cache has seen it."""

import pytest

from b24kpi.cache.store import Store
from b24kpi.facts.refresh import refresh
from tests.event_logs import ZONE
from tests.facts.rows import at, portal_of
from tests.sql_engine import insert

WON = {"steps": [("2026-06-01T10:00", "NEW"), ("2026-06-05T10:00", "CALL"), ("2026-06-10T10:00", "WON")]}


def handed_over(store: Store, until: str, earlier: int) -> None:
    """`earlier` was last seen as responsible at the moment `until`."""
    insert(store, "deal_history", {"id": 1, "valid_to": at(until), "assigned_by_id": earlier})


def managers(store: Store) -> tuple[int, int, list[int]]:
    """Of the closing, of the creation, and of each stay."""
    refresh(store, ZONE, "UAH")
    closing, creation = store.query("SELECT manager_id, created_manager_id FROM fact_deal")[0]
    return closing, creation, [row[0] for row in store.query("SELECT manager_id FROM fact_stay ORDER BY position")]


def test_without_history_it_is_the_present_one() -> None:
    """Nothing earlier was seen."""
    with portal_of(WON | {"assigned_by_id": 7}) as store:
        assert managers(store) == (7, 7, [7, 7, 7])


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("2026-05-30T10:00", (7, 7, [7, 7, 7])),
        ("2026-06-01T10:00", (7, 3, [3, 7, 7])),
        ("2026-06-07T10:00", (7, 3, [3, 3, 7])),
        ("2026-06-09T23:59", (7, 3, [3, 3, 7])),
        ("2026-06-10T10:00", (3, 3, [3, 3, 3])),
        ("2026-06-20T10:00", (3, 3, [3, 3, 3])),
    ],
)
def test_an_earlier_one_holds_up_to_and_with_the_moment_he_was_seen(
    until: str, expected: tuple[int, int, list[int]]
) -> None:
    """Handed over after the win, the win stays his."""
    with portal_of(WON | {"assigned_by_id": 7}) as store:
        handed_over(store, until, 3)
        assert managers(store) == expected


def test_of_several_the_first_that_still_held_then() -> None:
    """Whatever the order in which they were noted."""
    with portal_of(WON | {"assigned_by_id": 7}) as store:
        handed_over(store, "2026-06-08T00:00", 4)
        handed_over(store, "2026-06-03T00:00", 3)
        assert managers(store) == (7, 3, [3, 4, 7])


def test_a_change_in_the_cache_leaves_the_win_with_the_earlier_one() -> None:
    """The sync that sees the new responsible keeps the former, by trigger; the next refresh knows both."""
    with portal_of(WON | {"assigned_by_id": 3}) as store:
        refresh(store, ZONE, "UAH")
        store.db.conn.execute("UPDATE deal SET assigned_by_id = 7, seen_at = ?", (at("2026-06-20T10:00"),))
        assert managers(store) == (3, 3, [3, 3, 3])


def test_an_open_deal_is_the_present_ones() -> None:
    """There is no event yet that could be another's."""
    with portal_of({"steps": [("2026-06-01T10:00", "NEW")], "assigned_by_id": 7}) as store:
        handed_over(store, "2026-06-09T10:00", 3)
        assert managers(store) == (7, 3, [3])
