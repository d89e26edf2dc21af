"""Rows that point at deleted or merged ones follow at once, although nothing says that they changed."""

from typing import Any

import pytest

from b24kpi.portal.entities import ENTITIES
from tests.deletions.followed import Followed

OWNER_TYPES = {"lead": 1, "deal": 2, "contact": 3, "company": 4}


@pytest.fixture
def customers(place: Followed) -> dict[str, list[int]]:
    """Two of each kind, each pair with a deal and an activity of its own; all of it read."""
    state = place.state
    made: dict[str, list[int]] = {
        table: [state.add(table, {}) for _ in range(2)] for table in ("lead", "contact", "company")
    }
    links = zip(made["lead"], made["contact"], made["company"], strict=True)
    names = ("LEAD_ID", "CONTACT_ID", "COMPANY_ID")
    made["deal"] = [state.add("deal", dict(zip(names, link, strict=True))) for link in links]
    for table, owner_type in OWNER_TYPES.items():
        for owner in made[table]:
            state.add("activity", {"OWNER_ID": owner, "OWNER_TYPE_ID": owner_type})
    place.sync()
    place.clock.sleep(86_400)
    return made


def rows(place: Followed, table: str, columns: str) -> list[tuple[Any, ...]]:
    return place.store.query(f"SELECT {columns} FROM {table} WHERE deleted_at IS NULL ORDER BY id")


@pytest.mark.parametrize("table", ["contact", "company", "lead"])
def test_deals_of_merged_rows_belong_to_the_target(
    place: Followed, customers: dict[str, list[int]], table: str
) -> None:
    """The seed is marked, its deal and its activity are rebound."""
    target, seed = customers[table]
    place.state.merge(table, target, [seed])
    place.sync(compare=True)
    assert place.ids(table, deleted=True) == {seed}
    assert rows(place, "deal", f"{table}_id") == [(target,), (target,)]
    assert owners(place) == {(row["OWNER_TYPE_ID"], row["OWNER_ID"]) for row in place.state.rows("activity")}


def owners(place: Followed) -> set[tuple[int, int]]:
    return set(rows(place, "activity", "owner_type_id, owner_id"))


def test_activities_of_merged_deals_belong_to_the_target(place: Followed, customers: dict[str, list[int]]) -> None:
    """So do those of deals."""
    target, seed = customers["deal"]
    place.state.merge("deal", target, [seed])
    place.sync(compare=True)
    assert place.ids("deal", deleted=True) == {seed}
    assert owners(place) == {(row["OWNER_TYPE_ID"], row["OWNER_ID"]) for row in place.state.rows("activity")}


def test_deals_lose_a_deleted_customer(place: Followed, customers: dict[str, list[int]]) -> None:
    """As the portal does."""
    place.state.delete("company", customers["company"][1])
    place.sync(compare=True)
    assert [row[0] or 0 for row in rows(place, "deal", "company_id")] == [customers["company"][0], 0]


# --- what was once made of a lead


def test_a_deal_keeps_the_lead_that_was_deleted(place: Followed, customers: dict[str, list[int]]) -> None:
    """The portal forgets it; where a deal came from stays known, also when it is read again."""
    place.state.delete_many("lead", customers["lead"])
    for _ in range(2):
        place.sync(full=True)
    assert rows(place, "deal", "lead_id") == [(lead,) for lead in customers["lead"]]


def test_a_kept_lead_is_no_change(place: Followed, customers: dict[str, list[int]]) -> None:
    """Reading the row again writes nothing."""
    place.state.delete_many("lead", customers["lead"])
    place.sync(full=True)
    assert place.sync(full=True).changed == 0


def test_another_lead_takes_the_place_of_the_first(place: Followed, customers: dict[str, list[int]]) -> None:
    """Somebody mended the link."""
    first, second = customers["lead"]
    place.state.update("deal", customers["deal"][0], {"LEAD_ID": second})
    place.sync()
    assert rows(place, "deal", "lead_id") == [(second,), (second,)]
    assert first != second


def test_a_restored_deal_lives_under_its_new_id(place: Followed, customers: dict[str, list[int]]) -> None:
    """Its dates are old, its id is new; the old one is marked."""
    old = customers["deal"][0]
    place.state.delete("deal", old)
    new = place.state.restore("deal", old)
    place.sync(*ENTITIES, compare=True)
    assert (old in place.ids("deal", deleted=True), new in place.ids("deal", deleted=False)) == (True, True)
