"""Bitrix24's own number beside ours as plain data: one object for JSON, the deals flat for CSV."""

from datetime import date
from typing import Any

from b24kpi.metrics.model import Unit
from b24kpi.report.reconciliation import Difference, Reconciliation, Side
from b24kpi.report.rows import head, number


def as_data(found: Reconciliation) -> dict[str, Any]:
    """The object for JSON: money as texts with two decimals, days local, ends excluded.

    `bitrix24` and all `causes` add up to `b24kpi`, as do, for each cause, the changes of its `deals`.
    """
    return {
        **head(found.grounds),
        "period": found.period.label,
        "from": found.period.start.isoformat(),
        "to": found.period.end.isoformat(),
        "where": dict(found.where),
        "bitrix24": _side(found.bitrix),
        "causes": [{"cause": str(cause), **_side(found.of(cause))} for cause in found.causes],
        "b24kpi": _side(found.ours),
        "deals": [_deal(each) for each in found.differences],
    }


def flat_rows(found: Reconciliation) -> list[dict[str, Any]]:
    """A row for each deal that makes the difference; money as numbers."""
    return [
        {
            "period": found.period.label,
            **_known(each),
            "bitrix24_deals": each.bitrix.deals,
            "bitrix24_money": each.bitrix.money,
            "b24kpi_deals": each.ours.deals,
            "b24kpi_money": each.ours.money,
            "change_deals": each.change.deals,
            "change_money": each.change.money,
        }
        for each in found.differences
    ]


def _deal(each: Difference) -> dict[str, Any]:
    sides = {"bitrix24": each.bitrix, "b24kpi": each.ours, "change": each.change}
    return _known(each) | {name: _side(side) for name, side in sides.items()}


def _known(each: Difference) -> dict[str, Any]:
    days = {"closed_on": _day(each.closed_on), "won_on": _day(each.won_on)}
    return {"deal_id": each.deal_id, "cause": str(each.cause), **days}


def _side(side: Side) -> dict[str, Any]:
    return {"deals": side.deals, "money": number(side.money, Unit.MONEY)}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
