"""Every KPI by a user field against the slow reference, which is told that the field is the source.

A source is sliced by as a field of the deal or lead is: so rows whose source is replaced by the field's value must give
by source what the report gives by the field.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from typing import Any

import pytest

from b24kpi.app import App, Ask
from b24kpi.metrics.catalogue import load
from b24kpi.metrics.dimensions import FieldDimension, sliced
from b24kpi.metrics.model import Metric
from b24kpi.metrics.period import Grain
from tests.pipeline.mapped import MAPPED, SERVICE
from tests.pipeline.places import NOW, opened_place
from tests.pipeline.portal_tables import portal_tables
from tests.pipeline.test_numbers import by_cell
from tests.pipeline.user_fields import DIMENSIONS, furnish
from tests.reference.engine import Reference
from tests.test_engine_against_reference import compare

START, END = date(2026, 5, 1), date(2026, 12, 1)
BASE_DAYS = 60
# Dimension → the stream whose field it is, and the column of the reference's rows.
FIELDS = {"region": ("deal", "uf_crm_region"), "trade": ("lead", "uf_crm_channel")}


def by_own_field(metric: Metric, dimension: str) -> bool:
    """Whether the rows of the metric are those of the field's own stream, so that it stands for their source."""
    stream, column = FIELDS[dimension]
    parts = [*metric.measures.values(), *filter(None, [metric.durations])]
    own = {"deal": lambda part: part.fact != "lead", "lead": lambda part: part.fact == "lead"}[stream]
    is_own = all(map(own, parts)) and (bool(parts) or stream == "deal")
    has = dimension in sliced(metric, [FieldDimension(dimension, stream, column.upper())]).dimensions
    # The source of inquiries is another; the rows of transitions are those that occur, in the period before too.
    is_other = {"activity", "call", "task"} & {*metric.inputs} and metric.id != "stuck_deals"
    is_other = is_other or "source" in metric.fixed or metric.id == "behaviour_change"
    return has and is_own and not is_other and "source" in metric.dimensions


QUESTIONS = [(metric, name) for metric in load() for name in FIELDS if by_own_field(metric, name)]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[App, dict[str, Reference]]]:
    """The app over a synced company, and for each field the reference that takes it for the source."""
    with ExitStack() as stack:
        further = f"[customers]\nbase_days = {BASE_DAYS}\n{DIMENSIONS}{SERVICE}"
        place = stack.enter_context(opened_place(tmp_path_factory.mktemp("numbers"), furnish, further=further))
        app = stack.enter_context(place.app())
        assert app.sync().complete
        references = {}
        for name, (stream, column) in FIELDS.items():
            tables: dict[str, list[dict[str, Any]]] = dict(portal_tables(place.state))
            tables[stream] = [row | {"source_id": row[column]} for row in tables[stream]]
            given: dict[str, Any] = {"as_of": NOW, "base_days": BASE_DAYS, "mapped": MAPPED}
            references[name] = Reference(tables, time_zone="Europe/Kyiv", **given)
        yield app, references


@pytest.mark.parametrize(("metric", "dimension"), QUESTIONS, ids=[f"{metric.id}-{name}" for metric, name in QUESTIONS])
def test_every_number_by_a_field_is_that_of_the_portal(
    both: tuple[App, dict[str, Reference]], metric: Metric, dimension: str
) -> None:
    """Each month: value, both sides of a ratio, size of the sample, and why a value is missing."""
    app, references = both
    for mode in ("cohort", "flow") if metric.flow else ("cohort",):
        report = app.report(Ask((metric.id,), Grain.MONTH, START, END, by=(dimension,), mode=mode))
        expected = references[dimension].values(
            metric.id, period="month", start=START, end=END, by=("source",), mode=mode
        )
        compare(metric.id, by_cell(metric, (dimension,), report.entries), expected)
