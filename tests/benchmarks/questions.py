"""What the benchmark asks of each engine: KPIs of 24 months, over everything and by manager, source and pipeline.

Ours answers the whole default preset; what another engine can answer from plain tables too is what all are compared by.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from tests.benchmarks.big_portal import AS_OF, TIME_ZONE

# Of the preset `default`; its plan with pace and forecast, its forecast and its stuck deals are models, not tables.
COMMON = (
    *("total_sales", "new_leads", "lead_to_customer_rate", "win_rate", "aov", "sales_cycle", "response_time"),
    *("lost_requests", "crr_strict", "repeat_purchase_share"),
)
SLICES = ((), ("manager",), ("source",), ("pipeline",))
MONTHS = 24
BASE_DAYS = 365
WORK_BEGINS, WORK_LASTS, LOST_AFTER = 9 * 3600, 9 * 3600, 24 * 3600  # seconds; mon-fri, as where nothing is configured
ANNOUNCED = 600  # seconds after a lead's creation: what comes in by then is what brought it
TODAY = datetime.fromtimestamp(AS_OF, ZoneInfo(TIME_ZONE)).date()

# What an engine answers: KPI → (month as YYYYMM, slice, value of it as text) → numerator and denominator, or seconds.
Answers = dict[str, dict[str, list[float]]]


def months(count: int = MONTHS) -> list[date]:
    """First days of the last months, the present one included, ascending."""
    last = TODAY.year * 12 + TODAY.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(last - count + 1, last + 1)]


def cell(month: int, slicing: str, value: str) -> str:
    """A key that survives JSON."""
    return f"{month} {slicing} {value}"
