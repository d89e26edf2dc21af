"""Rows that the portal shows only for named owners: product rows of deals, and the products that they name."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24kpi.cache.owned import DAY, owners_due
from b24kpi.demo.standard_portal import install
from b24kpi.demo.state import PortalState
from tests.pipeline.cache_tables import deleted_ids, live_rows, query
from tests.pipeline.conftest import OpenPlace, company
from tests.pipeline.places import Place

DEALS = 60


def shop(state: PortalState) -> None:
    """Deals 1 to 60; deal 1 has 120 rows, each second one of the others one row; products 1 to 3 and variation 4."""
    install(state)
    for _ in range(DEALS):
        state.add("deal", {"TITLE": "deal"})
    rows = [{"ID": number, "OWNER_ID": 1, "PRODUCT_ID": 1 + number % 4, "PRICE": 1.25} for number in range(1, 121)]
    rows += [{"ID": 200 + owner, "OWNER_ID": owner, "QUANTITY": 1.5} for owner in range(2, DEALS + 1, 2)]
    rows += [{"ID": 900, "OWNER_ID": 1, "OWNER_TYPE": "L"}]
    state.insert("product_row", rows)
    state.insert("catalog", [{"ID": 23, "IBLOCK_ID": 23}, {"ID": 24, "IBLOCK_ID": 24, "PRODUCT_IBLOCK_ID": 23}])
    goods = [{"ID": number, "IBLOCK_ID": 24 if number == 4 else 23, "NAME": f"P{number}"} for number in (1, 2, 3, 4, 5)]
    state.insert("catalog_product", [row | {"PURCHASING_PRICE": 10.0, "PURCHASING_CURRENCY": "UAH"} for row in goods])


def rows_in(place: Place) -> set[int]:
    return {row[0] for row in query(place.cache, "SELECT id FROM product_row WHERE deleted_at IS NULL")}


def rows_of_deals(place: Place) -> set[int]:
    return {row["ID"] for row in place.state.rows("product_row") if row["OWNER_TYPE"] == "D"}


def sync(place: Place, **options: bool) -> None:
    with place.app() as app:
        result = app.sync(**options)
        assert result.complete, [(each.name, each.state, each.error) for each in result.streams]


def requests(place: Place) -> int:
    told = json.loads(place.run("sync", "--format", "json").stdout)
    return int(next(each["requests"] for each in told["streams"] if each["stream"] == "product_row"))


@pytest.fixture
def place(opened: OpenPlace) -> Place:
    return opened(shop)


def test_rows_of_all_deals_are_read(place: Place) -> None:
    """Also those of a deal with more rows than a page, and none of leads; quantities keep four decimals."""
    sync(place)
    assert rows_in(place) == rows_of_deals(place)
    assert query(place.cache, "SELECT price, quantity FROM product_row WHERE id IN (1, 202) ORDER BY id") == [
        (12_500, 10_000),
        (0, 15_000),
    ]


def test_products_and_variations_are_those_that_rows_name(place: Place) -> None:
    """With their purchase prices; product 5 was never sold."""
    sync(place)
    assert query(place.cache, "SELECT id, purchasing_price FROM product") == [(number, 100_000) for number in (1, 2, 3)]
    assert query(place.cache, "SELECT id, iblock_id, name FROM offer") == [(4, 24, "P4")]


def test_a_removed_row_vanishes(place: Place) -> None:
    """With the change of its deal."""
    sync(place)
    place.clock.sleep(60)
    place.state.execute("DELETE FROM product_row WHERE ID IN (5, 204)")
    place.state.update("deal", 1, {"OPPORTUNITY": 1})
    place.state.update("deal", 4, {"OPPORTUNITY": 1})
    sync(place)
    assert rows_in(place) == rows_of_deals(place)
    assert deleted_ids(place.cache, "product_row") == {5, 204}


def test_only_changed_deals_are_asked_about(place: Place) -> None:
    """A sync without a change asks for no product rows."""
    sync(place)
    asked = place.portal.stats.by_method["crm.item.productrow.list"]
    sync(place)
    assert place.portal.stats.by_method["crm.item.productrow.list"] == asked
    place.state.update("deal", 4, {"OPPORTUNITY": 5})
    sync(place)
    assert place.portal.stats.by_method["crm.item.productrow.list"] == asked + 1


def test_rows_of_a_deleted_deal_go_with_it(place: Place) -> None:
    """As soon as the deal is known to be gone: with the next sync."""
    sync(place)
    place.state.delete("deal", 4)
    sync(place, full=True)
    sync(place)
    assert rows_in(place) == rows_of_deals(place)


def test_a_silent_change_is_found_within_days(place: Place) -> None:
    """A row that changes without its deal, such as two prices that even out."""
    sync(place)
    place.state.execute("UPDATE product_row SET PRICE = 77 WHERE ID = 202")
    place.clock.sleep(6 * DAY)
    sync(place)
    assert query(place.cache, "SELECT price FROM product_row WHERE id = 202") == [(770_000,)]


def test_a_new_purchase_price_is_found_within_a_day(place: Place) -> None:
    """The old one is kept in the history."""
    sync(place)
    place.state.execute("UPDATE catalog_product SET PURCHASING_PRICE = 11 WHERE ID IN (1, 4)")
    place.clock.sleep(DAY)
    sync(place)
    assert query(place.cache, "SELECT id, purchasing_price FROM product WHERE id = 1") == [(1, 110_000)]
    assert query(place.cache, "SELECT id, purchasing_price FROM offer_history") == [(4, 100_000)]


@pytest.mark.parametrize("method", ["crm.item.productrow.list", "catalog.catalog.list", "catalog.product.list"])
def test_without_the_right_the_rest_is_complete(place: Place, method: str) -> None:
    """Exit 0: these streams are left out, and the coverage says why."""
    place.portal.denied[method] = "ACCESS_DENIED"
    result = place.run("sync", "--format", "json")
    states = {stream["stream"]: stream["state"] for stream in json.loads(result.stdout)["streams"]}
    assert result.exit_code == 0
    hidden = {name for name, state in states.items() if state == "no_permission"}
    assert (
        hidden
        == {
            "crm.item.productrow.list": {"product_row"},
            "catalog.catalog.list": {"catalog", "product", "offer"},
            "catalog.product.list": {"product"},
        }[method]
    )


def test_rights_that_come_later_bring_the_rows(place: Place) -> None:
    """Everybody is asked about who was not so far."""
    place.portal.denied["crm.item.productrow.list"] = "ACCESS_DENIED"
    sync(place)
    del place.portal.denied["crm.item.productrow.list"]
    sync(place)
    assert rows_in(place) == rows_of_deals(place)


def test_a_failing_page_is_asked_for_again(place: Place) -> None:
    """Twice a server error within the batch: nothing is lost."""
    place.portal.faults.add("command_error", "crm.item.productrow.list", times=2, code="INTERNAL_SERVER_ERROR")
    sync(place)
    assert rows_in(place) == rows_of_deals(place)


def test_what_stays_unread_is_read_by_the_next_run(place: Place) -> None:
    """A stream that goes on failing is incomplete; what came of it is kept, and marked as deleted is nothing."""
    place.portal.faults.add(
        "command_error", "crm.item.productrow.list", times=-1, after=1, code="INTERNAL_SERVER_ERROR"
    )
    with place.app() as app:
        assert not app.sync().complete
    assert rows_in(place) < rows_of_deals(place)
    place.portal.faults.clear()
    sync(place)
    assert rows_in(place) == rows_of_deals(place)
    assert deleted_ids(place.cache, "product_row") == set()


def test_a_first_sync_asks_seldom(opened: OpenPlace) -> None:
    """About a request for each thousand deals with their rows."""
    place = opened(company(1500))
    assert requests(place) <= 5
    assert live_rows(place.cache)["product"]
    assert rows_in(place) == rows_of_deals(place)


@given(count=st.integers(0, 10**7), seconds=st.floats(0, 10**8), days=st.integers(1, 30))
def test_never_more_than_a_days_share_is_due(count: int, seconds: float, days: int) -> None:
    """However long nothing has run; never more owners than there are."""
    assert 0 <= owners_due(count, seconds, days) <= -(-count // days)
