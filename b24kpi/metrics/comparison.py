"""Shares compared with those of all the rest, so that nobody is ranked by chance (kpi.md G4)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from b24kpi.metrics.model import Query, Unit, Value
from b24kpi.metrics.period import Period
from b24kpi.metrics.ratios import ratio_values
from b24kpi.metrics.statistics.intervals import estimate_difference, wilson

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

NO_DIFFERENCE = "no_difference"
# Those whose shares people put in order of size.
RANKED = ("manager", "department", "source", "utm_source", "utm_medium", "utm_campaign")


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
        _compared(value, _counts(wholes.get((value.period, _key(value.by, outer)))))
        for value in ratio_values(engine, query, by)
    ]


def ranked(query: Query, values: list[Value]) -> list[Value]:
    """Shares of managers, departments or channels, each with that of all the `rest` of its period and slice.

    Of other questions, and where one thing may be counted in several slices, the values as they are.
    """
    named = [name for name in query.by if name not in query.metric.fixed]
    if len(named) != 1 or named[0] not in RANKED or not _adds_up(query):
        return values
    wholes: dict[tuple[Period, Key], tuple[int, int]] = defaultdict(lambda: (0, 0))
    places = [_place(value, named[0]) for value in values]
    for value, place in zip(values, places, strict=True):
        (above, below), (mine, of_all) = wholes[place], _counts(value)
        wholes[place] = (above + mine, below + of_all)
    return [_compared(value, wholes[place]) for value, place in zip(values, places, strict=True)]


def _adds_up(query: Query) -> bool:
    """Whether the slices' sides add up to those of all."""
    metric = query.metric
    is_share = metric.interval == "wilson" and not metric.analysis and query.mode == "cohort"
    return is_share and not any(measure.distinct for measure in query.measures.values())


def _place(value: Value, name: str) -> "tuple[Period, Key]":
    return value.period, tuple(found for other, found in value.by.items() if other != name)


def _compared(value: Value, all_of_them: tuple[int, int]) -> Value:
    mine = _counts(value)
    rest = (all_of_them[0] - mine[0], all_of_them[1] - mine[1])
    flags = {*value.flags}
    if mine[1] and rest[1]:
        own = wilson(*mine) if value.low is None or value.high is None else (value.low, value.high)
        low, high = estimate_difference((mine[0] / mine[1], *own), (rest[0] / rest[1], *wilson(*rest)))
        flags |= {NO_DIFFERENCE} if low <= 0 <= high else set()
    share = rest[0] / rest[1] if rest[1] else None
    return value.changed(
        flags=tuple(sorted(flags)),
        extra={"rest": share, **value.extra},
        units={"rest": Unit.RATIO, **value.units},
    )


def _counts(value: Value | None) -> tuple[int, int]:
    return (int(value.numerator or 0), int(value.denominator or 0)) if value else (0, 0)


def _key(by: Mapping[str, str], names: "Key") -> "Key":
    return tuple(by[name] for name in names)
