"""A change costs what it touches: a refresh reads no table of the portal's rows, or of facts, through."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from b24kpi.cache.store import Store
from b24kpi.facts.definition import OWNER_KEYS, Fact, load_facts
from b24kpi.facts.mapped_figures import MappedFigures
from b24kpi.facts.mapped_rows import mapped_rows
from b24kpi.facts.on_demand import late_indexes
from b24kpi.facts.owners import TOUCHED, create_tables, note, own
from b24kpi.facts.refilling import changes, made_beside
from b24kpi.facts.refresh import refresh
from tests.event_logs import REPORT_CURRENCY, TIME_ZONE, random_tables
from tests.facts.mutations import filled_store

# As long as a list of settings or people, however many deals there are.
SHORT = {"fact_stage", "fact_point", "status", "user", "cost", "plan", "touched"}
# Ratings are made whole: of calls only those with a vote are read, by an index of their own.
BY_VOTES = {"rating": {"fact_call"}}
MADE = [fact for fact in load_facts().values() if not fact.is_view]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with filled_store(random_tables(3, 60)) as filled:
        refresh(filled, ZoneInfo(TIME_ZONE), REPORT_CURRENCY, wanted=[*load_facts(), *late_indexes()])
        create_tables(filled.db.conn)
        with mapped_rows(filled, MappedFigures()):
            yield filled


def read_through(store: Store, statement: str) -> set[str]:
    """Tables that SQLite's program for the statement goes through from an end, by themselves or by an index."""
    tables = dict(store.query("SELECT rootpage, tbl_name FROM sqlite_master WHERE rootpage > 0"))
    steps = store.query(f"EXPLAIN {statement}")
    opened = {step[2]: tables.get(step[3]) for step in steps if step[1] in ("OpenRead", "OpenWrite") and step[4] == 0}
    through = {opened.get(step[2]) for step in steps if step[1] in ("Rewind", "Last")}
    return {table for table in through if table is not None} - SHORT


@pytest.mark.parametrize("ending", ["", " WHERE money > 5", " AS f JOIN deal AS d ON d.opportunity = f.money"])
def test_reading_through_is_seen(store: Store, ending: str) -> None:
    """Else the other tests would say nothing."""
    assert "fact_deal" in read_through(store, f"SELECT * FROM fact_deal{ending}")
    assert not read_through(store, "SELECT * FROM fact_deal WHERE deal_id = 5")


@pytest.mark.parametrize("fact", MADE, ids=lambda fact: fact.name)
def test_a_fact_is_made_again_by_its_owners(store: Store, fact: Fact) -> None:
    """What its statements read is found by an index, and so are the rows that they take the place of."""
    tables = [*fact.scratch, made_beside(fact)]
    for table in tables:
        store.db.execute(table)
    for statement in (*fact.steps, fact.fill, *(changes(fact) if fact.owner in OWNER_KEYS else ())):
        assert read_through(store, statement) <= BY_VOTES.get(fact.name, set()), statement
    for table in tables:
        store.db.execute(f"DROP TABLE temp.{table.split()[3]}")


def test_facts_do_without_the_indexes_that_are_made_later(store: Store) -> None:
    """While they are made from nothing, these are not there yet."""
    later = {index.split()[2] for fact in MADE for index in (*fact.indexes_after, *fact.indexes_on_demand)}
    used: dict[str, set[str]] = {}
    for fact in MADE:
        for table in fact.scratch:
            store.db.execute(table)
        for statement in (*fact.steps, fact.fill):
            plan = " ".join(step[3] for step in store.query(f"EXPLAIN QUERY PLAN {statement}"))
            used.setdefault(fact.name, set()).update({*plan.split()} & later)
        for table in fact.scratch:
            store.db.execute(f"DROP TABLE {table.split()[3]}")
    assert {name: indexes for name, indexes in used.items() if indexes} == {}
    assert {"fact_deal_closed", "fact_touch_day", "fact_stay_day"} <= later


def test_what_is_touched_is_found_by_what_has_changed(store: Store) -> None:
    """Deals, leads, activities and parties, all from the few rows that have changed."""
    statements: list[str] = []
    store.db.conn.set_trace_callback(statements.append)
    for after in ("", *load_facts()):
        note(store, load_facts().keys(), after)
    for fact in MADE:
        if fact.owner in OWNER_KEYS:
            own(store.db.conn, fact, TOUCHED[fact.owner])
    store.db.conn.set_trace_callback(None)
    inserts = [statement for statement in statements if "INSERT" in statement]
    assert len(inserts) > len(TOUCHED)
    for statement in inserts:
        assert read_through(store, statement) == set(), statement
