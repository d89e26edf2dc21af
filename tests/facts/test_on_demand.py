"""A fact is made when something asks for it, and kept fresh from then on; the others are not there."""

from collections.abc import Collection
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24kpi.cache.store import Store
from b24kpi.errors import CacheError
from b24kpi.facts import making
from b24kpi.facts.definition import Fact, load_facts, with_needs
from b24kpi.facts.refresh import made_facts, make_when_named, refresh
from b24kpi.metrics.catalogue import load
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Metric, Query
from b24kpi.metrics.parts import parts_of
from b24kpi.metrics.period import Period
from tests.event_logs import AS_OF, REPORT_CURRENCY, ZONE, random_tables
from tests.event_ratings import with_answers
from tests.facts.mutations import filled_store, work
from tests.facts.test_delta import FIGURES, rebuilt

DEALS = 12
QUARTER = Period.parse("2026-Q2")
names = st.sets(st.sampled_from(sorted(load_facts())), max_size=3)


def filled(seed: int) -> Store:
    return filled_store(with_answers(random_tables(seed, DEALS), seed))


def tables(store: Store) -> set[str]:
    """Facts of which the file has anything."""
    present = {row[0] for row in store.query("SELECT name FROM sqlite_master")}
    return {name for name, fact in load_facts().items() if fact.table in present}


def asking(store: Store) -> Engine:
    """An engine of which each statement brings the facts that it names."""

    def make(facts: Collection[str]) -> None:
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES, facts)

    make(())
    make_when_named(store, make)
    return Engine(store, ZONE, AS_OF, figures=FIGURES)


def test_nothing_is_made_before_it_is_asked_for() -> None:
    """Then what was asked for and what it is made of; another question adds to that."""
    with filled(1) as store:
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES, ())
        assert tables(store) == set()
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES, ["deal"])
        assert tables(store) == made_facts(store) == {"stage", "stay", "deal"}
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES, ["call"])
        assert tables(store) == made_facts(store) == {"stage", "stay", "deal", "call"}


def test_a_statement_finds_what_it_names() -> None:
    """Even a view over facts that are not there either; what is there is left alone."""
    with filled(1) as store:
        asking(store)
        assert store.query("SELECT COUNT(*) FROM fact_handling") > [(0,)]
        assert made_facts(store) == with_needs(["handling"])
        changes = store.db.conn.total_changes
        store.query("SELECT * FROM fact_handling JOIN fact_deal USING (deal_id)")
        assert store.db.conn.total_changes == changes


@settings(max_examples=12)
@given(st.integers(0, 2**32 - 1), names, names)
def test_what_was_made_follows_the_changes(seed: int, before: Collection[str], after: Collection[str]) -> None:
    """Whichever facts there are, and whichever are made amid the changes: row for row what starting over gives."""
    with filled(seed) as store:
        for number, wanted in enumerate((before, after, ())):
            refresh(store, ZONE, REPORT_CURRENCY, FIGURES, wanted)
            work(store, f"{seed} {number}", DEALS)
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES, ())
        made = with_needs({*before, *after})
        assert tables(store) == made_facts(store) == made
        expected = rebuilt(store)
        for name in made:
            assert sorted(store.query(f"SELECT * FROM fact_{name}"), key=repr) == expected[name], name


def indexes(store: Store) -> set[str]:
    return {row[0] for row in store.query("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")}


@pytest.mark.parametrize("is_open", [False, True])
def test_a_big_file_gets_its_indexes_from_beside(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_open: bool
) -> None:
    """By a connection that sorts in files, unless a transaction keeps others out; they and the rows are the same."""
    monkeypatch.setattr("b24kpi.cache.store.BIG", 0)
    with filled(1) as store, Store(tmp_path / "big.sqlite") as big:
        store.db.conn.backup(big.db.conn)
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES, ["first_contact"])
        with big.transaction() if is_open else nullcontext():
            refresh(big, ZONE, REPORT_CURRENCY, FIGURES, ["first_contact"])
        assert made_facts(big) == made_facts(store)
        assert indexes(big) == indexes(store)
        for name in made_facts(store):
            assert [*big.query(f"SELECT * FROM fact_{name}")] == [*store.query(f"SELECT * FROM fact_{name}")]


@pytest.fixture
def halved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every cache is big, and two owners are a share."""
    monkeypatch.setattr("b24kpi.cache.store.BIG", 0)
    monkeypatch.setattr("b24kpi.facts.everyone.SHARE", 2)


@pytest.mark.usefixtures("halved")
def test_two_connections_make_what_one_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row for row and in the same order, whichever half a row belongs to; nothing but the cache is left."""
    made_by_two: list[str] = []
    begin = making.ThreadPoolExecutor.submit

    def submit(pool: Any, task: Any, *arguments: Any) -> Any:
        made_by_two.extend(fact.name for fact in arguments[1])
        return begin(pool, task, *arguments)

    monkeypatch.setattr("b24kpi.facts.making.ThreadPoolExecutor.submit", submit)
    with filled(3) as store, Store(tmp_path / "big.sqlite") as big:
        store.db.conn.backup(big.db.conn)
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES)
        refresh(big, ZONE, REPORT_CURRENCY, FIGURES)
        assert {"stay", "deal", "lead", "touch", "response", "journey"} <= {*made_by_two}
        assert indexes(big) == indexes(store)
        for name in made_facts(store):
            order = sorted if load_facts()[name].is_view else list  # of a view it is as the indexes were made
            made, expected = (order(each.query(f"SELECT * FROM fact_{name}")) for each in (big, store))
            assert made == expected, name
        assert {path.name for path in tmp_path.iterdir()} <= {f"big.sqlite{end}" for end in ("", "-wal", "-shm")}


