"""What the demo company spends on marketing: a sum a month for every campaign."""

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from b24kpi.demo.company_plan import CAMPAIGNS, SEASON, SOURCES, TIME_ZONE, Campaign

_LEADS_PER_DEAL = 1.3
_SOURCE_SHARES = {source.code: source.share for source in SOURCES}


@dataclass(frozen=True, slots=True)
class CostRow:
    """Money spent on a day for a campaign; `source` is a code of SOURCE_ID, `campaign` a value of UTM_CAMPAIGN."""

    date: str  # YYYY-MM-DD
    source: str
    campaign: str
    amount: float  # units of `currency`
    currency: str


def monthly_costs(random: Random, *, deals: int, start: float, end: float) -> list[CostRow]:
    """Costs between two epoch moments, booked on the 15th of each month, in proportion to the leads to expect."""
    days = _booking_days(_local_date(start), _local_date(end))
    leads = deals * _LEADS_PER_DEAL / max(len(days), 1)
    return [_cost(random, day, campaign, leads) for day in days for campaign in CAMPAIGNS]


def write_costs(path: Path, rows: Iterable[CostRow]) -> None:
    """A CSV file with the header date,source,campaign,amount,currency, in UTF-8."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(field.name for field in fields(CostRow))
        writer.writerows(astuple(row) for row in rows)


def _cost(random: Random, day: date, campaign: Campaign, leads: float) -> CostRow:
    expected = leads * _SOURCE_SHARES[campaign.source] * campaign.share * SEASON[day.month - 1]
    amount = round(expected * campaign.lead_cost * random.uniform(0.85, 1.2), 2)
    return CostRow(day.isoformat(), campaign.source, campaign.utm_campaign, amount, campaign.currency)


def _booking_days(first: date, last: date) -> list[date]:
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    days = (date(month // 12, month % 12 + 1, 15) for month in months)
    return [day for day in days if first <= day <= last]


def _local_date(moment: float) -> date:
    return datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(TIME_ZONE)).date()
