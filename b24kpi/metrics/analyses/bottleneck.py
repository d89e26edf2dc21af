"""What each stage would bring if it converted as well as it has been seen to; see `metrics.bottleneck`.

Flags: `narrowest` of its pipeline, among the stages with enough deals; `slowest`, where most of the cycle goes.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from b24kpi.metrics.bottleneck import LEAST, Stage
from b24kpi.metrics.funnel_cohorts import read_cohorts
from b24kpi.metrics.model import Query, Reason, Unit, Value
from b24kpi.metrics.period import Period
from b24kpi.metrics.ratios import as_money

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key

NOTHING = Stage(0, 0, 0)
UNITS = dict.fromkeys(("conversion", "reference", "time_share"), Unit.RATIO)


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """The gain of each stage; in the extra its conversion, the reference, the worth of a point, its share of time."""
    found = read_cohorts(engine, query, by)
    unreadable = engine.unreadable(query.metric)
    marks = _marks(found.stages)
    return [
        _value(
            query,
            period,
            dict(zip(by, key, strict=True)),
            found.stages.get((position, key), NOTHING),
            (*marks.get((position, key), ()), *(("immature",) if (position, key) in found.young else ())),
            unreadable,
        )
        for key in engine.keys(query, by, tuple(found.stages))
        for position, period in enumerate(query.periods)
    ]


def _value(
    query: Query, period: Period, by: dict[str, str], stage: Stage, flags: tuple[str, ...], unreadable: Reason | None
) -> Value:
    young = Reason.NOT_MATURE if "immature" in flags else None
    reason = unreadable or (young if stage.reached else None) or stage.reason
    low, high = (None, None) if reason else stage.bounds
    return Value(
        metric=query.metric.id,
        period=period,
        by=by,
        value=None if reason else _money(stage.gain),
        unit=query.metric.unit,
        n=stage.reached,
        low=None if low is None else low / 100,
        high=None if high is None else high / 100,
        reason=reason,
        flags=tuple(sorted(flags)),
        extra={
            "conversion": None if stage.conversion is None else float(stage.conversion),
            "reference": stage.reference,
            "point_worth": _money(stage.point_worth),
            "time_share": stage.time_share,
        },
        units=UNITS,
    )


def _marks(stages: "Mapping[Cell, Stage]") -> "dict[Cell, tuple[str, ...]]":
    """The narrowest and the slowest stage of each pipeline and combination; of equal ones all."""
    funnels: dict[Cell, dict[Cell, Stage]] = defaultdict(dict)
    for (position, key), stage in stages.items():
        funnels[position, (key[0], *key[2:])][position, key] = stage
    marks: dict[Cell, tuple[str, ...]] = defaultdict(tuple)
    for funnel in funnels.values():
        for cell in _least(funnel, lambda stage: stage.conversion if stage.reached >= LEAST else None):
            marks[cell] += ("narrowest",)
        for cell in _least(funnel, lambda stage: -stage.time_share if stage.time_share else None):
            marks[cell] += ("slowest",)
    return marks


def _least(funnel: "Mapping[Cell, Stage]", figure: "Callable[[Stage], Fraction | float | None]") -> "list[Cell]":
    known = {cell: found for cell, stage in funnel.items() if (found := figure(stage)) is not None}
    least = min(known.values(), default=None)
    return [cell for cell, found in known.items() if found == least]


def _money(hundredths: float | Fraction | None) -> Decimal | None:
    return None if hundredths is None else as_money(Fraction(hundredths))