@pytest.mark.usefixtures("halved")
@pytest.mark.parametrize("order", ["id", "id DESC"])
def test_a_fault_in_either_half_is_told(tmp_path: Path, order: str) -> None:
    """The cache works on, and without the fault the fact is made."""
    with filled(1) as store, Store(tmp_path / "big.sqlite") as big:
        store.db.conn.backup(big.db.conn)
        before = big.query("SELECT * FROM deal")
        some = f"SELECT id FROM deal ORDER BY {order} LIMIT 5"
        big.db.execute(f"UPDATE deal SET closedate = 'soon', moved_time = NULL, stage_id = 'WON' WHERE id IN ({some})")
        with pytest.raises(Exception, match="user-defined function"):
            refresh(big, ZONE, REPORT_CURRENCY, FIGURES, ["deal"])
        assert "deal" not in made_facts(big)
        big.db.execute("DELETE FROM deal")
        big.db.conn.executemany(f"INSERT INTO deal VALUES ({', '.join('?' * len(before[0]))})", before)
        refresh(big, ZONE, REPORT_CURRENCY, FIGURES, ["deal"])
        assert sorted(big.query("SELECT * FROM fact_deal"), key=repr) == rebuilt(big)["deal"]


@pytest.mark.usefixtures("halved")
def test_a_helper_that_is_killed_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What there was stays, what was not finished is no answer, and the next run makes it."""
    begin = making.ThreadPoolExecutor.submit

    def submit(pool: Any, task: Any, *arguments: Any) -> Any:
        arguments[0].interrupt()
        return begin(pool, task, *arguments)

    with filled(1) as store, Store(tmp_path / "big.sqlite") as big:
        store.db.conn.backup(big.db.conn)
        refresh(big, ZONE, REPORT_CURRENCY, FIGURES, ["call"])
        monkeypatch.setattr("b24kpi.facts.making.ThreadPoolExecutor.submit", submit)
        with pytest.raises(CacheError, match=r"big\.sqlite is gone"):
            refresh(big, ZONE, REPORT_CURRENCY, FIGURES, ["deal"])
        assert made_facts(big) == {"call"}
        monkeypatch.setattr("b24kpi.facts.making.ThreadPoolExecutor.submit", begin)
        refresh(big, ZONE, REPORT_CURRENCY, FIGURES, ["deal"])
        assert sorted(big.query("SELECT * FROM fact_deal"), key=repr) == rebuilt(big)["deal"]


def test_facts_that_were_not_finished_are_made_anew() -> None:
    """What was left of them by a run that was cut off is no answer; what there was before stays."""
    with filled(1) as store:
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES, ["call"])
        store.db.conn.execute("UPDATE deal SET closedate = 'soon', moved_time = NULL, stage_id = 'WON'")
        with pytest.raises(Exception, match="user-defined function"):
            refresh(store, ZONE, REPORT_CURRENCY, FIGURES, ["deal"])
        assert (made_facts(store), "stay" in tables(store)) == ({"call"}, True)
        store.db.conn.execute("UPDATE deal SET closedate = '2026-05-01'")
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES, ["deal"])
        assert sorted(store.query("SELECT * FROM fact_stay"), key=repr) == rebuilt(store)["stay"]


def test_other_figures_take_away_what_was_made() -> None:
    """Else a fact of other days or money would be taken for one of these."""
    with filled(1) as store:
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES, ["purchase"])
        refresh(store, ZONE, "USD", FIGURES, ["call"])
        assert tables(store) == made_facts(store) == {"call"}


def answers(engine: Engine, metric: Metric) -> list[object]:
    """Its values, whole and by its last dimension, which is the least common."""
    return [engine.values(Query(metric, (QUARTER,), by)) for by in ((), metric.dimensions[-1:])]


def unlike() -> list[Metric]:
    """One KPI of each analysis and of each choice of facts."""
    kinds = {(each.analysis, frozenset(part.fact for part in parts_of(each).values())): each for each in load()}
    return list(kinds.values())


def test_every_kpi_finds_its_facts() -> None:
    """It answers as where all facts are there, whole and sliced; what it does not read is not made for it."""
    with filled(5) as store, Store(":memory:") as bare:
        store.db.conn.backup(bare.db.conn)
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES)
        whole = Engine(store, ZONE, AS_OF, figures=FIGURES)
        made: set[frozenset[str]] = set()
        for metric in unlike():
            bare.db.conn.execute("DELETE FROM meta")
            assert answers(asking(bare), metric) == answers(whole, metric), metric.id
            made.add(made_facts(bare))
    assert all(each < load_facts().keys() for each in made)
    assert with_needs(["deal"]) in {each - {"point", "employee"} for each in made}


@pytest.mark.parametrize("fact", load_facts().values(), ids=lambda fact: fact.name)
def test_a_fact_needs_all_that_it_reads(fact: Fact) -> None:
    """So that what is made with it is enough."""
    text = fact.text.replace(fact.table, "")
    read = {name for name in load_facts() if f" fact_{name} " in text}
    assert read <= with_needs([fact.name])
