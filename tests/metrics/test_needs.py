"""What is not given is told without computing anything, and is what the values say."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from b24kpi.metrics.catalogue import load
from b24kpi.metrics.model import Metric, Query, Reason
from b24kpi.metrics.needs import unmet
from b24kpi.metrics.period import Grain, periods
from tests.event_logs import AS_OF, REPORT_CURRENCY, TIME_ZONE, random_tables
from tests.event_ratings import FIELDS, with_answers
from tests.sql_engine import SqlEngine
from tests.test_engine_against_reference import CRM, MAPPED, SCHEME

MONTHS = tuple(periods(date(2026, 1, 1), date(2026, 12, 1), Grain.MONTH))
NOTHING: Mapping[str, Any] = {}
EVERYTHING = {"hourly_rate": Fraction(20_000), "crm": CRM, "mapped": MAPPED, "scheme": SCHEME}
OF_PEOPLE = ("cost", "plan")


def portal(given: Mapping[str, Any]) -> SqlEngine:
    """Random rows; those of people, and votes on calls, only where something is given."""
    tables = with_answers(random_tables(3, 60), 3)
    if not given:
        tables = {name: rows for name, rows in tables.items() if name not in OF_PEOPLE}
        tables["call"] = [row | {"call_vote": None} for row in tables["call"]]
    return SqlEngine.over(tables, time_zone=TIME_ZONE, as_of=AS_OF, report_currency=REPORT_CURRENCY, **given)


@pytest.fixture(scope="module", params=[NOTHING, EVERYTHING], ids=["nothing", "everything"])
def sql(request: pytest.FixtureRequest) -> SqlEngine:
    return portal(request.param)


@pytest.mark.parametrize("metric", load(), ids=lambda metric: metric.id)
def test_unmet_is_what_has_no_value_for_want_of_it(sql: SqlEngine, metric: Metric) -> None:
    """In no month of the year; where all is given, at least one month says something else."""
    values = sql.engine.values(Query(metric, MONTHS))
    says_so = bool(values) and all(value.reason is Reason.NOT_CONFIGURED for value in values)
    found = unmet(metric, sql.engine.figures, sql.store)
    assert bool(found) == says_so, (found, {value.reason for value in values})


@pytest.mark.parametrize(
    ("metric", "names"),
    [
        ("nps", ("nps_field",)),
        ("csat", ("csat_field",)),
        ("romi", ("cost",)),
        ("plan_attainment", ("plan",)),
        ("crm_payback", ("crm_go_live", "crm_investment")),
        ("motivation_base", ("motivation_scheme",)),
        ("aov", ()),
    ],
)
def test_it_is_told_by_name(metric: str, names: tuple[str, ...]) -> None:
    """As the setting or file is called that would help."""
    sql = portal(NOTHING)
    assert unmet(next(each for each in load() if each.id == metric), sql.engine.figures, sql.store) == names


def test_what_has_another_way_is_not_unmet() -> None:
    """Votes on calls do for CSAT without any field."""
    given = EVERYTHING | {"mapped": {name: MAPPED[name] for name in MAPPED if name not in FIELDS}}
    sql = portal(given)
    assert unmet(next(each for each in load() if each.id == "csat"), sql.engine.figures, sql.store) == ()
