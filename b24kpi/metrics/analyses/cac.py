"""What a new customer costs, and what he costs if money works with a delay: that of a median sales cycle before."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from b24kpi.facts.functions import as_number
from b24kpi.metrics.model import Number, Query, Unit, Value
from b24kpi.metrics.period import Period
from b24kpi.metrics.ratios import as_money, ratio_values, sums
from b24kpi.metrics.statistics.survival import nearest_rank

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key

DAY = 86_400
LAGGED = "lagged"  # further figure: the cost of so many days earlier per new customer of the period


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """The ratio of the metric; `lagged` has the cost of the period's length, a median cycle earlier."""
    found = ratio_values(engine, query, by)
    costs = _lagged_costs(engine, query, by)
    places = {period: position for position, period in enumerate(query.periods)}
    return [_told(value, costs.get((places[value.period], tuple(value.by.values())))) for value in found]


def _told(value: Value, cost: Fraction | None) -> Value:
    is_known = cost and value.denominator and value.reason is None
    lagged: Number | None = as_money(cost / int(value.denominator or 1)) if is_known and cost else None
    return replace(value, extra={**value.extra, LAGGED: lagged}, units={**value.units, LAGGED: Unit.MONEY})


def _lagged_costs(engine: "Engine", query: Query, by: "Key") -> "dict[Cell, Fraction]":
    """Cell → the cost of the earlier days; of periods before whose end nothing was won, none."""
    wins = engine.store.query("SELECT closed_day, closed_at - created_at FROM fact_deal WHERE outcome = 'won'")
    days, seconds = (np.array([row[place] for row in wins], dtype=float) for place in (0, 1))
    lags = {
        position: nearest_rank(seconds[days < as_number(period.end)], 0.5)
        for position, period in enumerate(query.periods)
    }
    positions = [position for position, lag in lags.items() if lag is not None]
    shifted = [_earlier(query.periods[position], lags[position] or 0.0) for position in positions]
    engine.set_periods(query.metric, shifted)
    found = sums(engine, {"cost": query.metric.measures["cost"]}, query, by)
    engine.set_periods(query.metric, query.periods)
    return {(positions[place], key): Fraction(each.sums.get("cost", 0)) for (place, key), each in found.items()}


def _earlier(period: Period, seconds: float) -> Period:
    lag = timedelta(days=round(max(seconds, 0) / DAY))
    start, end = (max(day - lag, date.min) for day in (period.start, period.end))
    return Period(start, end, period.grain)
