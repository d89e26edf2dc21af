"""Deals out of the arrays of their course: the same values as row by row."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from b24kpi.cache.journal import Journal
from b24kpi.facts.refresh import refresh
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Query, Value
from b24kpi.metrics.period import Grain, periods
from tests.event_logs import AS_OF, REPORT_CURRENCY, TIME_ZONE, random_tables
from tests.facts.mutations import filled_store

# Sums and amounts of days and flags, durations by the manager of the creation, single amounts of another year.
KPIS = ("total_sales", "won_deals", "win_rate", "aov", "sales_cycle", "lost_requests")
MONTHS = tuple(periods(date(2026, 1, 1), date(2026, 12, 1), Grain.MONTH))
SLICINGS = ((), ("manager",), ("source",), ("pipeline",), ("manager", "pipeline"))


@pytest.fixture(scope="module")
def engines() -> Iterator[tuple[Engine, Engine]]:
    """With the course of deals, and over the same facts without it."""
    with ExitStack() as stack:
        found = []
        for has_course in (True, False):
            store = stack.enter_context(filled_store(random_tables(11, 600)))
            refresh(store, ZoneInfo(TIME_ZONE), REPORT_CURRENCY)
            if not has_course:
                Journal(store).set_meta({"facts_made": Journal(store).meta("facts_made").replace("course ", "")})
            found.append(Engine(store, ZoneInfo(TIME_ZONE), AS_OF))
        yield found[0], found[1]


def answers(
    engine: Engine, where: Mapping[str, str], slicings: tuple[tuple[str, ...], ...] = SLICINGS
) -> tuple[list[list[Value]], list[str]]:
    """Of the KPIs by each slicing that they have, and the statements that tell of deals row by row."""
    seen: list[str] = []
    engine.store.db.conn.set_trace_callback(seen.append)
    queries = [
        Query(metric, MONTHS, by, where)
        for metric in map(find, KPIS)
        for by in slicings
        if {*by, *where} <= {*metric.dimensions}
    ]
    values = engine.all_values(queries)
    engine.store.db.conn.set_trace_callback(None)
    return values, [each for each in seen if "GROUP_CONCAT" in each and "fact_deal AS f" in each]


@pytest.mark.parametrize("where", [{}, {"pipeline": "0"}, {"source": ""}, {"manager": "7"}], ids=str)
def test_values_are_the_same_with_and_without_arrays(engines: tuple[Engine, Engine], where: Mapping[str, str]) -> None:
    """Whatever they are sliced by and narrowed to; clocks change twice in these months."""
    with_course, without = (answers(engine, where)[0] for engine in engines)
    assert with_course == without


def test_arrays_are_read_instead_of_rows(engines: tuple[Engine, Engine]) -> None:
    """All that the default KPIs want of deals; without the course everything is read row by row."""
    with_course, without = (answers(engine, {})[1] for engine in engines)
    assert without
    assert not with_course


@pytest.mark.parametrize("by", ["currency", "department"])
def test_what_arrays_do_not_hold_is_read_row_by_row(engines: tuple[Engine, Engine], by: str) -> None:
    """With the same values."""
    (found, statements), (expected, _) = (answers(engine, {}, ((), (by,))) for engine in engines)
    assert statements
    assert found == expected
