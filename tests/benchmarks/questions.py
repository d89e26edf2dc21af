"""What the benchmark asks of each engine: nine KPIs, 24 months, over everything and by manager, source and pipeline."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from tests.benchmarks.big_portal import AS_OF, TIME_ZONE

KPIS = (
    *("total_sales", "won_deals", "new_leads", "lead_to_customer_rate", "win_rate", "aov", "sales_cycle"),
    *("crr_strict", "repeat_purchase_share"),
)
SLICES = ((), ("manager",), ("source",), ("pipeline",))
MONTHS = 24
BASE_DAYS = 365
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
