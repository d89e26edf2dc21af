"""What was sold: the money of each row, and what it cost to buy as far as that was known at the win."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24kpi.cache.store import Store
from b24kpi.facts.functions import row_amount, share_of
from b24kpi.facts.refresh import refresh
from tests.event_logs import REPORT_CURRENCY, ZONE, random_tables
from tests.facts.mutations import filled_store
from tests.facts.rows import at, portal_of
from tests.reference.goods import split
from tests.sql_engine import insert


def test_all_rows_together_are_the_won_deals() -> None:
    """Money by money, deal by deal."""
    with filled_store(random_tables(3, 150)) as store:
        refresh(store, ZONE, REPORT_CURRENCY)
        sold = store.query("SELECT deal_id, SUM(money) FROM fact_product_sale GROUP BY 1 ORDER BY 1")
        assert sold == store.query("SELECT deal_id, money FROM fact_deal WHERE outcome = 'won' ORDER BY 1") != []


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=5))
def test_a_split_loses_nothing(money: int, amounts: list[int]) -> None:
    """And all but the one who takes the rest have their share as the facts compute it."""
    parts, taker = split(money, amounts), amounts.index(max(amounts))
    assert sum(parts) == money
    for place, amount in enumerate(amounts):
        assert place == taker or parts[place] == share_of(money, amount, sum(amounts))


@given(st.integers(-(10**10), 10**10), st.integers(-(10**8), 10**8))
def test_a_row_is_price_times_quantity(price: int, quantity: int) -> None:
    """To half a hundredth, however large the figures."""
    assert abs(row_amount(price, quantity) * 1_000_000 - price * quantity) <= 500_000


WON = "2026-06-10T12:00"
# the present purchase price of a piece, earlier ones with the moment until which they held, what 0.1 pieces cost then
PRICES = [
    (100_000, [], 100),
    (100_000, [("2026-06-10T11:59", 60_000)], 100),
    (100_000, [("2026-06-10T12:00", 60_000)], 60),
    (100_000, [("2026-06-09", 30_000), ("2026-07-01", 60_000), ("2026-08-01", 90_000)], 60),
    (100_000, [("2026-07-01", 0), ("2026-08-01", 90_000)], 90),
]


@pytest.fixture
def store() -> Iterator[Store]:
    """A deal of 50, won, with a row of a tenth of product 1."""
    with portal_of({"steps": [("2026-06-01", "NEW"), (WON, "WON")], "opportunity": 5_000}) as filled:
        row = {"owner_type_id": 2, "id": 1, "owner_id": 1, "product_id": 1, "price": 50_000, "quantity": 1_000}
        insert(filled, "product_row", row)
        yield filled


@pytest.mark.parametrize(("present", "earlier", "bought"), PRICES)
def test_the_purchase_price_is_that_of_the_win(
    store: Store, present: int, earlier: list[tuple[str, int]], bought: int
) -> None:
    """The present one unless another held at the win; what held before plays no part, nor does a price of 0."""
    put_price(store, present, "UAH", earlier)
    assert sale(store) == [(5_000, 5_000, bought)]


def put_price(store: Store, price: int | None, currency: str | None, earlier: Sequence[tuple[str, int]] = ()) -> None:
    store.db.conn.execute(
        "INSERT INTO product (id, purchasing_price, purchasing_currency, seen_at) VALUES (1, ?, ?, 1)",
        (price, currency),
    )
    for until, then in earlier:
        store.db.conn.execute(
            "INSERT INTO product_history (id, valid_to, purchasing_price, purchasing_currency) VALUES (1, ?, ?, ?)",
            (at(until), then, currency),
        )


def sale(store: Store) -> list[tuple[int, int, int]]:
    refresh(store, ZONE, REPORT_CURRENCY)
    return store.query("SELECT money, covered_money, purchase_money FROM fact_product_sale")


@pytest.mark.parametrize(("price", "currency"), [(None, "UAH"), (0, "UAH"), (100_000, "XXX"), (100_000, None)])
def test_a_price_that_is_none_covers_nothing(store: Store, price: int | None, currency: str | None) -> None:
    """Not entered, 0, or in a currency without a rate."""
    put_price(store, price, currency)
    assert sale(store) == [(5_000, 0, 0)]


def test_a_new_price_changes_what_was_sold(store: Store) -> None:
    """The deals that name the product are computed again, though none of them was touched."""
    put_price(store, None, "UAH")
    assert sale(store) == [(5_000, 0, 0)]
    store.db.conn.execute("UPDATE product SET purchasing_price = 100000")
    assert sale(store) == [(5_000, 5_000, 100)]
