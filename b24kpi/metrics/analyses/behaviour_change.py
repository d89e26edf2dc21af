"""The way of customers between states of recency, frequency and money within a period: a matrix of transitions.

By the time since the last purchase a customer buys (up to half of W days), sleeps (up to W) or is lost. Who buys is a
newcomer by his first purchase, else a regular; the best are those with several purchases whose money is that of the
upper fifth of all customers. `none` is where new customers come from.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from b24kpi.metrics.customer_states import (
    BEHAVIOUR,
    BEHAVIOUR_STATE,
    BEHAVIOUR_STATE_BEFORE,
    counted,
    find_best,
    listed,
)
from b24kpi.metrics.model import Query, Reason, Value
from b24kpi.metrics.period import Period
from b24kpi.metrics.statistics.intervals import wilson

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key

_STATES = {"state_before": BEHAVIOUR_STATE_BEFORE, "state": BEHAVIOUR_STATE}


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """Of those in a state when the period began, the share that is in a state when it ends.

    Only for the transitions that occur in any of the periods. The shares from one state add up to 1.
    """
    find_best(engine, len(query.periods))
    cells = counted(engine, query, by, _STATES)
    wholes = _wholes(engine, query, by)
    keys = sorted({key for _, key in cells}, key=lambda key: (key[2:], *map(BEHAVIOUR.index, key[:2])))
    unreadable = engine.unreadable(query.metric)
    return [
        _value(
            query,
            period,
            dict(zip(by, key, strict=True)),
            (cells[position, key], wholes[position, (key[0], *key[2:])]),
            unreadable,
        )
        for key in keys
        for position, period in enumerate(query.periods)
    ]


def rows(engine: "Engine", query: Query, by: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Those who were in the earlier state as `before`, of them those who came to the later as `moved`."""
    find_best(engine, 1)
    for row in listed(engine, _from_anywhere(query), _STATES):
        if row["state_before"] == by["state_before"]:
            yield "before", row | {"why": "analyses.why.state_before"}
            if row["state"] == by["state"]:
                yield "moved", row | {"why": "analyses.why.state"}


def _wholes(engine: "Engine", query: Query, by: "Key") -> "Counter[Cell]":
    """How many were in the earlier state, whatever became of them."""
    earlier = (by[0], *by[2:])
    return counted(engine, _from_anywhere(query), earlier, _STATES)


def _from_anywhere(query: Query) -> Query:
    kept = {name: value for name, value in query.where.items() if name != "state"}
    return Query(query.metric, query.periods, query.by, kept)


def _value(
    query: Query, period: Period, by: Mapping[str, str], counts: tuple[int, int], unreadable: Reason | None
) -> Value:
    moved, whole = counts
    reason = unreadable or (None if whole else Reason.NO_EVENTS)
    low, high = (None, None) if reason else wilson(moved, whole)
    return Value(
        metric=query.metric.id,
        period=period,
        by=by,
        value=None if reason else moved / whole,
        unit=query.metric.unit,
        numerator=moved,
        denominator=whole,
        n=whole,
        low=low,
        high=high,
        reason=reason,
    )
