"""Questions to our engine, and its values as answers that can be compared."""

from collections.abc import Collection, Iterable, Sequence

from b24kpi.metrics.catalogue import find
from b24kpi.metrics.model import Query, Unit, Value
from b24kpi.metrics.period import Grain, latest
from tests.benchmarks.questions import SLICES, TODAY, Answers, cell


def queries(metrics: Collection[str], count: int) -> list[Query]:
    """Every KPI of the last months by every slicing that it has."""
    periods = tuple(latest(count - 1, TODAY, Grain.MONTH))
    found = [find(name) for name in metrics]
    return [Query(metric, periods, by) for by in SLICES for metric in found if {*by} <= {*metric.dimensions}]


def as_answers(asked: Sequence[Query], values: Iterable[Sequence[Value]]) -> Answers:
    """What the values come to."""
    found: Answers = {query.metric.id: {} for query in asked}
    for query, mine in zip(asked, values, strict=True):
        for value in mine:
            name = query.by[0] if query.by else ""
            month = value.period.start.year * 100 + value.period.start.month
            found[query.metric.id][cell(month, name, value.by.get(name, ""))] = sides(value)
    return found


def sides(value: Value) -> list[float]:
    """Numerator and denominator, of a median its seconds; nothing where there is no value."""
    if value.unit is Unit.DURATION:
        return [] if value.value is None else [float(value.value)]
    return [float(side) for side in (value.numerator, value.denominator) if side is not None]
