"""A fact's header is its contract: what it promises is in its table."""

import pytest

from b24kpi.cache.store import Store
from b24kpi.errors import BadInput
from b24kpi.facts.definition import OWNER_KEYS, Fact, load_facts, parse_fact
from b24kpi.facts.figures import Figures
from b24kpi.facts.mapped_figures import MappedFigures
from b24kpi.facts.refresh import refresh
from tests.event_logs import REPORT_CURRENCY, ZONE, random_tables
from tests.event_ratings import FIELDS, with_answers
from tests.facts.mutations import filled_store

every_fact = pytest.mark.parametrize("fact", load_facts().values(), ids=lambda fact: fact.name)
GOOD = """
-- fact: sale
-- grain: one row per sale
-- owner: deal
CREATE TABLE fact_sale (deal_id INTEGER PRIMARY KEY) STRICT;
INSERT INTO fact_sale SELECT id FROM owner;
"""


@pytest.fixture(scope="module")
def store() -> Store:
    filled = filled_store(with_answers(random_tables(1, 60), 1))
    mapped = MappedFigures(0, ("CALL",), ("MEET", "BILL"), **FIELDS)
    # So few days that some customers leave and come back.
    refresh(filled, ZONE, REPORT_CURRENCY, Figures(base_days=30, mapped=mapped))
    return filled


def columns(store: Store, fact: Fact) -> dict[str, tuple[str, int]]:
    """Name → (type, place in the primary key or 0)."""
    return {row["name"]: (row["type"], row["pk"]) for row in store.dicts(f"PRAGMA table_info({fact.table})")}


@every_fact
def test_columns_and_key_are_those_of_its_table(store: Store, fact: Fact) -> None:
    """What definitions of KPIs are checked by, without a database."""
    info = store.query(f"SELECT name, pk FROM pragma_table_info('{fact.table}')")
    assert fact.columns == tuple(name for name, _ in info)
    assert fact.key == tuple(name for name, _ in sorted((row for row in info if row[1]), key=lambda row: row[1]))


@every_fact
def test_dimensions_and_flags_are_columns(store: Store, fact: Fact) -> None:
    """Each can be asked for; flags are 0 or 1."""
    present = columns(store, fact)
    assert {*fact.dimensions.values(), *fact.flags} <= present.keys()
    for flag in fact.flags:
        assert {row[0] for row in store.query(f"SELECT DISTINCT {flag} FROM {fact.table}")} <= {0, 1}


@every_fact
def test_the_grain_is_a_key(store: Store, fact: Fact) -> None:
    """A row of a fact is told by its primary key; there are rows in it at all."""
    key = ", ".join(name for name, (_, place) in columns(store, fact).items() if place)
    assert key
    assert fact.grain.startswith("one row per ")
    rows, different = store.query(
        f"SELECT COUNT(*), (SELECT COUNT(*) FROM (SELECT DISTINCT {key} FROM {fact.table})) FROM {fact.table}"
    )[0]
    assert rows == different > 0


@pytest.mark.parametrize("fact", [f for f in load_facts().values() if f.owner != "all"], ids=lambda fact: fact.name)
def test_rows_are_found_by_their_owner(store: Store, fact: Fact) -> None:
    """By an index, else a refresh of one deal would read the whole table."""
    column = OWNER_KEYS[fact.owner]
    plan = store.query(f"EXPLAIN QUERY PLAN DELETE FROM {fact.table} WHERE {column} = 1")
    assert any("SEARCH" in str(row) for row in plan)


@every_fact
def test_days_are_local_days_of_their_moments(store: Store, fact: Fact) -> None:
    """Each `…_day` that has a moment beside it is empty where that is empty."""
    present = columns(store, fact)
    for name in present:
        moment = name.removesuffix("_day") + "_at"
        if name.endswith("_day") and moment in present:
            assert store.query(f"SELECT COUNT(*) FROM {fact.table} WHERE ({name} IS NULL) <> ({moment} IS NULL)") == [
                (0,)
            ]


def test_a_fact_comes_after_those_it_needs() -> None:
    """So that filling them in order reads nothing stale."""
    names = list(load_facts())
    for fact in load_facts().values():
        assert all(names.index(needed) < names.index(fact.name) for needed in fact.needs)
        assert fact.fill.startswith(f"INSERT INTO {fact.table}\n")
        assert all(index.split(" ON ")[1].startswith(fact.table) for index in fact.indexes)


@pytest.mark.parametrize("line", GOOD.strip().splitlines())
def test_a_fact_without_one_of_its_lines_is_refused(line: str) -> None:
    """The message names the file."""
    assert parse_fact(GOOD, "sale.sql").owner == "deal"
    with pytest.raises(BadInput) as caught:
        parse_fact(GOOD.replace(line, ""), "sale.sql")
    assert "sale.sql" in str(caught.value)
