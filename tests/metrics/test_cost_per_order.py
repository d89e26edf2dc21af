"""The cost of an order by the time of contacts, where that is known."""

import tomllib
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from b24kpi.metrics.catalogue import find
from b24kpi.metrics.model import Query
from b24kpi.metrics.period import Period
from tests.case_rows import Rows, moment
from tests.event_logs import ZONE
from tests.sql_engine import SqlEngine

CASE = Path(__file__).parents[2] / "fixtures" / "metrics" / "cost_per_order" / "hours_of_contacts.toml"


@pytest.mark.parametrize(
    ("coverage", "expected"),
    [({}, (Decimal(450), None, ("by_handling",))), ({"call": "no_permission"}, (None, "not_configured", ()))],
)
def test_hours_count_only_where_all_contacts_are_read(coverage: dict[str, str], expected: tuple[object, ...]) -> None:
    """By the rows of the hand-worked case; without telephony a part of the hours would look like all of them."""
    engine = SqlEngine.over(
        Rows(ZONE).tables(tomllib.loads(CASE.read_text(encoding="utf-8"))),
        time_zone=ZONE.key,
        as_of=moment("2026-09-01", ZONE),
        report_currency="UAH",
        hourly_rate=Fraction(60_000),
    ).engine
    (value,) = replace(engine, coverage=coverage).values(Query(find("cost_per_order"), (Period.parse("2026-06"),)))
    assert (value.value, value.reason, value.flags) == expected
    assert value.extra["by_handling"] == expected[0]
