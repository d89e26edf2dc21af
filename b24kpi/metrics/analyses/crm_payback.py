"""After how many months the CRM has paid for itself, as far as the end of each period tells."""

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from b24kpi.metrics.crm_months import Returns, returns
from b24kpi.metrics.crm_return import Month, paid_back_after, projected
from b24kpi.metrics.model import Number, Query, Reason, Unit, Value
from b24kpi.metrics.period import Period
from b24kpi.metrics.ratios import as_money

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

READINGS = ("recovered", "projected", "projected_low", "projected_high")


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """Months from go-live until the benefit has reached the investment; not mature while it has not."""
    found = returns(engine, query.metric)
    return [_value(query, period, found, engine.figures.crm.investment) for period in query.periods]


def _value(query: Query, period: Period, found: Returns, investment: Fraction) -> Value:
    months = [month for month in found.months if month.period.end <= period.end]
    reached = paid_back_after(months, investment)
    waiting = Reason.NOT_MATURE if months else Reason.NO_EVENTS
    reason = found.reason or (waiting if reached is None else None)
    return Value(
        metric=query.metric.id,
        period=period,
        by={},
        value=None if reason else reached,
        unit=query.metric.unit,
        n=len(months),
        reason=reason,
        flags=found.flags if months else (),
        extra=_readings(months, investment, is_reached=reached is not None),
        units={"recovered": Unit.MONEY},
    )


def _readings(months: list[Month], investment: Fraction, *, is_reached: bool) -> Mapping[str, Number | None]:
    if not months:
        return dict.fromkeys(READINGS)
    told: dict[str, Number | None] = {"recovered": as_money(sum((month.net for month in months), Fraction(0)))}
    ahead = None if is_reached else projected(months, investment)
    told["projected"] = ahead.months if ahead else None
    told["projected_low"] = ahead.low if ahead else None
    told["projected_high"] = ahead.high if ahead else None
    return told
