"""Values of metrics that are sums, or two sums of which one is divided by the other, last."""

from collections import defaultdict
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from b24kpi.lazy import lazy
from b24kpi.metrics import formula
from b24kpi.metrics.model import Further, Measure, Metric, Number, Query, Reason, Unit, Value
from b24kpi.metrics.needs import lacking
from b24kpi.metrics.passes import all_sums, name_of
from b24kpi.metrics.period import Period
from b24kpi.metrics.statistics.intervals import wilson

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key
    from b24kpi.metrics.passes import Sum
    from b24kpi.metrics.shared import Shared

# A share of fewer cases says little (kpi.md G4).
ENOUGH, SMALL_SAMPLE = 30, "small_sample"
Exact = int | Fraction


@dataclass
class Found:
    """What the statements found for one period and combination."""

    sums: dict[str, Exact] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)
    expected: Mapping[str, Number | None] = field(default_factory=dict)  # of young cohorts


def ratio_values(engine: "Engine", query: Query, by: "Key", shared: "Shared | None" = None) -> list[Value]:
    """One value for each period and combination; a sum over nothing is 0."""
    measures = query.measures
    cells = _gathered(query, by, shared) if shared else sums(engine, measures, query, by)
    if query.metric.nowcast and query.mode == "cohort":
        _add_nowcasts(engine, query, by, cells, shared)
    unreadable, constants = engine.unreadable(query.metric), engine.figures.constants
    sides = (query.metric.numerator, query.metric.denominator)
    reading = _Reading(query, measures, constants, unreadable or lacking(sides, constants), unreadable)
    return [
        reading.value(period, dict(zip(by, key, strict=True)), cells[position, key])
        for key in engine.keys(query, by, tuple(cells))
        for position, period in enumerate(query.periods)
    ]


def as_money(hundredths: Exact) -> Decimal:
    """Exact hundredths → currency units, half to even."""
    return Decimal(round(hundredths)).scaleb(-2)


def sums(engine: "Engine", measures: Mapping[str, Measure], query: Query, by: "Key") -> "dict[Cell, Found]":
    """The sums of every measure for each period and combination; a combination that is absent stands for nothing."""
    found = all_sums(engine, [(measure, by) for measure in measures.values()], query.where)
    return _collected({name: found[name_of(measure), by] for name, measure in measures.items()})


def _gathered(query: Query, by: "Key", shared: "Shared") -> "dict[Cell, Found]":
    """Flagged by what the value itself is made of: figures beside it say nothing of it."""
    metric = query.metric
    own = formula.names(metric.numerator) | (formula.names(metric.denominator) if metric.denominator else frozenset())
    return _collected({name: shared.sums(measure, by) for name, measure in query.measures.items()}, own)


def _collected(
    parts: "Mapping[str, Mapping[Cell, Sum]]", flagging: Container[str] | None = None
) -> "dict[Cell, Found]":
    cells: dict[Cell, Found] = defaultdict(Found)
    for name, part in parts.items():
        is_flagging = flagging is None or name in flagging
        for cell, (total, flags) in part.items():
            found = cells[cell]
            found.sums[name] = total
            if flags and is_flagging:
                found.flags.update(flags)
    return cells


def _add_nowcasts(
    engine: "Engine", query: Query, by: "Key", cells: "dict[Cell, Found]", shared: "Shared | None"
) -> None:
    from b24kpi.metrics.maturity import nowcasts  # numpy takes a tenth of a second to load

    for cell, expected in nowcasts(engine, query, by, shared).items():
        cells[cell].expected = expected


