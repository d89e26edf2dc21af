"""What bonuses are reckoned by: KPIs of a person against plan or target, weighed, with a floor and a cap.

A KPI without a value (nothing was closed) leaves its weight to the others. One without a target leaves the whole
without a value, so that nobody is paid by half a scheme. Of a closed month the figure stays what it was at the closing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from b24kpi.cache.published import closed_values, slice_of
from b24kpi.facts.motivation_figures import SchemeVersion
from b24kpi.metrics.model import Metric, Query, Reason, Unit, Value
from b24kpi.metrics.period import Period
from b24kpi.metrics.targets import Targets

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

FROZEN, PARTIAL = "frozen", "partial"
_HINDERING = (Reason.NO_PERMISSION, Reason.NOT_LOADED, Reason.NOT_CONFIGURED)


@dataclass(frozen=True)
class Attained:
    """A KPI of the scheme for one person and period.

    Attributes:
        actual, target: in the unit of the engine, money in hundredths; None where there is none.
        counted: actual / target, or the other way round where less is better, within floor and cap; None where unknown.
    """

    metric: Metric
    weight: Fraction
    actual: Fraction | None
    target: Fraction | None
    counted: Fraction | None
    reason: Reason | None


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """The weighted share of what was to be attained; `recomputed` is that of a closed month by what is known now."""
    found = attained(engine, query, by)
    keys = sorted({key for _, key in found}) or ([] if by else [()])
    closed = closed_values(engine.store, query.metric.id)
    computed = [
        _value(query, period, dict(zip(by, key, strict=True)), found.get((period, key), []))
        for key in keys
        for period in query.periods
    ]
    return [
        _as_closed(value, closed.get((value.period.label, slice_of({**query.where, **value.by})))) for value in computed
    ]


def rows(engine: "Engine", query: Query, by: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """A row for each KPI, which adds its part; of a closed month also what has changed since and is not counted."""
    names = tuple(by)
    asked = replace(query, where={**query.where, **by})
    parts = attained(engine, asked, names).get((query.periods[0], tuple(by[name] for name in names)), [])
    total, whole = _total(parts), sum(part.weight for part in parts if part.counted is not None)
    for part in parts:
        counted = part.counted is not None and total is not None
        adds = float(part.weight * part.counted / whole) if counted and part.counted is not None else 0
        why = "analyses.why.attained" if counted else "analyses.why.not_attained"
        shown = {"actual": _shown(part.metric, part.actual), "planned": _shown(part.metric, part.target)}
        yield part.metric.id, {"metric": part.metric.id, **shown, "adds": adds, "is_in": int(counted), "why": why}
    closed = closed_values(engine.store, query.metric.id).get((query.periods[0].label, slice_of(asked.where)))
    if closed is not None and (change := float(closed) - float(total or 0)):
        yield "closed", {"metric": query.metric.id, "adds": change, "why": "analyses.why.since_closing"}


def attained(engine: "Engine", query: Query, by: "Key") -> "dict[tuple[Period, Key], list[Attained]]":
    """Each KPI of the version of each period, by period and combination, wherever any of them says anything."""
    motivation, targets = engine.figures.motivation, Targets.of_store(engine.store)
    names = dict.fromkeys(name for version in motivation.versions for name in version.weights)
    found = {
        name: _by_cell(engine, Query(engine.catalogue.find(name), query.periods, by, query.where), by) for name in names
    }
    keys = {key for values in found.values() for _, key in values} | (set() if by else {()})
    cells: dict[tuple[Period, Key], list[Attained]] = {}
    for period in query.periods:
        version = motivation.of(period.start)
        for key in keys if version else ():
            assert version is not None
            where = {**query.where, **dict(zip(by, key, strict=True))}
            cells[period, key] = [
                _judged(engine.catalogue.find(name), version, found[name].get((period, key)), targets, period, where)
                for name in version.weights
            ]
    return cells


def _by_cell(engine: "Engine", query: Query, by: "Key") -> "dict[tuple[Period, Key], Value]":
    return {(value.period, tuple(value.by[name] for name in by)): value for value in engine.values(query)}


def _judged(
    metric: Metric,
    version: SchemeVersion,
    value: Value | None,
    targets: Targets,
    period: Period,
    where: Mapping[str, str],
) -> Attained:
    planned = targets.amount(metric, period, where)
    target = planned if planned and planned > 0 else version.targets.get(metric.id)
    actual = None if value is None or value.value is None else _exact(metric, value.value)
    counted = None if actual is None or target is None else _counted(metric, version, actual, target)
    reason = Reason.NO_EVENTS if value is None else value.reason
    return Attained(metric, version.weights[metric.id], actual, target, counted, reason)


def _counted(metric: Metric, version: SchemeVersion, actual: Fraction, target: Fraction) -> Fraction:
    share = _share(metric, actual, target)
    if share is None or share > version.cap:
        return version.cap
    return share if share >= version.floor and share > 0 else Fraction(0)


def _share(metric: Metric, actual: Fraction, target: Fraction) -> Fraction | None:
    """What was attained of the target; None where less is better and there is none at all."""
    if metric.better == "up":
        return actual / target
    return target / actual if actual > 0 else None


def _exact(metric: Metric, number: int | float | Decimal) -> Fraction:
    return Fraction(number) * (100 if metric.unit is Unit.MONEY else 1)


_SHOWN_IN = {Unit.MONEY: 100, Unit.DURATION: 86_400}


def _shown(metric: Metric, amount: Fraction | None) -> float | None:
    """As the scheme's file has it: money in currency units, durations in days."""
    return None if amount is None else round(float(amount / _SHOWN_IN.get(metric.unit, 1)), 4)


def _total(parts: list[Attained]) -> Fraction | None:
    """The weighted mean of what is known; None where anything that is needed was not given."""
    if _missing(parts) is not None:
        return None
    known = [(part.weight, part.counted) for part in parts if part.counted is not None]
    return sum((weight * counted for weight, counted in known), Fraction(0)) / sum(weight for weight, _ in known)


def _missing(parts: list[Attained]) -> Reason | None:
    hindered = [part.reason for part in parts if part.reason in _HINDERING]
    if hindered:
        return hindered[0]
    if not parts or any(part.target is None for part in parts):
        return Reason.NOT_CONFIGURED
    return None if any(part.counted is not None for part in parts) else Reason.NO_EVENTS


def _value(query: Query, period: Period, by: Mapping[str, str], parts: list[Attained]) -> Value:
    total, known = _total(parts), sum(part.counted is not None for part in parts)
    return Value(
        metric=query.metric.id,
        period=period,
        by=by,
        value=None if total is None else float(total),
        unit=query.metric.unit,
        n=known,
        reason=_missing(parts),
        flags=(PARTIAL,) if total is not None and known < len(parts) else (),
        extra={"recomputed": None},
    )


def _as_closed(value: Value, closed: str | None) -> Value:
    if closed is None:
        return value
    flags = tuple(sorted({*value.flags, FROZEN}))
    return replace(value, value=float(closed), reason=None, flags=flags, extra={"recomputed": value.value})
