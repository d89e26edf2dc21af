"""How rows of facts come into arrays: whole, once, and by an index where few are wanted."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from b24kpi.facts.definition import load_facts
from b24kpi.facts.refresh import refresh
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Query
from b24kpi.metrics.period import Grain, Period, periods
from tests.event_logs import AS_OF, REPORT_CURRENCY, TIME_ZONE, random_tables
from tests.facts.mutations import filled_store

KPIS = (
    *("total_sales", "won_deals", "new_leads", "lead_to_customer_rate", "win_rate", "aov", "sales_cycle"),
    *("crr_strict", "repeat_purchase_share"),
)
MONTHS = tuple(periods(date(2026, 1, 1), date(2026, 12, 1), Grain.MONTH))
# What JSON has to escape, what would part one value from the next, what looks like another type, and nothing.
ODD = ("a,b", 'say "yes"', "back\\slash", "line\nfeed", "unit\x1fseparator", "Реклама", "null", "1", "1.0", None)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """Over facts, all but the course of deals, which would tell of these without reading them row by row."""
    with filled_store(random_tables(11, 120)) as store:
        refresh(store, ZoneInfo(TIME_ZONE), REPORT_CURRENCY, wanted={*load_facts()} - {"course"})
        yield Engine(store, ZoneInfo(TIME_ZONE), AS_OF)


@pytest.fixture
def changing(engine: Engine) -> Iterator[Engine]:
    """The same, with facts that may be changed."""
    engine.store.db.conn.execute("BEGIN")
    yield engine
    engine.store.db.conn.execute("ROLLBACK")


def nine(asked: tuple[Period, ...]) -> list[Query]:
    """The default KPIs by each slicing that they have."""
    slicings: tuple[tuple[str, ...], ...] = ((), ("manager",), ("source",), ("pipeline",))
    metrics = map(find, KPIS)
    return [Query(metric, asked, by) for metric in metrics for by in slicings if {*by} <= {*metric.dimensions}]


def traced(engine: Engine, queries: list[Query]) -> list[str]:
    """What SQLite is asked for answers."""
    seen: list[str] = []
    engine.store.db.conn.set_trace_callback(seen.append)
    engine.all_values(queries)
    engine.store.db.conn.set_trace_callback(None)
    return seen


def statements(engine: Engine, asked: tuple[Period, ...]) -> list[str]:
    """For rows of facts as columns."""
    return [statement for statement in traced(engine, nine(asked)) if "GROUP_CONCAT" in statement]


def plan(engine: Engine, statement: str) -> list[str]:
    return [step[3] for step in engine.store.query(f"EXPLAIN QUERY PLAN {statement}")]


@pytest.mark.parametrize("asked", [MONTHS, MONTHS[-1:]], ids=["year", "month"])
def test_a_fact_is_read_once_for_all_that_looks_at_it(engine: Engine, asked: tuple[Period, ...]) -> None:
    """Sums, medians and single amounts together; only leads of young cohorts are read again."""
    read = Counter(statement.split(" FROM ")[1].split()[0] for statement in statements(engine, asked))
    once = ("deal", "purchase", "customer_span", "customer_return")
    assert read == {"fact_lead": 2, **{load_facts()[name].table: 1 for name in once}}


def test_one_month_is_found_by_indexes(engine: Engine) -> None:
    """Of days, or of the order in which customers leave the base."""
    for statement in statements(engine, MONTHS[-1:]):
        assert not [step for step in plan(engine, statement) if step.startswith("SCAN")], statement


@pytest.mark.parametrize(
    ("metric", "index"),
    [
        ("total_sales", "INDEX fact_deal_closed (closed_day>? AND closed_day<?)"),
        ("revenue_per_customer", "INDEX fact_purchase_day (won_day>? AND won_day<?)"),
        ("crr_strict", "PRIMARY KEY (left_day>?)"),
    ],
)
def test_one_month_of_one_sum_goes_by_an_index_too(engine: Engine, metric: str, index: str) -> None:
    """Where SQLite sums by itself; an index that it makes for one question takes a second of a million deals."""
    seen = [
        step
        for each in traced(engine, [Query(find(metric), MONTHS[-1:])])
        if "fact_" in each
        for step in plan(engine, each)
    ]
    assert [step for step in seen if index in step]
    assert not [step for step in seen if "AUTOMATIC" in step]


def test_a_year_is_read_in_the_order_of_the_table(engine: Engine) -> None:
    """An index would lead to all of its rows one by one."""
    assert [each for each in statements(engine, MONTHS) if "fact_deal AS f NOT INDEXED" in each]


@pytest.mark.parametrize("at_once", [7, 100_000])
def test_shares_of_a_table_make_no_difference(engine: Engine, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    """Nor where some hold no row at all."""
    expected = engine.all_values(nine(MONTHS))
    monkeypatch.setattr("b24kpi.metrics.column_reader.AT_ONCE", at_once)
    assert engine.all_values(nine(MONTHS)) == expected


def test_values_of_dimensions_come_as_they_are(changing: Engine) -> None:
    """Whatever people write into a source."""
    for place, source in enumerate(ODD):
        changing.store.db.conn.execute(
            "UPDATE fact_deal SET source_id = ? WHERE deal_id % ? = ?", (source, len(ODD), place)
        )
    sliced = Query(find("won_deals"), MONTHS, ("source",))
    together = changing.all_values([sliced, Query(find("won_deals"), MONTHS)])[0]
    alone = changing.values(sliced)
    assert together == alone
    assert {value.by["source"] for value in together} == {source or "" for source in ODD}


def test_whole_numbers_of_dimensions_come_as_they_are(changing: Engine) -> None:
    """However far they lie apart, and where there is none."""
    numbers = (None, 0, -5, 7, 2**40)
    for place, manager in enumerate(numbers):
        changing.store.db.conn.execute(
            "UPDATE fact_deal SET manager_id = ? WHERE deal_id % ? = ?", (manager, len(numbers), place)
        )
    sliced = Query(find("won_deals"), MONTHS, ("manager",))
    together = changing.all_values([sliced, Query(find("won_deals"), MONTHS)])[0]
    assert together == changing.values(sliced)
    assert {value.by["manager"] for value in together} == {"", "0", "-5", "7", str(2**40)}


def test_many_marks_make_no_difference(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one number does not hold them all."""
    expected = engine.all_values(nine(MONTHS))
    for module in ("column_plan", "column_reader"):
        monkeypatch.setattr(f"b24kpi.metrics.{module}.MARKS_A_NUMBER", 2)
    assert engine.all_values(nine(MONTHS)) == expected