@dataclass(frozen=True)
class _Reading:
    """What the values of one query have in common.

    Attributes:
        reason: why none of them tells anything; `unreadable`: why the further figures do not either.
    """

    query: Query
    measures: Mapping[str, Measure]
    constants: Mapping[str, Fraction | None]
    reason: Reason | None
    unreadable: Reason | None

    @lazy
    def _nothing(self) -> dict[str, Exact]:
        """What formulas find where no row counts: measures that are 0, and what people gave."""
        return dict.fromkeys(self.measures, 0) | {name: given or 0 for name, given in self.constants.items()}

    @lazy
    def _in_money(self) -> tuple[bool, bool]:
        """Whether each side is money: where one of its measures is."""
        sides = (self.query.metric.numerator, self.query.metric.denominator)
        above, below = (formula.names(side) if side else frozenset() for side in sides)
        money = {name for name, measure in self.measures.items() if "money" in measure.add}
        return bool(above & money), bool(below & money)

    def value(self, period: Period, by: Mapping[str, str], found: Found) -> Value:
        metric = self.query.metric
        known = {**self._nothing, **found.sums}
        above = formula.evaluate(metric.numerator, known)
        below = formula.evaluate(metric.denominator, known) if metric.denominator else None
        reason = self.reason or _missing(metric, known, below)
        whole = above if below is None else below
        is_rate = (
            metric.interval == "wilson" and self.query.mode == "cohort" and below and 0 <= above <= below and not reason
        )
        low, high = wilson(int(above), int(below or 0)) if is_rate else (None, None)
        marks = [*found.flags, *(["immature"] if found.expected else [])]
        marks += [SMALL_SAMPLE] if is_rate and below is not None and below < ENOUGH else []
        return Value(
            metric=metric.id,
            period=period,
            by=by,
            value=None if reason else _quotient(above, below, metric.unit),
            unit=metric.unit,
            numerator=_side(above, is_money=self._in_money[0]),
            denominator=None if below is None else _side(below, is_money=self._in_money[1]),
            n=int(formula.evaluate(metric.sample, known) if metric.sample else whole),
            low=low,
            high=high,
            reason=reason,
            flags=tuple(sorted(marks)),
            extra={**found.expected, **self._further(known)},
            units=self._units,
        )

    @lazy
    def _told(self) -> frozenset[str]:
        """Further figures of which all is given."""
        parts = {} if self.unreadable else self.query.metric.further
        sides = {name: (part.numerator, part.denominator) for name, part in parts.items()}
        return frozenset(name for name, both in sides.items() if not lacking(both, self.constants))

    @lazy
    def _units(self) -> dict[str, Unit]:
        return {name: part.unit for name, part in self.query.metric.further.items()}

    def _further(self, known: Mapping[str, Exact]) -> dict[str, Number | None]:
        further = self.query.metric.further.items()
        return {name: _further(part, known) if name in self._told else None for name, part in further}


def _further(part: Further, known: Mapping[str, Exact]) -> Number | None:
    """A further figure; None where it is undefined."""
    above = formula.evaluate(part.numerator, known)
    below = formula.evaluate(part.denominator, known) if part.denominator else 1
    return _exactly(above, below, part.unit) if below else None


def _missing(metric: Metric, known: Mapping[str, Exact], below: Exact | None) -> Reason | None:
    if metric.required and not formula.evaluate(metric.required, known):
        return Reason.NOT_CONFIGURED
    if below == 0:
        return Reason.NOT_MATURE if metric.ripening else Reason.NO_EVENTS
    if metric.occurring and not formula.evaluate(metric.occurring, known):
        return Reason.NO_EVENTS
    return None


def _quotient(above: Exact, below: Exact | None, unit: Unit) -> Number:
    if below is None:
        return _in_unit(above, unit)
    return _exactly(above, below, unit)


def _exactly(above: Exact, below: Exact, unit: Unit) -> Number:
    """Divided once; whole numbers by Python itself are rounded as their fraction is."""
    if unit not in (Unit.MONEY, Unit.COUNT) and isinstance(above, int) and isinstance(below, int):
        return above / below
    return _in_unit(Fraction(above) / below, unit)


def _in_unit(exact: Exact, unit: Unit) -> Number:
    if unit is Unit.MONEY:
        return as_money(exact)
    return int(exact) if unit is Unit.COUNT else float(exact)


def _side(exact: Exact, *, is_money: bool) -> Number:
    """A side of a ratio in its own unit."""
    return as_money(exact) if is_money else int(exact)
