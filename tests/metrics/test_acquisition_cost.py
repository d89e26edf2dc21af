"""The cost of a customer by what was spent a sales cycle before he came."""

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from b24kpi.metrics.catalogue import find
from b24kpi.metrics.model import Query, Value
from b24kpi.metrics.period import Period
from tests.case_rows import Rows, moment
from tests.event_logs import ZONE
from tests.sql_engine import SqlEngine

CASE = Path(__file__).parents[2] / "fixtures" / "metrics" / "cac" / "lagged.toml"


def asked(rows: dict[str, Any], *labels: str) -> list[Value]:
    engine = SqlEngine.over(
        Rows(ZONE).tables(rows), time_zone=ZONE.key, as_of=moment("2026-09-01", ZONE), report_currency="UAH"
    ).engine
    return engine.values(Query(find("cac"), tuple(map(Period.parse, labels))))


def test_the_cost_is_that_of_a_median_cycle_earlier() -> None:
    """31 days before June lies May but for its last day: 300 for two customers, by the rows of the hand-worked case."""
    june, july = asked(tomllib.loads(CASE.read_text(encoding="utf-8")), "2026-06", "2026-07")
    assert (june.value, june.extra["lagged"]) == (Decimal(400), Decimal(150))
    assert (july.value, july.extra["lagged"]) == (None, None)


def test_before_anything_was_won_there_is_no_cycle() -> None:
    """Nor a cost by it."""
    (value,) = asked({"cost": [{"day": "2026-06-01", "amount": 10}]}, "2026-06")
    assert (value.reason, value.extra["lagged"]) == ("no_events", None)
