"""The plans of the demo company, which no portal keeps: sales by month for all and for each manager, and a win rate.

A month is planned a tenth above the average month of the company's life, in thousands; a manager by his share.
"""

import csv
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from b24kpi.demo.company_plan import TIME_ZONE
from b24kpi.demo.storage import Storage

HEAD = ("metric", "period", "scope", "scope_value", "amount")
MONTHS = 13
_WIN_RATE = "40%"
_GROWTH = 1.1

Row = tuple[str, str, str, str, str]

# What each manager has sold, in the base currency, and for how many days the company has sold at all.
_SOLD = """
SELECT ASSIGNED_BY_ID, sum(OPPORTUNITY * (SELECT AMOUNT / AMOUNT_CNT FROM currency WHERE CURRENCY = CURRENCY_ID))
FROM deal WHERE STAGE_SEMANTIC_ID = 'S' GROUP BY 1 ORDER BY 1"""
_SPAN = "SELECT (max(MOVED_TIME) - min(MOVED_TIME)) / 86400.0 FROM deal WHERE STAGE_SEMANTIC_ID = 'S'"


def plan_rows(state: Storage, now: float) -> list[Row]:
    """Rows for the last year and the present month; none for a company that has sold nothing."""
    sold = {person: amount for person, amount in state.select(_SOLD) if amount and amount > 0}
    if not sold:
        return []
    months = max(float(state.scalar(_SPAN)) / 30.4, 1.0)
    found = [_row("total_sales", month, "company", "", sum(sold.values()) / months) for month in _months(now)]
    found += [
        _row("total_sales", month, "user", str(who), sold[who] / months) for who in sold for month in _months(now)
    ]
    return [*found, *(("win_rate", month, "company", "", _WIN_RATE) for month in _months(now))]


def write_plans(path: Path, rows: list[Row]) -> None:
    """The plans as a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        writer.writerows(rows)


def _row(metric: str, month: str, scope: str, value: str, amount: float) -> Row:
    return metric, month, scope, value, str(round(amount * _GROWTH / 1000) * 1000)


def _months(now: float) -> Iterator[str]:
    today = datetime.fromtimestamp(now, ZoneInfo(TIME_ZONE)).date()
    for back in range(MONTHS):
        year, month = divmod(12 * today.year + today.month - 1 - back, 12)
        yield f"{date(year, month + 1, 1):%Y-%m}"
