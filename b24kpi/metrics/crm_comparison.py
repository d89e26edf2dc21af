"""The same KPI before and after the CRM, and whether the difference may be chance.

Shares are those of all cases of a side (Newcombe's interval), durations the Kaplan-Meier median of all of them; money
and counts are means of the months' values, of the same months as a mean of pairs, so that seasons cancel (Student),
else Welch's.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from b24kpi.metrics.catalogue import find
from b24kpi.metrics.crm_windows import Basis, Counterpart, Span
from b24kpi.metrics.model import Metric, Query, Reason, Unit, Value
from b24kpi.metrics.period import Period
from b24kpi.metrics.statistics.intervals import estimate_difference, newcombe
from b24kpi.metrics.statistics.means import Sample, mean_difference, mean_interval

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine

Bounds = tuple[float | None, float | None]
UNKNOWN: Bounds = (None, None)


@dataclass(frozen=True)
class Comparison:
    """A KPI on both sides; money in currency units, shares as fractions, durations in seconds.

    Attributes:
        unit: of all figures; counts of months are means, so decimal numbers.
        low, high: 95 % interval of the difference; None where a side has too little.
        n: cases or months on the side after.
        reason: why there is no difference.
    """

    metric: str
    unit: Unit
    basis: Basis
    before: float | None
    after: float | None
    low: float | None
    high: float | None
    n: int
    flags: tuple[str, ...]
    reason: Reason | None

    @property
    def difference(self) -> float | None:
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def is_clear(self) -> bool | None:
        """Whether the interval leaves out 0; None without one."""
        return None if self.low is None or self.high is None else not self.low <= 0 <= self.high

    def relative(self, amount: float | None) -> float | None:
        """An amount as a share of the side before; None where that is 0 or missing."""
        return amount / self.before if amount is not None and self.before else None


class Values:
    """Values of a metric by period, asked for all at once."""

    def __init__(self, engine: "Engine", metric: Metric, periods: Iterable[Period]) -> None:
        wanted = tuple(dict.fromkeys(periods))
        found = engine.values(Query(metric, wanted)) if wanted else []
        self._found: Mapping[Period, Value] = {value.period: value for value in found}

    def of(self, span: Span | None, *, whole: bool) -> list[Value]:
        """The span as one value, or a value for each month; nothing of no span."""
        if span is None:
            return []
        return [self._found[period] for period in ((span.whole,) if whole else span.months)]


def compare(
    engine: "Engine", name: str, pairs: Sequence[tuple[Span, Counterpart]], history_from: date | None
) -> list[Comparison]:
    """A KPI of each span beside its counterpart; a figure that the settings give wins over the portal's.

    Args:
        name: id of the KPI.
        history_from: the first day of the stage history.
    """
    metric, given = find(name), engine.figures.crm.baseline.get(name)
    whole = metric.unit in (Unit.RATIO, Unit.DURATION)
    sides = [span for after, before in pairs for span in (after, before.span) if span is not None]
    values = Values(engine, metric, (p for span in sides for p in ((span.whole,) if whole else span.months)))
    found = []
    for after, before in pairs:
        earlier = None if given is not None else before.span
        basis = Basis.GIVEN if given is not None else before.basis
        mine, theirs = values.of(after, whole=whole), values.of(earlier, whole=whole)
        flags = {flag for value in (*mine, *theirs) for flag in value.flags}
        if earlier is not None and _is_uncovered(metric, earlier, history_from):
            flags.add("coverage_differs")
        found.append(_compared(metric, basis, mine, theirs, given, flags))
    return found


def history_from(engine: "Engine") -> date | None:
    """The first local day of the stage history of deals; None without any."""
    from b24kpi.facts.functions import as_date, local_day

    moment = engine.store.query(
        "SELECT MIN(created_time) FROM stage_step WHERE entity_type_id = 2 AND deleted_at IS NULL"
    )[0][0]
    day = local_day(moment, engine.zone)
    return None if day is None else as_date(day)


def _is_uncovered(metric: Metric, before: Span, known_from: date | None) -> bool:
    return "deal_step" in metric.inputs and (known_from is None or known_from > before.start)


def _compared(
    metric: Metric,
    basis: Basis,
    after: Sequence[Value],
    before: Sequence[Value],
    given: Fraction | None,
    flags: set[str],
) -> Comparison:
    method = _METHODS.get(metric.unit, _means)
    then = None if given is None else float(given) / (100 if metric.unit is Unit.MONEY else 1)
    earlier, later, (low, high) = method(after, before, then, basis)
    flags |= {"baseline_given"} if basis is Basis.GIVEN else set()
    flags |= {"other_months"} if basis is Basis.OTHER_MONTHS else set()
    return Comparison(
        metric=metric.id,
        unit=Unit.NUMBER if metric.unit is Unit.COUNT else metric.unit,
        basis=basis,
        before=earlier,
        after=later,
        low=low,
        high=high,
        n=after[0].n if metric.unit in _METHODS else len(_numbers(after)),
        flags=tuple(sorted(flags)),
        reason=_reason(after, before, earlier, later),
    )


def _reason(
    after: Sequence[Value], before: Sequence[Value], earlier: float | None, later: float | None
) -> Reason | None:
    if earlier is not None and later is not None:
        return None
    missing = after if later is None else before
    return next((value.reason for value in missing if value.reason), Reason.NO_EVENTS)


# --- methods: values after and before, the figure given → before, after, interval of the difference

Method = Callable[[Sequence[Value], Sequence[Value], float | None, Basis], tuple[float | None, float | None, Bounds]]


def _means(
    after: Sequence[Value], before: Sequence[Value], given: float | None, basis: Basis
) -> tuple[float | None, float | None, Bounds]:
    later, earlier = _numbers(after), _numbers(before)
    then = given if given is not None else _mean(earlier)
    if given is not None:
        return then, _mean(later), _one_sample([number - given for number in later])
    if basis is Basis.SAME_MONTHS and len(later) == len(earlier) == len(after):
        return then, _mean(later), _one_sample([one - other for one, other in zip(later, earlier, strict=True)])
    if min(len(later), len(earlier)) < 2:
        return then, _mean(later), UNKNOWN
    return then, _mean(later), mean_difference(Sample.of(later), Sample.of(earlier))


def _shares(
    after: Sequence[Value], before: Sequence[Value], given: float | None, basis: Basis
) -> tuple[float | None, float | None, Bounds]:
    later, earlier = _number(after), _number(before) if given is None else given
    if later is None or earlier is None:
        return earlier, later, UNKNOWN
    if given is not None:
        return given, later, _moved(after[0], given)
    mine, theirs = (_counts(side[0]) for side in (after, before))
    return earlier, later, newcombe(*mine, *theirs)


def _medians(
    after: Sequence[Value], before: Sequence[Value], given: float | None, basis: Basis
) -> tuple[float | None, float | None, Bounds]:
    later, earlier = _number(after), _number(before) if given is None else given
    if later is None or earlier is None:
        return earlier, later, UNKNOWN
    if given is not None:
        return given, later, _moved(after[0], given)
    one, other = after[0], before[0]
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return earlier, later, UNKNOWN
    return earlier, later, estimate_difference((later, one.low, one.high), (earlier, other.low, other.high))


_METHODS: Mapping[Unit, Method] = {Unit.RATIO: _shares, Unit.DURATION: _medians}


def _number(values: Sequence[Value]) -> float | None:
    return float(values[0].value) if values and values[0].value is not None else None


def _numbers(values: Sequence[Value]) -> list[float]:
    return [float(value.value) for value in values if value.value is not None]


def _mean(numbers: Sequence[float]) -> float | None:
    return sum(numbers) / len(numbers) if numbers else None


def _one_sample(differences: Sequence[float]) -> Bounds:
    return mean_interval(Sample.of(differences)) if len(differences) >= 2 else UNKNOWN


def _moved(value: Value, by: float) -> Bounds:
    low, high = value.low, value.high
    return None if low is None else low - by, None if high is None else high - by


def _counts(value: Value) -> tuple[int, int]:
    return int(value.numerator or 0), int(value.denominator or 0)
