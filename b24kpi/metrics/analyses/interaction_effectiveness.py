"""How well a team deals with its customers, 0 to 100: a weighted mean of the known parts against their targets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from b24kpi.facts.interaction_figures import COMPONENTS, InteractionFigures
from b24kpi.metrics.model import Number, Query, Reason, Unit, Value
from b24kpi.metrics.period import Period

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

# Component → the KPI that tells it, and the further reading of it, "" for its value.
SOURCES = {
    "rating": ("csat", ""),
    "engagement": ("client_engagement", "answering_share"),
    "sla": ("response_time", "within_sla"),
    "fcr": ("fcr", ""),
}
NEEDED = 2  # of a single part nobody can say that it is the whole
FULL = 100


@dataclass(frozen=True)
class Part:
    """A component with its share; `points` is what it brings of the 100."""

    name: str
    share: float
    weight: Decimal
    points: float


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """The mean of the parts that are known, at least two of them; each part is a further reading."""
    shares = {name: _shares(engine, query, by, *SOURCES[name]) for name in COMPONENTS}
    keys = sorted({key for found in shares.values() for _, key in found}) or ([] if by else [()])
    return [
        _value(engine, query, period, dict(zip(by, key, strict=True)), _of_cell(shares, (period, key)))
        for key in keys
        for period in query.periods
    ]


def parts_of(shares: Mapping[str, float | None], figures: InteractionFigures) -> list[Part]:
    """The components that are known and weigh something; weights are those of the known ones alone."""
    known = {name: share for name, share in shares.items() if share is not None and figures.weights.get(name)}
    whole = sum((figures.weights[name] for name in known), Decimal(0))
    return [
        Part(
            name,
            share,
            figures.weights[name],
            FULL * float(figures.weights[name] / whole) * _score(name, share, figures),
        )
        for name, share in known.items()
    ]


def rows(engine: "Engine", query: Query, by: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """A row for each part, which adds its points; what is not known says so."""
    names = tuple(by)
    cell = (query.periods[0], tuple(by[name] for name in names))
    asked = replace(query, where={**query.where, **by})
    shares = {name: _shares(engine, asked, names, *SOURCES[name]).get(cell) for name in COMPONENTS}
    points = {part.name: part.points for part in parts_of(shares, engine.figures.interaction)}
    for name in COMPONENTS:
        is_in = len(points) >= NEEDED and name in points
        why = "analyses.why.component" if is_in else "analyses.why.no_component"
        yield name, {"metric": SOURCES[name][0], "adds": points.get(name, 0), "is_in": int(is_in), "why": why}


def _shares(
    engine: "Engine", query: Query, by: "Key", metric: str, reading: str
) -> "dict[tuple[Period, Key], float | None]":
    asked = Query(engine.catalogue.find(metric), query.periods, by, query.where)
    return {
        (value.period, tuple(value.by[name] for name in by)): _number(
            value.extra.get(reading) if reading else value.value
        )
        for value in engine.values(asked)
    }


def _number(share: Number | None) -> float | None:
    return None if share is None else float(share)


def _of_cell(
    shares: "Mapping[str, Mapping[tuple[Period, Key], float | None]]", cell: "tuple[Period, Key]"
) -> dict[str, float | None]:
    return {name: found.get(cell) for name, found in shares.items()}


def _score(name: str, share: float, figures: InteractionFigures) -> float:
    """How near it is to its target, at most there."""
    return min(1.0, share / float(figures.targets.get(name, 1)))


def _value(
    engine: "Engine", query: Query, period: Period, by: Mapping[str, str], shares: Mapping[str, float | None]
) -> Value:
    parts = parts_of(shares, engine.figures.interaction)
    missing = Reason.INSUFFICIENT_DATA if parts else Reason.NO_EVENTS
    reason = engine.unreadable(query.metric) or (None if len(parts) >= NEEDED else missing)
    return Value(
        metric=query.metric.id,
        period=period,
        by=by,
        value=None if reason else sum(part.points for part in parts),
        unit=query.metric.unit,
        n=len(parts),
        reason=reason,
        extra=dict(shares),
        units=dict.fromkeys(COMPONENTS, Unit.RATIO),
    )
