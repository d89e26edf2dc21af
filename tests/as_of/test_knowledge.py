"""Which sync answers for a moment, and what it knew."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from b24kpi.cache.as_of import earlier_knowledge, knowledge_at, last_second, present_knowledge
from b24kpi.cache.journal import Journal, StreamState
from b24kpi.cache.store import Store
from b24kpi.portal.entities import DEAL, ENTITIES, STATUS, USER
from tests.as_of.places import synced, then
from tests.facts.rows import at, portal_of
from tests.sql_engine import insert

KYIV = ZoneInfo("Europe/Kyiv")
FIRST, SECOND, THIRD = at("2026-12-02"), at("2026-12-09"), at("2026-12-16")


@pytest.fixture
def store() -> Iterator[Store]:
    """A deal in work, and a manager of department 10."""
    with portal_of({"steps": [("2026-06-01", "NEW")], "seen_at": FIRST}) as filled:
        filled.upsert(USER, [{"ID": 1, "NAME": "Олена", "UF_DEPARTMENT": [10]}], seen_at=FIRST)
        synced(filled, FIRST)
        yield filled


def answering(store: Store, moment: int) -> tuple[int, bool]:
    """The sync that answers, and whether its rows are cut."""
    known = knowledge_at(store, moment)
    assert known is not None
    return known.as_of, known.cut is not None


def test_the_last_sync_by_then_answers(store: Store) -> None:
    """At its very moment and until the next one."""
    synced(store, SECOND)
    asked = (FIRST, FIRST + 1, SECOND - 1, SECOND, THIRD)
    assert [answering(store, moment) for moment in asked] == [
        (FIRST, False), (FIRST, False), (FIRST, False), (SECOND, False), (SECOND, False),
    ]  # fmt: skip


def test_before_the_first_sync_its_rows_are_cut(store: Store) -> None:
    """At the moment that was asked for."""
    synced(store, SECOND)
    known = knowledge_at(store, FIRST - 1)
    assert known is not None
    assert (known.as_of, known.cut, known.moment) == (FIRST, FIRST - 1, FIRST - 1)


def test_the_first_sync_that_read_everything_tells_of_the_time_before(store: Store) -> None:
    """One that could not read the stage history would know nothing of it for ever."""
    with portal_of() as partial:
        synced(partial, FIRST, deal_step="incomplete")
        synced(partial, SECOND)
        known = knowledge_at(partial, FIRST - 1)
    assert known is not None
    assert (known.as_of, known.coverage["deal_step"]) == (SECOND, "complete")


def test_what_could_not_be_read_then_is_said(store: Store) -> None:
    """Coverage is that of then."""
    Journal(store).save(StreamState("deal", "no_permission", complete_until=FIRST))
    synced(store, SECOND, deal="no_permission")
    Journal(store).save(StreamState("deal", "complete", complete_until=THIRD))
    synced(store, THIRD)
    known = knowledge_at(store, SECOND)
    assert known is not None
    assert known.coverage["deal"] == "no_permission"


def test_today_needs_no_looking_back(store: Store) -> None:
    """The cache itself answers for its last moment and for the time to come."""
    assert earlier_knowledge(store, FIRST) is None
    assert earlier_knowledge(store, FIRST + 10**9) is None
    assert earlier_knowledge(store, FIRST - 1) is not None


def test_an_empty_cache_knows_nothing(store: Store) -> None:
    """Neither now nor then."""
    with Store(":memory:") as empty:
        assert present_knowledge(empty) is None
        assert knowledge_at(empty, FIRST) is None


def test_a_cache_of_an_older_version_tells_of_its_last_sync(store: Store) -> None:
    """Its syncs were not noted."""
    store.db.execute("DELETE FROM knowledge")
    assert answering(store, FIRST) == (FIRST, False)
    assert answering(store, FIRST - 1) == (FIRST, True)


@pytest.mark.parametrize(
    ("asked", "second"),
    [
        (date(2026, 3, 29), "2026-03-29T23:59:59+03:00"),  # the clock was put forward in the morning
        (date(2026, 10, 25), "2026-10-25T23:59:59+02:00"),
        (datetime(2026, 6, 15, 18), "2026-06-15T18:00:00+03:00"),
        (datetime(2026, 6, 15, 18, tzinfo=UTC), "2026-06-15T21:00:00+03:00"),
        (datetime(2026, 6, 15, 18, tzinfo=timezone(timedelta(hours=5))), "2026-06-15T16:00:00+03:00"),
    ],
)
def test_a_day_means_its_end(asked: date, second: str) -> None:
    """A moment is itself, local unless it says otherwise."""
    assert last_second(asked, KYIV) == datetime.fromisoformat(second).timestamp()


# --- what was known


def test_values_are_those_that_had_been_seen(store: Store) -> None:
    """The amount was changed twice; each sync has its own."""
    rows = {"CURRENCY_ID": "UAH", "DATE_CREATE": "2026-06-01T00:00:00+03:00", "STAGE_ID": "NEW", "CATEGORY_ID": 0}
    for moment, amount in ((SECOND, "200.00"), (THIRD, "300.00")):
        store.upsert(DEAL, [{"ID": 1, **rows, "OPPORTUNITY": amount}], seen_at=moment)
        synced(store, moment)
    found = [then(store, moment, "SELECT money FROM fact_deal") for moment in (FIRST, SECOND, SECOND + 60, THIRD)]
    assert found == [[(100,)], [(20_000,)], [(20_000,)], [(30_000,)]]


def test_rows_that_came_later_were_not_known(store: Store) -> None:
    """However old they say they are: rights were given, or a deal came back from the bin under a new number."""
    row = {"ID": 2, "CATEGORY_ID": 0, "STAGE_ID": "NEW", "DATE_CREATE": "2026-01-01T00:00:00+02:00"}
    store.upsert(DEAL, [row], seen_at=SECOND)
    synced(store, SECOND)
    store.upsert(DEAL, [row | {"OPPORTUNITY": "5.00"}], seen_at=THIRD)
    synced(store, THIRD)
    counts = [then(store, moment, "SELECT COUNT(*) FROM fact_deal") for moment in (FIRST, SECOND, THIRD)]
    assert counts == [[(1,)], [(2,)], [(2,)]]


def test_what_was_deleted_later_was_there(store: Store) -> None:
    """Until the sync that missed it."""
    store.mark_deleted(DEAL, [1], seen_at=SECOND)
    synced(store, SECOND)
    counts = [then(store, moment, "SELECT COUNT(*) FROM fact_deal") for moment in (FIRST, SECOND - 1, SECOND)]
    assert counts == [[(1,)], [(1,)], [(0,)]]


def test_a_row_that_did_not_change_in_what_counts_was_known_all_along(store: Store) -> None:
    """Its last change was seen later, but of a column that no KPI reads."""
    row = {"ID": 1, "CATEGORY_ID": 0, "STAGE_ID": "NEW", "DATE_CREATE": "2026-06-01T00:00:00+03:00"}
    store.upsert(DEAL, [row | {"TYPE_ID": "SALE"}], seen_at=SECOND)
    synced(store, SECOND)
    assert then(store, FIRST, "SELECT deal_id FROM fact_deal") == [(1,)]


def test_stages_stood_in_the_order_of_then(store: Store) -> None:
    """Re-sorting applies from its date (kpi.md, G8)."""
    ranks = "SELECT stage_id FROM fact_stage WHERE category_id = 0 AND is_live = 1 AND rank IS NOT NULL ORDER BY rank"
    before = store.query(ranks)
    live = "SELECT * FROM status WHERE entity_id = 'DEAL_STAGE' AND deleted_at IS NULL ORDER BY sort LIMIT 1"
    first = store.dicts(live)[0]
    row = {name.upper(): value for name, value in first.items() if name not in ("seen_at", "deleted_at")}
    store.upsert(STATUS, [row | {"SORT": 10_000}], seen_at=SECOND)
    synced(store, SECOND)
    assert then(store, SECOND, ranks) == store.query(ranks) != before
    assert then(store, FIRST, ranks) == before


def test_a_manager_was_in_the_department_of_then(store: Store) -> None:
    """His deals counted there."""
    store.upsert(USER, [{"ID": 1, "NAME": "Олена", "UF_DEPARTMENT": [20]}], seen_at=SECOND)
    synced(store, SECOND)
    department = "SELECT department_id FROM user"
    assert [then(store, moment, department) for moment in (FIRST, SECOND)] == [[(10,)], [(20,)]]


def test_rates_of_later_days_were_not_known(store: Store) -> None:
    """Open deals are worth what the newest rate says."""
    store.db.execute("DELETE FROM knowledge")
    store.db.execute("UPDATE deal SET currency_id = 'USD'")
    for day, amount in ((20261202, 400_000), (20261209, 500_000)):
        for code, each in (("UAH", 10_000), ("USD", amount)):
            insert(store, "currency_rate", {"currency": code, "day": day, "amount": each, "amount_cnt": 1})
        synced(store, FIRST if day == 20261202 else SECOND)
    assert [then(store, moment, "SELECT money FROM fact_deal") for moment in (FIRST, SECOND)] == [[(4000,)], [(5000,)]]


def test_a_value_that_the_cache_put_right_itself_was_another_one_then(store: Store) -> None:
    """A stage's code was changed in all rows: no row was seen anew, but it was after the last sync."""
    store.db.execute("UPDATE deal SET stage_id = 'CALL'")
    synced(store, SECOND)
    stage = "SELECT stage_id FROM deal"
    assert [then(store, moment, stage) for moment in (FIRST, SECOND)] == [[("NEW",)], [("CALL",)]]


