"""Open deals that do not move, as of the end of a period, or of now while it lasts; the extra has `money_at_stake`."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from b24kpi.metrics.model import Query, Unit, Value
from b24kpi.metrics.period import Period
from b24kpi.metrics.ratios import as_money
from b24kpi.metrics.stuck import StuckDeal, Stuckness

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """The number of stuck deals of each period and combination."""
    stuckness = Stuckness(engine)
    cells: dict[Cell, list[StuckDeal]] = defaultdict(list)
    for position, period in enumerate(query.periods):
        for deal in stuckness.judge(moment_of(engine, period), query.where)[1]:
            cells[position, tuple(deal.by[name] for name in by)].append(deal)
    return [
        _value(engine, query, period, dict(zip(by, key, strict=True)), cells[position, key])
        for key in engine.keys(query, by, tuple(cells))
        for position, period in enumerate(query.periods)
    ]


def rows(engine: "Engine", query: Query, by: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The stuck deals, each with the first of its causes."""
    for deal in Stuckness(engine).judge(moment_of(engine, query.periods[0]), query.where)[1]:
        yield (
            "deals",
            {
                "deal_id": deal.deal_id,
                "category_id": deal.by["pipeline"],
                "stage_id": deal.by["stage"],
                "manager_id": deal.by["manager"],
                "source_id": deal.by["source"],
                "money": deal.money,
                "why": f"analyses.cause.{deal.causes[0]}",
            },
        )


def moment_of(engine: "Engine", period: Period) -> float:
    """The end of the period, or up to when the data reach if that is earlier."""
    return min(engine.moment(period.end), engine.as_of)


def at_stake(deals: list[StuckDeal]) -> Decimal:
    """What is at stake with all of them, in currency units."""
    return as_money(sum((Fraction(deal.at_stake) for deal in deals), Fraction(0)))


def _value(engine: "Engine", query: Query, period: Period, by: Mapping[str, str], deals: list[StuckDeal]) -> Value:
    unreadable = engine.unreadable(query.metric)
    return Value(
        metric=query.metric.id,
        period=period,
        by=by,
        value=None if unreadable else len(deals),
        unit=query.metric.unit,
        numerator=len(deals),
        n=len(deals),
        reason=unreadable,
        flags=tuple(sorted({flag for deal in deals for flag in deal.flags})),
        extra={"money_at_stake": None if unreadable else at_stake(deals)},
        units={"money_at_stake": Unit.MONEY},
    )
