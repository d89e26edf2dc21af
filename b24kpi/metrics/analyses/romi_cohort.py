"""What the marketing of a period has returned from those whom it brought: wins of journeys that began in the period.

A journey that began in the period counts if it was won within H days, and H is the time in which 90 % of all journeys
that were won have come to their win, 30 days at least (kpi.md G13). While some of the period's journeys are younger
than that, the value is that to date, and flagged.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from b24kpi.metrics.compiler import row_statement
from b24kpi.metrics.model import Measure, Number, Query, Unit, Value
from b24kpi.metrics.parts import adds_of
from b24kpi.metrics.period import Period
from b24kpi.metrics.ratios import ratio_values

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

LEAST, SHARE = 30, 90  # days; per cent
# Up to so many days the cohorts tell more than sales and costs of the same months, beyond they come too late.
LONGEST = 180
HORIZON = "horizon_days"
COST = "cost"


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """The ratio of the metric over the wins within H days of the beginning; `horizon_days` is H."""
    horizon = _horizon(engine)
    metric = replace(query.metric, measures=_within(query.metric.measures, horizon))
    unknown = engine.unreadable(query.metric) is not None
    today = datetime.fromtimestamp(engine.as_of, engine.zone).date()
    return [
        replace(
            value,
            flags=tuple(sorted({*value.flags, *(("immature",) if _is_young(value.period, today, horizon) else ())})),
            extra={**value.extra, HORIZON: _told(horizon, unknown=unknown)},
            units={**value.units, HORIZON: Unit.COUNT},
        )
        for value in ratio_values(engine, replace(query, metric=metric), by)
    ]


def rows(engine: "Engine", query: Query, by: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Wins within H days, and the costs; later wins are near misses."""
    for name, part in _within(query.metric.measures, _horizon(engine)).items():
        statement = row_statement(part, by)
        for row in engine.store.dicts(statement.sql, statement.params):
            yield name, row | {"condition": part.where, "adds": adds_of(part, row)}


def _horizon(engine: "Engine") -> int:
    """By the nearest rank."""
    days = engine.store.query("SELECT days FROM fact_journey WHERE place = 1 ORDER BY days")
    return max(LEAST, days[-(-SHARE * len(days) // 100) - 1][0]) if days else LEAST


def _within(measures: Mapping[str, Measure], horizon: int) -> dict[str, Measure]:
    return {
        name: part if name == COST else replace(part, where=f"{part.where} AND days <= {horizon}")
        for name, part in measures.items()
    }


def _is_young(period: Period, today: date, horizon: int) -> bool:
    """Whether the last day of the period has not seen its H days to their end."""
    return today - timedelta(days=horizon) < period.end


def _told(horizon: int, *, unknown: bool) -> Number | None:
    return None if unknown else horizon
