"""Big questions by two processes: the values of one, of one state of the file, whatever becomes of the second."""

import logging
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path
from threading import Event
from types import MappingProxyType
from typing import Any

import pytest
from sqlite_utils.utils import sqlite3

from b24kpi.cache.one_state import held, released
from b24kpi.cache.plans import replace_plans
from b24kpi.cache.store import Store
from b24kpi.errors import BadInput
from b24kpi.facts.definition import load_facts
from b24kpi.facts.figures import Figures
from b24kpi.facts.functions import as_number
from b24kpi.facts.refresh import made_facts, make_when_named, refresh
from b24kpi.metrics import analyses
from b24kpi.metrics.answering import Task, answered
from b24kpi.metrics.by_two import values_by_two
from b24kpi.metrics.catalogue import parse, standard
from b24kpi.metrics.dimensions import FieldDimension
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Query, Value
from b24kpi.metrics.period import Grain, periods
from b24kpi.metrics.presets import find_preset
from b24kpi.plan_file import Plan
from tests.event_logs import AS_OF, REPORT_CURRENCY, ZONE, random_tables
from tests.facts.mutations import filled_store
from tests.metrics.test_own import LARGE

REGION = FieldDimension("region", "deal", "UF_CRM_REGION")
CATALOGUE = standard().with_own(parse(LARGE, "own.toml")).sliced_by([REGION])
FIGURES = Figures(base_days=90, stuck_days=7)
MONTHS = tuple(periods(date(2026, 9, 1), date(2026, 12, 1), Grain.MONTH))
SLICES = ((), ("manager",), ("source",), ("pipeline",), ("region",))
WHERES: tuple[dict[str, str], ...] = ({}, {"pipeline": "0"}, {"region": "north"})
SALES, LEADS, STUCK, FORECAST, ATTAINED = (
    Query(CATALOGUE.find(name), MONTHS)
    for name in ("total_sales", "new_leads", "stuck_deals", "sales_forecast", "plan_attainment")
)
BOTH = (STUCK, SALES, FORECAST, LEADS)

