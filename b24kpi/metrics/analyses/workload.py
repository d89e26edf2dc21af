"""How much lies on one person: what is open at the end of a period, over the people who have something open."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from b24kpi.metrics.model import Query, Reason, Unit, Value
from b24kpi.metrics.period import Period
from b24kpi.metrics.ratios import ratio_values
from b24kpi.metrics.spread import median

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """The metric's numerator per person; `to_median` is that over the median of all people of the period.

    What nobody is responsible for lies on nobody.
    """
    plain = ratio_values(engine, query, by)
    loads, team = _loads(engine, query, by), _loads(engine, query, ())
    return [
        _per_person(value, loads.get((value.period, tuple(value.by.values())), []), team.get((value.period, ()), []))
        for value in plain
    ]


def _loads(engine: "Engine", query: Query, by: "Key") -> "Mapping[tuple[Period, Key], list[int]]":
    """Period and combination → how much lies on each of the people."""
    found: dict[tuple[Period, Key], list[int]] = defaultdict(list)
    with_manager = by if "manager" in by else (*by, "manager")
    for value in ratio_values(engine, query, with_manager):
        if value.by["manager"] and value.numerator:
            found[value.period, tuple(value.by[name] for name in by)].append(int(value.numerator))
    return found


def _per_person(value: Value, mine: list[int], everybody: list[int]) -> Value:
    middle = median(everybody)
    reason = value.reason or (None if mine else Reason.NO_EVENTS)
    mean = Fraction(sum(mine), len(mine)) if mine else None
    told = None if reason is not None or mean is None else mean
    compared = float(told / middle) if told is not None and middle else None
    return replace(
        value,
        value=None if told is None else float(told),
        numerator=sum(mine),
        denominator=len(mine),
        n=sum(mine),
        reason=reason,
        extra={**value.extra, "to_median": compared},
        units={**value.units, "to_median": Unit.NUMBER},
    )
