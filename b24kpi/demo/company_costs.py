"""What the demo company spends: a sum a month for every campaign, and for each other kind of cost."""

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from b24kpi.demo.company_plan import BASE_CURRENCY, CAMPAIGNS, SEASON, SOURCES, TIME_ZONE, Campaign

_LEADS_PER_DEAL = 1.3
# Kind of cost → what a deal of the month takes of it, in the base currency.
_OTHER_KINDS = {"sales": 1_100.0, "orders": 350.0, "retention": 700.0, "service": 450.0, "crm": 90.0, "other": 250.0}
_SOURCE_SHARES = {source.code: source.share for source in SOURCES}


@dataclass(frozen=True, slots=True)
class CostRow:
    """Money spent on a day for a campaign; `source` is a code of SOURCE_ID, `campaign` a value of UTM_CAMPAIGN.

    Costs of other kinds than marketing have neither.
    """

    date: str  # YYYY-MM-DD
    source: str
    campaign: str
    amount: float  # units of `currency`
    currency: str
    kind: str = "marketing"


def monthly_costs(random: Random, *, deals: int, start: float, end: float) -> list[CostRow]:
    """Costs between two epoch moments, booked on the 15th of each month, in proportion to the leads to expect."""
    days = _booking_days(_local_date(start), _local_date(end))
    monthly = deals / max(len(days), 1)
    marketing = [_cost(random, day, campaign, monthly * _LEADS_PER_DEAL) for day in days for campaign in CAMPAIGNS]
    return marketing + [_other(random, day, kind, monthly) for day in days for kind in _OTHER_KINDS]


def write_costs(path: Path, rows: Iterable[CostRow]) -> None:
    """A CSV file with the header date,source,campaign,amount,currency,kind, in UTF-8."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(field.name for field in fields(CostRow))
        writer.writerows(astuple(row) for row in rows)


def _cost(random: Random, day: date, campaign: Campaign, leads: float) -> CostRow:
    expected = leads * _SOURCE_SHARES[campaign.source] * campaign.share * SEASON[day.month - 1]
    amount = round(expected * campaign.lead_cost * random.uniform(0.85, 1.2), 2)
    return CostRow(day.isoformat(), campaign.source, campaign.utm_campaign, amount, campaign.currency)


def _other(random: Random, day: date, kind: str, deals: float) -> CostRow:
    """Pay and rent follow the size of the firm, hardly the season."""
    amount = round(deals * _OTHER_KINDS[kind] * random.uniform(0.95, 1.05), 2)
    return CostRow(day.isoformat(), "", "", amount, BASE_CURRENCY, kind)


def _booking_days(first: date, last: date) -> list[date]:
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    days = (date(month // 12, month % 12 + 1, 15) for month in months)
    return [day for day in days if first <= day <= last]


def _local_date(moment: float) -> date:
    return datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(TIME_ZONE)).date()
