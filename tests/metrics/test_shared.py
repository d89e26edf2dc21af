"""Questions that are asked together get the answers that each would get alone."""

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from b24kpi.facts.figures import Figures
from b24kpi.facts.refresh import refresh
from b24kpi.metrics.catalogue import load
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Measure, Query
from b24kpi.metrics.period import Grain, periods
from tests.event_logs import AS_OF, REPORT_CURRENCY, TIME_ZONE, random_tables
from tests.facts.mutations import filled_store
from tests.facts.test_delta import facts

MONTHS = tuple(periods(date(2026, 1, 1), date(2026, 12, 1), Grain.MONTH))
SLICES = ((), ("manager",), ("source",), ("pipeline",), ("source", "manager"))
FIGURES = Figures(base_days=90)
WHERES = (
    *("", "outcome = 'won'", "created_day < from_day", "outcome = 'won' OR money > 5"),
    "closed_at <= now_at - 864000 AND created_day < from_day",
)
ADDS = ("money / 2.0", "money * 10000000", "money * 12345678.0", "money - 5", "NULLIF(money, 0)")


@pytest.fixture(scope="module")
def engine() -> Engine:
    store = filled_store(random_tables(11, 120))
    refresh(store, ZoneInfo(TIME_ZONE), REPORT_CURRENCY, FIGURES)
    return Engine(store, ZoneInfo(TIME_ZONE), AS_OF, figures=FIGURES)


def test_what_is_asked_together_is_what_is_asked_alone(engine: Engine) -> None:
    """Every KPI by every slicing in one call, its flags, intervals and further readings included."""
    queries = [
        Query(metric, MONTHS, by) for metric in load() for by in SLICES if {*by} <= {*metric.dimensions, *metric.fixed}
    ]
    together = engine.all_values(queries)
    for query, values in zip(queries, together, strict=True):
        assert values == engine.values(query), (query.metric.id, query.by)


@pytest.mark.parametrize("add", ADDS)
@pytest.mark.parametrize("where", WHERES)
def test_sums_of_any_kind_are_the_same_together(engine: Engine, add: str, where: str) -> None:
    """Halves, sums that no floating-point number holds, nothing to add; periods that lie in one another."""
    sales = next(metric for metric in load() if metric.id == "total_sales")
    measures = {"sales": Measure("deal", "closed_day", add=add, where=where)}
    metric = replace(sales, measures=measures, sample="")
    periods_asked = (*MONTHS, *periods(date(2026, 1, 1), date(2027, 1, 1), Grain.QUARTER))
    queries = [Query(metric, periods_asked, by) for by in SLICES]
    for query, values in zip(queries, engine.all_values(queries), strict=True):
        assert values == engine.values(query), query.by


def test_answers_come_in_the_order_of_the_questions(engine: Engine) -> None:
    """Whatever shares a pass: other periods and other filters lie between."""
    sales, leads = (next(metric for metric in load() if metric.id == name) for name in ("total_sales", "new_leads"))
    queries = [Query(sales, MONTHS), Query(leads, MONTHS[:2]), Query(sales, MONTHS, where={"source": "WEB"})]
    assert [(values[0].metric, len(values)) for values in engine.all_values(queries)] == [
        ("total_sales", 11),
        ("new_leads", 2),
        ("total_sales", 11),
    ]


def test_facts_made_in_small_shares_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many owners are taken at once."""
    made = []
    for share in (20_000, 7):
        monkeypatch.setattr("b24kpi.facts.everyone.SHARE", share)
        monkeypatch.setattr("b24kpi.facts.everyone.SHARES", {})
        with filled_store(random_tables(12, 40)) as store:
            refresh(store, ZoneInfo(TIME_ZONE), REPORT_CURRENCY)
            made.append(facts(store))
    assert made[0] == made[1]
    assert len(made[0]["deal"]) > 14
