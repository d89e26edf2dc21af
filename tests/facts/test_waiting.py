"""Indexes wait while facts are made, but none that a fact searches by."""

from collections.abc import Iterator

import pytest

from b24kpi.cache import schema
from b24kpi.cache.store import Store
from b24kpi.facts.definition import Fact, load_facts
from b24kpi.facts.mapped_figures import MappedFigures
from b24kpi.facts.mapped_rows import mapped_rows
from b24kpi.facts.owners import create_tables
from b24kpi.facts.refresh import refresh
from b24kpi.facts.waiting import WaitingIndexes, words
from tests.event_logs import REPORT_CURRENCY, ZONE, random_tables
from tests.facts.mutations import filled_store

MADE = [fact for fact in load_facts().values() if not fact.is_view]
ROWS = [*schema.indexing(words(load_facts().values()))]
NAMES = {statement.partition(" ON ")[0].split()[-1]: statement for statement in ROWS}
NAMES |= {
    each.partition(" ON ")[0].split()[-1]: each for fact in MADE for each in (*fact.indexes, *fact.indexes_before)
}


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with filled_store(random_tables(3, 60)) as filled:
        refresh(filled, ZONE, REPORT_CURRENCY)
        create_tables(filled.db.conn)
        with mapped_rows(filled, MappedFigures()):
            yield filled


def searched(store: Store, fact: Fact) -> set[str]:
    """Statements of the indexes by which its own search."""
    for table in fact.scratch:
        store.db.execute(table)
    steps = [
        step[3] for statement in (*fact.steps, fact.fill) for step in store.query(f"EXPLAIN QUERY PLAN {statement}")
    ]
    for table in fact.scratch:
        store.db.execute(f"DROP TABLE {table.split()[3]}")
    return {NAMES[word] for word in " ".join(steps).split() if word in NAMES}


@pytest.mark.parametrize("fact", MADE, ids=lambda fact: fact.name)
def test_what_a_fact_searches_by_is_made_before(store: Store, fact: Fact) -> None:
    """Over the portal's rows and over other facts, whether it names the table or a view does."""
    waiting = WaitingIndexes(ROWS, MADE)
    for each in MADE:
        if each != fact:
            waiting.come(each)
    assert searched(store, fact) <= {*waiting.before(fact)}


def test_others_wait() -> None:
    """For a stay, which reads no links, those of links; what is made waits no longer, those of a fact come with it."""
    stay = load_facts()["stay"]
    waiting = WaitingIndexes(ROWS, [stay])
    before = [*waiting.before(stay)]
    assert [statement.split()[5] for statement in before] == ["stage_step_course"]
    for statement in (*before, *ROWS):
        waiting.made(statement)
    assert (waiting.before(stay), waiting.longest) == ([], [])
    waiting.come(stay)
    assert [*waiting.longest] == [*stay.indexes, *stay.indexes_after][:1]
