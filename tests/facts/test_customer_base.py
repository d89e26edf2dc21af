"""For how long a customer belongs to the base: from each purchase on for so many days, times that touch being one."""

from hypothesis import given, settings
from hypothesis import strategies as st

from b24kpi.cache.store import Store
from b24kpi.facts.figures import Figures
from b24kpi.facts.refresh import refresh
from tests.event_logs import REPORT_CURRENCY, ZONE, random_tables
from tests.event_ratings import with_answers
from tests.facts.mutations import filled_store, work
from tests.facts.rows import portal_of
from tests.facts.test_delta import DEALS, Contents, facts, seeds

BASE_DAYS = 30


def won(day: str, customer: int = 1) -> dict[str, object]:
    return {"company_id": customer, "steps": [(f"{day}T10:00", "WON")]}


def rebuilt(store: Store, base_days: int) -> Contents:
    """The facts of a copy of the cache that has never had any."""
    with Store(":memory:") as copy:
        store.db.conn.backup(copy.db.conn)
        copy.db.conn.execute("DELETE FROM meta")
        refresh(copy, ZONE, REPORT_CURRENCY, Figures(base_days=base_days))
        return facts(copy)


def spans(store: Store) -> list[tuple[int, int, int]]:
    return store.query("SELECT deal_id, joined_day, left_day FROM fact_customer_span ORDER BY joined_day")


def test_times_that_touch_are_one() -> None:
    """On the thirtieth day after the purchase before there is no evening without the customer; a day later there is."""
    with portal_of(won("2024-02-10"), won("2024-03-11"), won("2024-04-11")) as store:
        refresh(store, ZONE, "UAH", Figures(base_days=BASE_DAYS))
        assert spans(store) == [(1, 20240210, 20240410), (3, 20240411, 20240511)]


def test_a_customer_who_left_and_came_back_has_a_return() -> None:
    """One for each pair of times, each told by the deal that began the later."""
    with portal_of(won("2026-01-01"), won("2026-03-01"), won("2026-06-01"), won("2026-06-01", 2)) as store:
        refresh(store, ZONE, "UAH", Figures(base_days=BASE_DAYS))
        pairs = store.query("SELECT customer, deal_id, joined_day, back_day FROM fact_customer_return ORDER BY 2, 3")
    assert pairs == [
        ("company:1", 2, 20260101, 20260301),
        ("company:1", 3, 20260101, 20260601),
        ("company:1", 3, 20260301, 20260601),
    ]


def test_purchases_know_what_came_before_and_after() -> None:
    """Days since the one before are local days, the clock change between them or not."""
    with portal_of(won("2026-03-28"), won("2026-03-30"), won("2026-03-30")) as store:
        refresh(store, ZONE, "UAH")
        found = store.query("SELECT number, gap_days, next_at - won_at, acquired_day FROM fact_purchase ORDER BY 1")
    assert found == [(1, None, 2 * 86_400 - 3600, 20260328), (2, 2, 0, 20260328), (3, 0, None, 20260328)]


@settings(max_examples=8)
@given(seeds, st.integers(1, 3), st.sampled_from([30, 90]))
def test_following_the_changes_equals_starting_over(seed: int, rounds: int, base_days: int) -> None:
    """Also where customers are lost and come back."""
    with filled_store(with_answers(random_tables(seed, 3 * DEALS), seed)) as store:
        refresh(store, ZONE, REPORT_CURRENCY, Figures(base_days=base_days))
        for number in range(rounds):
            work(store, f"{seed} {number}", 3 * DEALS)
            refresh(store, ZONE, REPORT_CURRENCY, Figures(base_days=base_days))
            assert facts(store) == rebuilt(store, base_days)


def test_other_days_make_other_facts() -> None:
    """The setting is part of what the facts depend on."""
    with filled_store(random_tables(1, 60)) as store:
        refresh(store, ZONE, REPORT_CURRENCY, Figures(base_days=365))
        before = facts(store)
        refresh(store, ZONE, REPORT_CURRENCY, Figures(base_days=BASE_DAYS))
        assert facts(store) == rebuilt(store, BASE_DAYS) != before


def test_only_the_customers_of_touched_deals_are_computed_again() -> None:
    """The rows of the others are not even written anew."""
    with portal_of(won("2026-01-01"), won("2026-01-01", 2), won("2026-03-01")) as store:
        refresh(store, ZONE, "UAH", Figures(base_days=BASE_DAYS))
        before = places(store)
        store.db.conn.execute("UPDATE deal SET company_id = 3 WHERE id = 3")
        refresh(store, ZONE, "UAH", Figures(base_days=BASE_DAYS))
        assert {customer for _, customer in places(store) ^ before} == {"company:1", "company:3"}


def places(store: Store) -> set[tuple[int, str]]:
    """(row's place in the table, customer): a row that is written again gets another place."""
    return set(store.query("SELECT rowid, customer FROM fact_customer"))
