"""Customers ever by their state at the end of a period; each is in exactly one.

new: bought first in the period · reactivated: back in the base, having been lost when it began · active, sleeping: in
the base at both ends, silent for up to half of W days or for longer · lost: not in the base.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from b24kpi.metrics.customer_states import COMPOSITION, COMPOSITION_STATE, counted, find_best, listed, slices
from b24kpi.metrics.model import Query, Value

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

_STATES = {"state": COMPOSITION_STATE}


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """How many customers are in each state; every state has its value wherever there are customers."""
    find_best(engine, 0)
    cells = counted(engine, query, by, _STATES)
    unreadable = engine.unreadable(query.metric)
    wanted = [state for state in COMPOSITION if query.where.get("state", state) == state]
    return [
        Value(
            metric=query.metric.id,
            period=period,
            by=dict(zip(by, (state, *rest), strict=True)),
            value=None if unreadable else cells[position, (state, *rest)],
            unit=query.metric.unit,
            numerator=cells[position, (state, *rest)],
            n=cells[position, (state, *rest)],
            reason=unreadable,
        )
        for rest in slices(cells, 1)
        for state in wanted
        for position, period in enumerate(query.periods)
    ]


def rows(engine: "Engine", query: Query, by: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The customers in the state."""
    find_best(engine, 0)
    for row in listed(engine, query, _STATES):
        if row["state"] == by["state"]:
            yield "customers", row | {"why": "analyses.why.state"}
