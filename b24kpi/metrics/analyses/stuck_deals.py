"""Open deals that do not move, as of the end of a period, or of now while it lasts; the extra has `money_at_stake`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import fsum
from typing import TYPE_CHECKING, Any

import numpy as np

from b24kpi.metrics.courses import flags_of, read_deals
from b24kpi.metrics.model import Query, Reason, Unit, Value
from b24kpi.metrics.moment_keys import MomentKeys
from b24kpi.metrics.period import Period
from b24kpi.metrics.ratios import as_money
from b24kpi.metrics.stuck import stuckness
from b24kpi.metrics.stuck_list import list_stuck

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """The number of stuck deals of each period and combination."""
    cells: dict[Cell, _Stuck] = {}
    for position, period in enumerate(query.periods):
        for key, stuck in _stuck(engine, moment_of(engine, period), by, query.where):
            cells[position, key] = stuck
    unreadable = engine.unreadable(query.metric)
    return [
        _value(unreadable, query, period, dict(zip(by, key, strict=True)), cells.get((position, key), _NONE))
        for key in engine.keys(query, by, tuple(cells))
        for position, period in enumerate(query.periods)
    ]


def rows(engine: "Engine", query: Query, by: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The stuck deals, each with the first of its causes."""
    for deal in list_stuck(engine, moment_of(engine, query.periods[0]), query.where)[1]:
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


@dataclass(frozen=True)
class _Stuck:
    """How many deals, and what is at stake with them, in hundredths."""

    count: int
    at_stake: Fraction
    flags: tuple[str, ...]


_NONE = _Stuck(0, Fraction(0), ())


def _stuck(engine: "Engine", moment: float, by: "Key", where: Mapping[str, str]) -> "Iterator[tuple[Key, _Stuck]]":
    now, deals = stuckness(engine).at(moment), read_deals(engine)
    keys = MomentKeys(engine, now)
    for key, mine in keys.shares(by, np.flatnonzero(now.is_stuck & keys.match(where))):
        marks = np.bitwise_or.reduce(deals.mark[now.places[mine]])
        yield key, _Stuck(len(mine), Fraction(fsum(now.at_stake[mine].tolist())), flags_of(int(marks)))


def moment_of(engine: "Engine", period: Period) -> float:
    """The last second of the period, or up to when the data reach if that is earlier.

    From that second on forecasts of the next period look ahead: both take the same chances.
    """
    return min(engine.moment(period.end) - 1, engine.as_of)


def _value(unreadable: Reason | None, query: Query, period: Period, by: Mapping[str, str], stuck: _Stuck) -> Value:
    return Value(
        metric=query.metric.id,
        period=period,
        by=by,
        value=None if unreadable else stuck.count,
        unit=query.metric.unit,
        numerator=stuck.count,
        n=stuck.count,
        reason=unreadable,
        flags=stuck.flags,
        extra={"money_at_stake": None if unreadable else as_money(stuck.at_stake)},
        units={"money_at_stake": Unit.MONEY},
    )
