"""Values of metrics that are sums, or two sums of which one is divided by the other, last."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from b24kpi.metrics import formula
from b24kpi.metrics.model import Measure, Metric, Number, Query, Reason, Unit, Value
from b24kpi.metrics.period import Period
from b24kpi.metrics.statistics.intervals import wilson

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key
    from b24kpi.metrics.shared import Shared

CENT = Decimal("0.01")
Exact = int | Fraction


@dataclass
class Found:
    """What the statements found for one period and combination."""

    sums: dict[str, Exact] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)
    is_young: bool = False
    nowcast: float | None = None


def ratio_values(engine: "Engine", query: Query, by: "Key", shared: "Shared") -> list[Value]:
    """One value for each period and combination; a sum over nothing is 0."""
    measures = query.measures
    cells = _sums(measures, by, shared)
    if query.metric.nowcast and query.mode == "cohort":
        _add_nowcasts(engine, query, by, cells, shared)
    unreadable = engine.unreadable(query.metric)
    return [
        _value(
            query,
            measures,
            engine.figures.constants,
            unreadable,
            period,
            dict(zip(by, key, strict=True)),
            cells[position, key],
        )
        for key in engine.keys(query, by, tuple(cells))
        for position, period in enumerate(query.periods)
    ]


def as_money(hundredths: Exact) -> Decimal:
    """Exact hundredths → currency units, half to even."""
    return (Decimal(round(hundredths)) * CENT).quantize(CENT)


def _sums(measures: Mapping[str, Measure], by: "Key", shared: "Shared") -> "dict[Cell, Found]":
    cells: dict[Cell, Found] = defaultdict(Found)
    for name, measure in measures.items():
        for cell, found in shared.sums(measure, by).items():
            cells[cell].sums[name] = found.total
            cells[cell].flags.update(found.flags)
    return cells


def _add_nowcasts(engine: "Engine", query: Query, by: "Key", cells: "dict[Cell, Found]", shared: "Shared") -> None:
    from b24kpi.metrics.maturity import nowcasts  # numpy takes a tenth of a second to load

    for cell, (is_young, expected) in nowcasts(engine, query, by, shared).items():
        cells[cell].is_young, cells[cell].nowcast = is_young, expected


def _value(
    query: Query,
    measures: Mapping[str, Measure],
    constants: Mapping[str, Fraction | None],
    unreadable: Reason | None,
    period: Period,
    by: Mapping[str, str],
    found: Found,
) -> Value:
    metric = query.metric
    known = {name: found.sums.get(name, 0) for name in measures}
    known |= {name: given or 0 for name, given in constants.items()}
    above = formula.evaluate(metric.numerator, known)
    below = formula.evaluate(metric.denominator, known) if metric.denominator else None
    reason = unreadable or _not_given(metric, constants) or _missing(metric, known, below)
    whole = above if below is None else below
    is_rate = metric.interval and query.mode == "cohort" and below and not reason
    low, high = wilson(int(above), int(below or 0)) if is_rate else (None, None)
    return Value(
        metric=metric.id,
        period=period,
        by=by,
        value=None if reason else _in_unit(above if below is None else Fraction(above) / below, metric.unit),
        unit=metric.unit,
        numerator=_side(metric.numerator, measures, above),
        denominator=None if below is None else _side(metric.denominator, measures, below),
        n=int(formula.evaluate(metric.sample, known) if metric.sample else whole),
        low=low,
        high=high,
        reason=reason,
        flags=tuple(sorted(found.flags | ({"immature"} if found.is_young else set()))),
        extra={"nowcast": found.nowcast} if found.is_young else {},
    )


def _not_given(metric: Metric, constants: Mapping[str, Fraction | None]) -> Reason | None:
    used = formula.names(metric.numerator) | (formula.names(metric.denominator) if metric.denominator else set())
    return Reason.NOT_CONFIGURED if any(name in constants and constants[name] is None for name in used) else None


def _missing(metric: Metric, known: Mapping[str, Exact], below: Exact | None) -> Reason | None:
    if metric.required and not known[metric.required]:
        return Reason.NOT_CONFIGURED
    if below == 0:
        return Reason.NOT_MATURE if metric.ripening else Reason.NO_EVENTS
    return None


def _in_unit(exact: Exact, unit: Unit) -> Number:
    if unit is Unit.MONEY:
        return as_money(exact)
    return int(exact) if unit is Unit.COUNT else float(exact)


def _side(text: str, measures: Mapping[str, Measure], exact: Exact) -> Number:
    """A side of a ratio in its own unit: money where its measures are money."""
    is_money = any("money" in measures[name].add for name in formula.names(text) if name in measures)
    return as_money(exact) if is_money else int(exact)