def test_columns_beyond_the_declarations_come_along(store: Store) -> None:
    """Such as those of user fields, with what they hold today."""
    store.db.execute("ALTER TABLE deal ADD COLUMN uf_crm_region TEXT")
    store.db.execute("UPDATE deal SET uf_crm_region = 'Львів'")
    synced(store, SECOND)
    assert then(store, FIRST, "SELECT uf_crm_region FROM deal") == [("Львів",)]


def test_costs_are_those_of_today(store: Store) -> None:
    """Of what people give, earlier versions are not kept."""
    synced(store, SECOND)
    insert(store, "cost", {"day": 20260910, "source": "", "campaign": "", "amount": 7, "currency": "UAH"})
    assert then(store, FIRST, "SELECT day FROM fact_cost") == [(20260910,)]


def test_the_source_is_only_read(store: Store) -> None:
    """Its facts, histories and bookkeeping are as before."""
    synced(store, SECOND)
    tables = [row[0] for row in store.query("SELECT name FROM sqlite_master WHERE type = 'table'")]
    before = {table: store.query(f"SELECT * FROM {table}") for table in tables}
    then(store, FIRST - 1, "SELECT 1")
    assert {table: store.query(f"SELECT * FROM {table}") for table in tables} == before
    assert len(ENTITIES) < len(tables)
