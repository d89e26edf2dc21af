"""What the portal holds is what the report says: every number against the slow reference over the portal's rows."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from b24kpi.app import App, Ask
from b24kpi.demo.company_plans import plan_rows, write_plans
from b24kpi.metrics.catalogue import load
from b24kpi.metrics.model import Metric
from b24kpi.metrics.period import Grain
from b24kpi.report.model import Entry
from tests.pipeline.conftest import company
from tests.pipeline.mapped import MAPPED, SERVICE
from tests.pipeline.places import NOW, Place, opened_place
from tests.pipeline.portal_tables import plan_tables, portal_tables
from tests.reference.engine import Reference
from tests.sql_engine import comparable
from tests.test_engine_against_reference import compare

START, END = date(2026, 3, 1), date(2026, 12, 1)
BEFORE = date(2026, 2, 1)  # what occurs in the month before has its rows, too, for the sake of comparison
BASE_DAYS = 60  # so that within the company's life customers are lost and come back
CRM = {"go_live": date(2026, 2, 10), "investment": Fraction(1_000_000), "subscription": Fraction(50_000)}
FIELDS = {"nps_field": "deal.UF_CRM_NPS", "offer_field": "company.UF_CRM_OFFER", "offer_days": 40}
FIELDS |= {"hold_out_field": "company.UF_CRM_NO_OFFERS"}
SCHEME = [
    {
        "from": date(2026, 2, 1),
        "weights": {"total_sales": 3, "win_rate": 1},
        "targets": {"total_sales": 40_000, "win_rate": 0.45},
    }
]
MOTIVATION = """
[[version]]
from = 2026-02-01
weights = { total_sales = 3, win_rate = 1 }
targets = { total_sales = 40000, win_rate = 0.45 }
"""
FURTHER = f"""
[customers]
base_days = {BASE_DAYS}
[crm]
go_live = 2026-02-10
investment = 10000
subscription = 500.00
{SERVICE}[ratings]
nps_field = "deal.UF_CRM_NPS"
[offers]
date_field = "company.UF_CRM_OFFER"
hold_out_field = "company.UF_CRM_NO_OFFERS"
days = 40
[motivation]
scheme = "motivation.toml"
"""
SLICES = ((), ("manager",), ("source",), ("pipeline",))
# What takes plans, two years of sales, or a hundred customers who came back.
BEYOND = {"plan_realism", "seasonality_check", "ltv_predictive"}
# A simulation has no plain reference.
METRICS = [metric for metric in load() if metric.id != "plan_realism"]
QUESTIONS = [(metric, by) for metric in METRICS for by in SLICES if set(by) <= {*metric.dimensions, *metric.fixed}]

Both = tuple[App, Reference]


@pytest.fixture(scope="module", params=[1, 2, pytest.param(3, marks=pytest.mark.soak)], ids=lambda seed: f"seed{seed}")
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """A synced company with its costs, and the reference over the rows of its portal."""
    with ExitStack() as stack:
        folder, fill = tmp_path_factory.mktemp("company"), company(400, request.param)
        place = stack.enter_context(opened_place(folder, fill, further=FURTHER))
        (folder / "motivation.toml").write_text(MOTIVATION, encoding="utf-8")
        app = stack.enter_context(place.app())
        assert app.sync().complete
        import_costs(app, place)
        plans = plan_rows(place.state, NOW)
        write_plans(place.folder / "plans.csv", plans)
        app.import_plans(place.folder / "plans.csv")
        tables = portal_tables(place.state, place.filled.costs) | {"plan": plan_tables(plans)}
        given: dict[str, Any] = {"base_days": BASE_DAYS, "crm": CRM, "mapped": MAPPED | FIELDS, "scheme": SCHEME}
        yield app, Reference(tables, time_zone="Europe/Kyiv", as_of=NOW, **given)


def import_costs(app: App, place: Place) -> None:
    file = place.folder / "costs.csv"
    place.filled.write_costs_csv(file)
    app.import_costs(file)


@pytest.mark.parametrize(("metric", "by"), QUESTIONS, ids=[f"{metric.id}-{'+'.join(by)}" for metric, by in QUESTIONS])
def test_every_number_of_the_report_is_that_of_the_portal(both: Both, metric: Metric, by: tuple[str, ...]) -> None:
    """Each month: value, both sides of a ratio, size of the sample, and why a value is missing."""
    app, reference = both
    for mode in ("cohort", "flow") if metric.flow else ("cohort",):
        report = app.report(Ask((metric.id,), Grain.MONTH, START, END, by=by, mode=mode))
        found = reference.values(metric.id, period="month", start=BEFORE, end=END, by=by, mode=mode)
        expected = {cell: result for cell, result in found.items() if cell[0] != f"{BEFORE:%Y-%m}"}
        compare(metric.id, by_cell(metric, by, report.entries), expected)


def test_every_metric_has_something_to_say(both: Both) -> None:
    """The company is rich enough: no metric is null in all months, but for what of so few deals is told aside."""
    values = [entry.value for entry in both[0].report(Ask((), Grain.MONTH, START, END)).entries]
    said = {value.metric for value in values if value.value or any(value.extra.values())}
    assert said | BEYOND == {metric.id for metric in load()}


def by_cell(metric: Metric, by: tuple[str, ...], entries: tuple[Entry, ...]) -> dict[Any, Any]:
    """Results under the keys of the reference."""
    order = (*metric.fixed, *(name for name in by if name not in metric.fixed))
    values = [entry.value for entry in entries]
    return {(value.period.label, tuple(value.by[name] for name in order)): comparable(value) for value in values}
