"""An index by which hardly anyone asks is made when somebody does, and kept from then on."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24kpi.cache.lock import Turn, exclusive
from b24kpi.cache.store import Store
from b24kpi.errors import BadInput
from b24kpi.fact_keeper import FactKeeper
from b24kpi.facts.definition import load_facts, parse_fact
from b24kpi.facts.figures import Figures
from b24kpi.facts.on_demand import asked_for, late_indexes
from b24kpi.facts.refresh import refresh
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Query
from b24kpi.metrics.period import Grain, Period, latest
from b24kpi.metrics.presets import find_preset
from tests.as_of.places import past, synced
from tests.event_logs import AS_OF, REPORT_CURRENCY, ZONE
from tests.facts.mutations import work
from tests.facts.test_delta import FIGURES
from tests.facts.test_headers import GOOD
from tests.facts.test_on_demand import DEALS, asking, filled

MONTH = date(2026, 11, 15)
QUARTER = Period.parse("2026-Q2")
names = st.sets(st.sampled_from(sorted(late_indexes())), max_size=3)
READERS = {
    "time_in_stage": {"fact_stay_day"},
    "processed_requests": {"fact_response_processed"},
    "fcr": {"fact_response_answered"},
    "interaction_effectiveness": {"fact_response_answered"},
    "cross_sell_rate": {"fact_product_sale_day"},
}


def late(store: Store) -> set[str]:
    """The indexes on demand that are there."""
    return late_indexes().keys() & {name for (name,) in store.query("SELECT name FROM sqlite_master")}


def ask(engine: Engine, metric: str, by: tuple[str, ...] = ()) -> object:
    return replace(engine, _kept={}).values(Query(find(metric), (QUARTER,), by))


@pytest.fixture(params=["small", "big"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Store]:
    """A cache that nobody has asked yet; of a big one two connections read whatever they can."""
    with filled(3) as small:
        if request.param == "small":
            yield small
            return
        monkeypatch.setattr("b24kpi.cache.store.BIG", 0)
        monkeypatch.setattr("b24kpi.metrics.column_reader._WORTH_TWO", 0)
        with Store(tmp_path / "big.sqlite") as big:
            small.db.conn.backup(big.db.conn)
            yield big


def searched_by(store: Store, engine: Engine, metric: str) -> set[str]:
    """Words of the plans of all statements that a question comes to."""
    statements: list[str] = []
    store.db.conn.set_trace_callback(statements.append)
    ask(engine, metric)
    store.db.conn.set_trace_callback(None)
    selects = [statement for statement in statements if statement.startswith("SELECT") and "fact_" in statement]
    plans = [store.query(f"EXPLAIN QUERY PLAN {statement}") for statement in selects]
    return {word for plan in plans for step in plan for word in step[3].split()}


@pytest.mark.parametrize("metric", READERS)
def test_it_is_made_when_it_is_asked_for(store: Store, metric: str) -> None:
    """The first question makes it and no other, the next ones write nothing to the file; the planner takes it."""
    engine = asking(store)
    first = ask(engine, metric)
    made = late(store)
    assert made == READERS[metric]
    before = store.query("PRAGMA main.schema_version")
    assert ask(engine, metric) == first
    assert made <= searched_by(store, engine, metric)
    assert store.query("PRAGMA main.schema_version") == before
    assert store.query("SELECT COUNT(*) FROM main.sqlite_stat1 WHERE idx = ?", (*made,)) == [(1,)]


def test_an_answer_is_the_same_without_it(store: Store) -> None:
    """It only saves time."""
    engine = asking(store)
    plain = Engine(store, ZONE, AS_OF, figures=FIGURES)
    for metric in READERS:
        with_index = ask(engine, metric, ("manager",))
        for name in late(store):
            store.db.execute(f"DROP INDEX {name}")
        with store.unheard():
            assert ask(plain, metric, ("manager",)) == with_index, metric
        assert not late(store)


@pytest.mark.parametrize(
    "periods", [latest(0, MONTH, Grain.DAY), latest(1, MONTH, Grain.MONTH), latest(23, MONTH, Grain.MONTH)]
)
def test_the_default_tiles_need_none(store: Store, periods: list[Period]) -> None:
    """However long they look back and whatever they are sliced by."""
    engine = asking(store)
    slices: tuple[tuple[str, ...], ...] = ((), ("manager",), ("source",), ("pipeline",))
    metrics = [find(name) for name in find_preset("default").metrics]
    asked = [Query(each, tuple(periods), by) for by in slices for each in metrics if {*by} <= {*each.dimensions}]
    engine.all_values(asked)
    for query in asked:
        replace(engine, _kept={}).values(query)
    assert late(store) == set()
    assert engine.store.query("SELECT COUNT(*) FROM fact_stay") > [(0,)]


@settings(max_examples=8)
@given(st.integers(0, 2**32 - 1), names, names)
def test_it_follows_the_changes(seed: int, before: Collection[str], after: Collection[str]) -> None:
    """It leads to all rows, and to none that is gone; a refresh makes none that nobody has asked for."""
    with filled(seed) as store:
        for number, wanted in enumerate((before, after, ())):
            refresh(store, ZONE, REPORT_CURRENCY, FIGURES, wanted)
            work(store, f"{seed} {number}", DEALS)
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES, ())
        assert late(store) == {*before, *after}
        assert store.query("PRAGMA integrity_check") == [("ok",)]
        for index in (late_indexes()[name] for name in late(store)):
            rows = f"SELECT * FROM {index.fact.table} {{}} WHERE {index.column} > 0"
            by_index, through = rows.format(f"INDEXED BY {index.name}"), rows.format("NOT INDEXED")
            assert sorted(store.query(by_index), key=repr) == sorted(store.query(through), key=repr)


def test_it_goes_with_its_fact() -> None:
    """Facts made anew, of other figures, have none until somebody asks again."""
    with filled(3) as store:
        ask(asking(store), "time_in_stage")
        refresh(store, ZONE, "USD", FIGURES, ["stay"])
        assert late(store) == set()
        refresh(store, ZONE, "USD", FIGURES, ["fact_stay_day"])
        assert late(store) == {"fact_stay_day"}


def test_what_there_is_stays_as_it_is() -> None:
    """Former versions made them all at once; they are no reason to write."""
    with filled(3) as store:
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES)
        for index in late_indexes().values():
            store.db.execute(index.statement)
        changes = store.query("PRAGMA main.schema_version"), store.db.conn.total_changes
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES, late_indexes())
        assert (store.query("PRAGMA main.schema_version"), store.db.conn.total_changes) == changes


def test_an_earlier_moment_gets_its_own() -> None:
    """The cache that it is told from is only read."""
    with filled(3) as store:
        synced(store, AS_OF)
        with past(store, AS_OF) as copy:
            copy.query("SELECT * FROM fact_stay AS f WHERE f.entered_day >= 20260401")
            assert late(copy) == {"fact_stay_day"}
        assert late(store) == set()


@pytest.mark.parametrize("holder", ["sync", "push"])
def test_beside_another_run_a_question_does_without(tmp_path: Path, holder: str) -> None:
    """Nothing is waited for; once that run is over the index is made."""
    path = tmp_path / "cache.sqlite"
    with filled(3) as small, Store(path) as store:
        small.db.conn.backup(store.db.conn)
        synced(store, AS_OF)
        FactKeeper(store, Turn(path), lambda: (ZONE, REPORT_CURRENCY, Figures()))
        engine = Engine(store, ZONE, AS_OF)
        with exclusive(path, holder):
            found = ask(engine, "time_in_stage")
            assert late(store) == set()
        assert ask(engine, "time_in_stage") == found
        assert late(store) == {"fact_stay_day"}


@pytest.mark.parametrize(
    ("statement", "is_asked"),
    [
        ("SELECT * FROM fact_stay AS f WHERE f.entered_day >= 20260101", True),
        ("SELECT * FROM period AS p JOIN fact_stay AS s ON s.entered_day > p.from_day", True),
        ("SELECT * FROM fact_stay WHERE entered_day BETWEEN 20260101 AND 20260131", True),
        ("SELECT * FROM fact_stay WHERE fact_stay.entered_day >= 20260101", True),
        ("SELECT MAX(entered_day) FROM fact_stay", True),
        ("SELECT * FROM fact_stay AS f NOT INDEXED WHERE +f.entered_day >= 20260101", False),
        ("SELECT * FROM fact_stay AS f WHERE f.entered_day < 20260101", False),
        ("SELECT f.entered_day FROM fact_stay AS f WHERE f.deal_id = 1", False),
        ("SELECT * FROM fact_pipeline_visit AS f JOIN fact_stay AS s USING (deal_id) WHERE f.entered_day >= 1", False),
        ("SELECT * FROM fact_pipeline_visit AS f WHERE f.entered_day >= 20260101", False),
        ("SELECT MAX(entered_day) FROM fact_pipeline_visit", False),
    ],
)
def test_statements_that_ask_for_it(statement: str, is_asked: bool) -> None:
    """Those that look for what is from a day on, in that table."""
    assert ("fact_stay_day" in asked_for(statement)) is is_asked


def test_the_header_names_indexes_of_its_fact() -> None:
    """They are part of what its table depends on, as if they were made with it; another name is refused."""
    text = f"{GOOD}CREATE INDEX fact_sale_one ON fact_sale (a);\nCREATE INDEX fact_sale_two ON fact_sale (b);\n"
    fact = parse_fact(f"-- on demand: fact_sale_two\n{text}", "sale.sql")
    assert [*map(len, (fact.indexes_after, fact.indexes_on_demand))] == [1, 1]
    assert fact.text == parse_fact(text, "sale.sql").text
    with pytest.raises(BadInput, match=r"sale\.sql"):
        parse_fact(f"-- on demand: fact_sale_three\n{text}", "sale.sql")


def test_each_is_of_one_column_of_its_fact() -> None:
    """By which statements are told that ask for it; no fact has the name of an index."""
    for name, index in late_indexes().items():
        assert index.column in index.fact.columns, name
    assert load_facts().keys().isdisjoint(late_indexes())
