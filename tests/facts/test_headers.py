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
    declared = tuple(name for name, _ in sorted((row for row in info if row[1]), key=lambda row: row[1]))
    assert fact.key == (fact.view_key if fact.is_view else declared)


@every_fact
def test_dimensions_and_flags_are_columns(store: Store, fact: Fact) -> None:
    """Each can be asked for; flags are 0 or 1."""
    present = columns(store, fact)
    assert {*fact.dimensions.values(), *fact.flags} <= present.keys()
    for flag in fact.flags:
        assert {row[0] for row in store.query(f"SELECT DISTINCT {flag} FROM {fact.table}")} <= {0, 1}


@every_fact
def test_the_grain_is_a_key(store: Store, fact: Fact) -> None:
    """A row of a fact is told by its key; there are rows in it at all."""
    key = ", ".join(fact.key)
    assert key
    assert fact.grain.startswith("one row per ")
    rows, different = store.query(
        f"SELECT COUNT(*), (SELECT COUNT(*) FROM (SELECT DISTINCT {key} FROM {fact.table})) FROM {fact.table}"
    )[0]
    assert rows == different > 0


OWNED = [fact for fact in load_facts().values() if fact.owner in OWNER_KEYS]


@pytest.mark.parametrize("fact", OWNED, ids=lambda fact: fact.name)
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
        assert fact.is_view or fact.fill.startswith(f"INSERT INTO {fact.table}\n")
        own = (*fact.indexes, *fact.indexes_after, *fact.indexes_on_demand)
        assert all(index.split(" ON ")[1].startswith(f"{fact.table} (") for index in own)
        assert not any(f" ON {fact.table} (" in index for index in fact.indexes_before)


VIEW_OF_SALES = """
-- fact: sale
-- grain: one row per sale
-- owner: none
-- key: deal_id
CREATE VIEW fact_sale (deal_id, money) AS SELECT deal_id, money FROM fact_deal;
"""


def test_a_view_tells_its_columns_and_its_key() -> None:
    """It has no rows of its own, so nothing else may stand in its file."""
    fact = parse_fact(VIEW_OF_SALES, "sale.sql")
    assert (fact.columns, fact.key, fact.fill) == (("deal_id", "money"), ("deal_id",), "")
    with pytest.raises(BadInput, match=r"sale\.sql"):
        parse_fact(f"{VIEW_OF_SALES}CREATE INDEX fact_sale_day ON fact_sale (day);", "sale.sql")


@pytest.mark.parametrize("line", GOOD.strip().splitlines())
def test_a_fact_without_one_of_its_lines_is_refused(line: str) -> None:
    """The message names the file."""
    assert parse_fact(GOOD, "sale.sql").owner == "deal"
    with pytest.raises(BadInput) as caught:
        parse_fact(GOOD.replace(line, ""), "sale.sql")
    assert "sale.sql" in str(caught.value)