Started = list["subprocess.Popen[bytes]"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with facts, plans and a user field."""
    path = tmp_path_factory.mktemp("two") / "cache.sqlite"
    with filled_store(random_tables(11, 100)) as store:
        store.db.execute("ALTER TABLE deal ADD COLUMN uf_crm_region TEXT")
        store.db.execute("UPDATE deal SET uf_crm_region = CASE id % 3 WHEN 0 THEN 'north' WHEN 1 THEN 'south' END")
        plans = (("company", "", 500_000), ("user", "7", 90_000), ("category", "0", 200_000))
        replace_plans(
            store,
            (
                Plan("total_sales", as_number(month.start), as_number(month.end), *plan)
                for month, plan in product(MONTHS, plans)
            ),
        )
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES)
        store.db.execute("VACUUM INTO ?", (str(path),))
    return path


@pytest.fixture
def engine(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Over a cache that counts as a big one."""
    monkeypatch.setattr("b24kpi.metrics.by_two.ENOUGH", 0)
    path = tmp_path / "cache #1.sqlite"
    path.write_bytes(made.read_bytes())
    with Store(path) as store:
        yield Engine(store, ZONE, AS_OF, {"deal": "complete"}, FIGURES, CATALOGUE, flags=("reconstructed",))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """The processes that are started."""
    found: Started = []

    def start(*arguments: Any, **options: Any) -> "subprocess.Popen[bytes]":
        found.append(subprocess.Popen(*arguments, **options))
        return found[-1]

    monkeypatch.setattr("b24kpi.cache.interpreter.Popen", start)
    return found


def by_one(engine: Engine, queries: Sequence[Query] = BOTH) -> list[list[Value]]:
    """As this process finds them, from what the file holds now."""
    with held(engine.store):
        return replace(engine, _kept={}).all_values(queries)


def with_work(engine: Engine, work: Callable[[], object], queries: Sequence[Query] = BOTH) -> list[list[Value]] | None:
    """The values where something happens once the second process is at work."""
    todo = [work]

    def answered(mine: Sequence[Query]) -> list[list[Value]]:
        if todo:
            todo.pop()()
        return replace(engine, _kept={}).all_values(mine)

    return values_by_two(engine, queries, answered)


def change(path: Path) -> None:
    """Another program leaves nothing of deals and leads."""
    with closing(sqlite3.connect(path)) as other:
        for fact in (*analyses.COURSES, "deal", "lead"):
            other.execute(f"DELETE FROM fact_{fact}")
        other.commit()


def test_analyses_of_courses_are_analyses() -> None:
    """And need the fact whose making they wait for."""
    assert analyses.names() >= analyses.OF_COURSES
    assert load_facts().keys() >= {*analyses.COURSES}


def test_two_processes_find_what_one_finds(engine: Engine, started: Started) -> None:
    """The default preset and a KPI of the user's own, by every slicing, narrowed and not, in the order asked for."""
    queries = [
        Query(metric, MONTHS, by, where)
        for where in WHERES
        for by in SLICES
        for metric in map(CATALOGUE.find, (*find_preset("default").metrics, "large_deals"))
        if {*by, *where} <= {*metric.dimensions}
    ]
    together = engine.all_values(queries)
    assert together == by_one(engine, queries)
    assert {value.metric for values in together for value in values} == {query.metric.id for query in queries}
    assert all("reconstructed" in value.flags for values in together for value in values)
    assert [process.returncode is not None for process in started] == [True]
    assert not engine.store.db.conn.in_transaction


@pytest.mark.parametrize("queries", [[STUCK, FORECAST], [SALES, LEADS], [ATTAINED]], ids=["models", "rest", "one"])
def test_what_one_side_alone_can_answer_starts_nothing(engine: Engine, started: Started, queries: list[Query]) -> None:
    """Models alone, or none."""
    assert engine.all_values(queries) == by_one(engine, queries)
    assert not started


def test_a_small_cache_starts_nothing(engine: Engine, started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does a short question to a larger one."""
    size = engine.store.path.stat().st_size
    monkeypatch.setattr("b24kpi.metrics.by_two.ENOUGH", size * (20 + 2 * len(MONTHS)) + 1)
    engine.all_values(BOTH)
    assert not started
    engine.all_values((*BOTH, replace(SALES, by=("manager",))))
    assert len(started) == 1


def test_what_no_other_process_can_see_is_answered_by_one(engine: Engine, started: Started) -> None:
    """Within a transaction, in memory, of an earlier moment, on one processor."""
    with engine.store.transaction():
        engine.store.db.execute("UPDATE fact_deal SET money = 0")
        assert {value.value for value in engine.all_values(BOTH)[1]} == {0}
    replace(engine, is_past=True).all_values(BOTH)
    with filled_store(random_tables(3, 10)) as store:
        refresh(store, ZONE, REPORT_CURRENCY)
        Engine(store, ZONE, AS_OF).all_values(BOTH)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("b24kpi.metrics.by_two._processors", lambda: 1)
        engine.all_values(BOTH)
    assert not started


def test_questions_at_the_same_time_share_one_second_process(engine: Engine, started: Started) -> None:
    """Another thread of a server answers by itself."""

    expected = by_one(engine)

    def ask() -> None:
        with Store(engine.store.path) as store:
            assert replace(engine, store=store, _kept={}).all_values(BOTH) == expected

    assert with_work(engine, ask) is not None
    assert len(started) == 1


def test_a_question_that_is_refused_starts_nothing(engine: Engine, started: Started) -> None:
    """Before anything is read."""
    with pytest.raises(BadInput, match="product"):
        engine.all_values([*BOTH, replace(STUCK, by=("product",))])
    assert not started


def test_no_number_is_lost_with_the_second_process(
    engine: Engine, started: Started, caplog: pytest.LogCaptureFixture
) -> None:
    """Killed while it works: this one answers for it, and says so in the log."""
    expected = by_one(engine)

    def kill() -> None:
        started[0].kill()
        started[0].wait()

    assert with_work(engine, kill) == expected
    assert [(record.levelno, "it ended with" in record.message) for record in caplog.records] == [
        (logging.WARNING, True)
    ]


@pytest.mark.parametrize("python", ["/nowhere/python", "false"])
def test_a_process_that_does_not_start_is_done_without(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, python: str
) -> None:
    """No such program, or one that ends at once."""
    monkeypatch.setattr(sys, "executable", python)
    assert engine.all_values(BOTH) == by_one(engine)
    assert len(caplog.records) == 1


def test_what_fails_there_fails_here_as_itself(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """The error is that of one process, and nothing stays open."""
    engine.store.db.execute("ALTER TABLE fact_lead RENAME TO former_lead")
    with pytest.raises(sqlite3.OperationalError, match="no such table: fact_lead"):
        engine.all_values([LEADS, STUCK])
    assert ["no such table: fact_lead" in record.message for record in caplog.records] == [True]
    assert not engine.store.db.conn.in_transaction


def test_what_fails_here_ends_both(engine: Engine, started: Started, caplog: pytest.LogCaptureFixture) -> None:
    """At once: nobody waits for the second process, or hears of it."""
    engine.store.db.execute("ALTER TABLE plan RENAME TO former_plan")
    with pytest.raises(sqlite3.OperationalError, match="no such table: plan"):
        engine.all_values([SALES, ATTAINED])
    assert [process.returncode for process in started] == [-signal.SIGKILL]
    assert not caplog.records
    assert not engine.store.db.conn.in_transaction


def test_both_see_one_state(engine: Engine, started: Started) -> None:
    """What another program writes while they work is in none of the values, and in all of the next question's."""
    before = by_one(engine)
    assert with_work(engine, lambda: change(engine.store.path)) == before
    after = by_one(engine)
    assert replace(engine, _kept={}).all_values(BOTH) == after
    assert all(new != old for new, old in zip(after, before, strict=True))
    assert len(started) == 2


def test_nobody_answers_from_a_later_state(
    engine: Engine, started: Started, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody writes before the second process sees anything: what it finds is of no use."""
    before, begin = by_one(engine), subprocess.Popen

    def start(*arguments: Any, **options: Any) -> "subprocess.Popen[bytes]":
        change(engine.store.path)
        started.append(begin(*arguments, **options))
        return started[-1]

    monkeypatch.setattr("b24kpi.cache.interpreter.Popen", start)
    assert engine.all_values(BOTH) == before
    assert all(new != old for new, old in zip(by_one(engine), before, strict=True))
    assert len(started) == 1
    assert not caplog.records


def test_nobody_knows_of_what_is_written_while_they_begin(engine: Engine, started: Started) -> None:
    """Before this process sees anything either: it answers all, by what it sees."""
    before = by_one(engine)

    def write(statement: str) -> None:
        if statement == "BEGIN":
            engine.store.db.conn.set_trace_callback(None)
            change(engine.store.path)

    engine.store.db.conn.set_trace_callback(write)
    found = engine.all_values(BOTH)
    assert found == by_one(engine)
    assert all(new != old for new, old in zip(found, before, strict=True))
    assert len(started) == 1


def test_nobody_answers_from_a_state_that_was_let_go(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is where a fact is made for the models: somebody writes before it is, once the second process has begun."""
    has_begun = Event()

    def is_unwritten() -> bool:
        has_begun.set()
        return True

    def write() -> None:
        assert has_begun.wait(60)
        with released(engine.store):
            change(engine.store.path)

    monkeypatch.setattr("b24kpi.metrics.by_two.unwritten", lambda _: nullcontext(is_unwritten))
    assert with_work(engine, write) == by_one(engine)


def test_facts_are_made_by_who_asks(engine: Engine, started: Started, caplog: pytest.LogCaptureFixture) -> None:
    """Those of courses before the second process begins; what only the rest needs, and what it lacks itself, too."""
    store, by_product = engine.store, replace(ATTAINED, by=("product",))
    expected = by_one(engine, (*BOTH, by_product))
    asked: list[Collection[str]] = []

    def make(facts: Collection[str]) -> None:
        asked.append(facts)
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES, facts)

    for name in ("facts_fingerprint", "facts_made"):
        store.db.execute("DELETE FROM meta WHERE key = ?", (name,))
    make(())
    make_when_named(store, make)
    assert replace(engine, _kept={}).all_values((*BOTH, by_product)) == expected
    assert asked[1] == {*analyses.COURSES}
    assert {"lead", "course", "product_sale"} <= made_facts(store)
    assert len(started) == 1
    assert not caplog.records
    assert not store.db.conn.in_transaction


def test_indexes_on_demand_are_made_by_who_asks(engine: Engine, started: Started) -> None:
    """Once the second process, which may not write, has answered without them."""
    queries = (STUCK, Query(CATALOGUE.find("processed_requests"), MONTHS))
    expected = by_one(engine, queries)
    asked: list[Collection[str]] = []

    def make(names: Collection[str]) -> None:
        asked.append(names)
        refresh(engine.store, ZONE, REPORT_CURRENCY, FIGURES, names)

    make_when_named(engine.store, make)
    for _ in range(2):
        assert replace(engine, _kept={}).all_values(queries) == expected
    assert asked == [{"fact_response_processed"}]
    assert len(started) == 2


@pytest.mark.parametrize(("days", "is_mapped"), [(100, True), (101, False)])
def test_only_for_a_short_question_the_file_is_mapped(engine: Engine, days: int, is_mapped: bool) -> None:
    """Of a long one the pages would count as memory."""
    asked = tuple(periods(date(2026, 1, 1), date(2026, 12, 1), Grain.DAY))[:days]
    given = engine.zone, engine.as_of, engine.coverage, engine.figures, engine.catalogue, engine.flags
    with Store(engine.store.path) as store:
        values = answered(store, Task((replace(SALES, periods=asked),), *given)).values
        assert bool(store.query("PRAGMA mmap_size")[0][0]) is is_mapped
    assert values == by_one(engine, [replace(SALES, periods=asked)])


def test_what_cannot_be_told_to_another_process_is_answered_by_one(
    engine: Engine, started: Started, caplog: pytest.LogCaptureFixture
) -> None:
    """Coverage that lives in this process only."""
    own = replace(engine, coverage=MappingProxyType({"deal": "complete"}), _kept={})
    assert own.all_values(BOTH) == by_one(own)
    assert not started
    assert len(caplog.records) == 1
