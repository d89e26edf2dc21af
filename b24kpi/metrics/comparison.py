"""Shares compared with those of all the rest, so that nobody is ranked by chance (kpi.md G4)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from b24kpi.metrics.model import Query, Unit, Value
from b24kpi.metrics.ratios import ratio_values
from b24kpi.metrics.statistics.intervals import newcombe

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

NO_DIFFERENCE = "no_difference"


def compared_values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """Shares by the metric's fixed dimension, each with the share of all the `rest` of its period and slice.

    Flagged `no_difference` where Newcombe's 95 % interval of the difference covers 0.
    """
    fixed = query.metric.fixed
    outer = tuple(name for name in by if name not in fixed)
    where = {name: value for name, value in query.where.items() if name not in fixed}
    whole = ratio_values(engine, replace(query, where=where, metric=replace(query.metric, nowcast=None)), outer)
    wholes = {(value.period, _key(value.by, outer)): value for value in whole}
    return [
        _compared(value, wholes.get((value.period, _key(value.by, outer)))) for value in ratio_values(engine, query, by)
    ]


def _compared(value: Value, whole: Value | None) -> Value:
    mine, all_of_them = _counts(value), _counts(whole)
    rest = (all_of_them[0] - mine[0], all_of_them[1] - mine[1])
    flags = {*value.flags}
    if mine[1] and rest[1]:
        low, high = newcombe(*mine, *rest)
        flags |= {NO_DIFFERENCE} if low <= 0 <= high else set()
    share = rest[0] / rest[1] if rest[1] else None
    return replace(
        value,
        flags=tuple(sorted(flags)),
        extra={"rest": share, **value.extra},
        units={"rest": Unit.RATIO, **value.units},
    )


def _counts(value: Value | None) -> tuple[int, int]:
    return (int(value.numerator or 0), int(value.denominator or 0)) if value else (0, 0)


def _key(by: Mapping[str, str], names: "Key") -> "Key":
    return tuple(by[name] for name in names)
