"""An engine over a few rows that a test writes down in the short form of fixtures/README.md."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from b24kpi.metrics.engine import Engine
from b24kpi.metrics.period import Grain, Period
from tests.case_rows import Rows, moment
from tests.sql_engine import SqlEngine

ZONE = "Europe/Kyiv"
JUNE = Period(date(2026, 6, 1), date(2026, 7, 1), Grain.MONTH)


def engine_over(case: Mapping[str, Any], *, as_of: str = "2026-09-01", **figures: Any) -> Engine:
    """The facts of the rows of a case."""
    rows = Rows(ZoneInfo(ZONE))
    tables, when = rows.tables(case), moment(as_of, ZoneInfo(ZONE))
    given = {"time_zone": ZONE, "as_of": when, "report_currency": "UAH", "owners": rows.owners, **figures}
    return SqlEngine.over(tables, **given).engine