def test_inquiries_are_read_once_for_all_slicings(engine: Engine) -> None:
    """Analyses and medians together; what lost requests are worth is read once for all of them too."""
    slicings: tuple[tuple[str, ...], ...] = ((), ("manager",), ("source",), ("channel",))
    asked = [
        Query(find(name), MONTHS, by) for name in ("response_time", "lost_requests", "wait_time") for by in slicings
    ]
    read = Counter(each.split(" FROM ")[1].split()[0] for each in traced(engine, asked) if "GROUP_CONCAT" in each)
    assert read == {"fact_response": 1, "fact_deal": 1, "fact_lead": 1}


def test_a_year_of_a_table_without_row_ids_is_read_in_its_order_too(engine: Engine) -> None:
    """SQLite takes an index of days there although it is told not to."""
    asked = [Query(find("funnel_conversion"), MONTHS, by) for by in ((), ("manager",))]
    read = [each for each in traced(engine, asked) if "FROM fact_pipeline_visit AS f NOT INDEXED" in each]
    assert "WITHOUT ROWID" in load_facts()["pipeline_visit"].create
    assert read
    assert all(step.startswith("SCAN") for each in read for step in plan(engine, each))


def test_a_filter_is_each_part_s_own(changing: Engine) -> None:
    """A deal created by one manager and closed by another belongs to the cycle of the first, to sales of the other."""
    store = changing.store
    store.db.conn.execute("UPDATE fact_deal SET created_manager_id = manager_id + 1 WHERE deal_id % 2")
    own = {
        "sales_cycle": "created_day BETWEEN 20260101 AND 20261130 AND created_manager_id = 2",
        "aov": "closed_day BETWEEN 20260101 AND 20261130 AND manager_id = 2 AND outcome = 'won' AND money > 0",
    }
    queries = [Query(find(name), MONTHS, by, {"manager": "2"}) for name in own for by in ((), ("source",))]
    found = [sum(value.n for value in values) for values in changing.all_values(queries)]
    counts = [store.query(f"SELECT COUNT(*) FROM fact_deal WHERE {rows}")[0][0] for rows in own.values()]
    assert found == [counts[0], counts[0], counts[1], counts[1]]
    assert len(set(counts)) == 2


def test_of_no_rows_there_is_nothing(engine: Engine) -> None:
    """Years before the first deal have their zeros and no combinations."""
    long_ago = tuple(periods(date(2001, 1, 1), date(2003, 1, 1), Grain.YEAR))
    found = engine.all_values(nine(long_ago))
    whole = [values for query, values in zip(nine(long_ago), found, strict=True) if not query.by]
    assert [len(values) for values in whole] == [2] * len(KPIS)
    assert sum(map(len, found)) == 2 * len(KPIS)
