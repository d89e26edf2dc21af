"""Facts that follow the changes are the facts that would be made from nothing."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24kpi.cache.store import Store
from b24kpi.facts.definition import load_facts
from b24kpi.facts.figures import Figures
from b24kpi.facts.mapped_figures import MappedFigures
from b24kpi.facts.refresh import refresh
from tests.event_logs import REPORT_CURRENCY, ZONE, random_tables
from tests.event_ratings import FIELDS, with_answers
from tests.facts.mutations import filled_store, work

DEALS = 12
TOUCHES = {"form": "WEBFORM", "chat": "CALL", "chat:2": "WEB"}
FIGURES = Figures(mapped=MappedFigures(0, ("CALL", "C5:WORK"), ("MEET", "BILL", "C5:WORK"), **FIELDS, touches=TOUCHES))
Contents = dict[str, list[tuple[object, ...]]]
seeds = st.integers(0, 2**32 - 1)


def facts(store: Store) -> Contents:
    """All rows of all fact tables; of equal meaning if equal."""
    return {name: sorted(store.query(f"SELECT * FROM {fact.table}"), key=repr) for name, fact in load_facts().items()}


def rebuilt(store: Store, zone: ZoneInfo = ZONE, currency: str = REPORT_CURRENCY) -> Contents:
    """The facts of a copy of the cache that has never had any."""
    with Store(":memory:") as copy:
        store.db.conn.backup(copy.db.conn)
        copy.db.conn.execute("DELETE FROM meta")
        refresh(copy, zone, currency, FIGURES)
        return facts(copy)


@settings(max_examples=12)
@given(seeds, st.integers(1, 4), st.sampled_from([REPORT_CURRENCY, "USD"]))
def test_following_the_changes_equals_starting_over(seed: int, rounds: int, currency: str) -> None:
    """Row for row in every fact, however often, whatever has changed: rows, links, rates, costs."""
    with filled_store(with_answers(random_tables(seed, DEALS), seed)) as store:
        refresh(store, ZONE, currency, FIGURES)
        for number in range(rounds):
            work(store, f"{seed} {number}", DEALS)
            refresh(store, ZONE, currency, FIGURES)
            assert facts(store) == rebuilt(store, currency=currency)


@settings(max_examples=6)
@given(seeds, st.sampled_from(["id = 900 - id", "sort = 100 - sort", "deleted_at = NULL", "semantics = 'F'"]))
def test_stages_that_change_change_the_facts(seed: int, change: str) -> None:
    """Order, meaning and removal of stages decide about deals that nobody has touched."""
    with filled_store(with_answers(random_tables(seed, DEALS), seed)) as store:
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES)
        store.db.conn.execute(f"UPDATE status SET {change}")
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES)
        assert facts(store) == rebuilt(store)


@pytest.mark.parametrize(("zone", "currency"), [("America/New_York", "UAH"), ("Europe/Kyiv", "USD")])
def test_another_zone_or_currency_makes_other_facts(zone: str, currency: str) -> None:
    """Days and money are settled when facts are made."""
    with filled_store(with_answers(random_tables(5, DEALS), 5)) as store:
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES)
        before = facts(store)
        refresh(store, ZoneInfo(zone), currency, FIGURES)
        assert facts(store) == rebuilt(store, ZoneInfo(zone), currency) != before


def test_only_what_changed_is_written() -> None:
    """Not even the stays of a deal whose amount changed, nor rows of other deals; without a change nothing is."""
    with filled_store(with_answers(random_tables(6, 30), 6)) as store:
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES)
        store.db.execute("CREATE TEMP TABLE written (fact TEXT, deal_id INTEGER)")
        for fact in ("fact_stay", "fact_deal"):
            store.db.execute(
                f"CREATE TEMP TRIGGER note_{fact} AFTER INSERT ON {fact} "
                f"BEGIN INSERT INTO written VALUES ('{fact}', new.deal_id); END"
            )
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES)
        assert store.query("SELECT * FROM written") == []
        store.db.conn.execute("UPDATE deal SET opportunity = 1 WHERE id = 3")
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES)
        assert store.query("SELECT * FROM written") == [("fact_deal", 3)]


def test_a_failed_refresh_leaves_the_facts_as_they_were() -> None:
    """Facts change in one transaction; what was touched stays so for the next time."""
    with filled_store(with_answers(random_tables(7, DEALS), 7)) as store:
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES)
        before = facts(store)
        store.db.conn.execute("UPDATE deal SET closedate = 'soon', moved_time = NULL, stage_id = 'WON'")
        with pytest.raises(Exception, match="user-defined function"):
            refresh(store, ZONE, REPORT_CURRENCY, FIGURES)
        assert facts(store) == before
        store.db.conn.execute("UPDATE deal SET closedate = '2026-05-01'")
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES)
        assert facts(store) == rebuilt(store) != before
