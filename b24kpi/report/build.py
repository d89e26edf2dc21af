"""What was asked → a report: periods, values, names, comparison with the period before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from b24kpi.metrics.catalogue import find, load
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Metric, Number, Query, Value
from b24kpi.metrics.period import Grain, Period, latest, periods
from b24kpi.report.labels import Labels
from b24kpi.report.model import Entry, Report

COMPLETE_PERIODS = 12


@dataclass(frozen=True)
class Ask:
    """What a report shall hold.

    Attributes:
        metrics: ids; none means all.
        start, end: half-open local dates; without them the last 12 complete periods and the present one.
        mode: `cohort` or `flow`, for conversions that have both.
    """

    metrics: tuple[str, ...] = ()
    grain: Grain = Grain.MONTH
    start: date | None = None
    end: date | None = None
    by: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    mode: str = "cohort"
    count: int = COMPLETE_PERIODS


def compose(engine: Engine, asks: Sequence[Ask], *, currency: str, language: str) -> Report:
    """One report of everything that was asked; what is asked twice is in it once.

    Raises:
        BadInput: a metric, dimension or mode that does not exist.
    """
    labels = Labels(engine.store, language)
    questions = [(query, wanted) for ask in asks for query, wanted in _questions(engine, ask)]
    answers = engine.all_values([query for query, _ in questions])
    compared = (_compared(found, wanted, labels) for found, (_, wanted) in zip(answers, questions, strict=True))
    entries = {entry_order(entry): entry for each in compared for entry in each}
    return Report(
        as_of=engine.as_of,
        time_zone=engine.zone.key,
        currency=currency,
        coverage=engine.coverage,
        entries=tuple(entries[order] for order in sorted(entries)),
    )


def entry_order(entry: Entry) -> tuple[str, date, tuple[tuple[str, str], ...], str]:
    """Sorted by metric, period, dimension values."""
    value = entry.value
    return value.metric, value.period.start, tuple(sorted(value.by.items())), value.period.label


def _questions(engine: Engine, ask: Ask) -> Iterator[tuple[Query, list[Period]]]:
    """Queries, each with the periods that are wanted of it; the period before them is for comparison."""
    wanted = _periods(ask, datetime.fromtimestamp(engine.as_of, engine.zone).date())
    if not wanted:
        return
    for metric in [find(name) for name in ask.metrics] if ask.metrics else _answering(ask):
        mode = ask.mode if metric.flow or ask.metrics else "cohort"
        yield Query(metric, (wanted[0].previous, *wanted), ask.by, ask.where, mode), wanted


def _answering(ask: Ask) -> list[Metric]:
    """Without names: every metric that can be sliced as asked."""
    asked = {*ask.by, *ask.where}
    return [metric for metric in load() if asked <= {*metric.dimensions, *metric.fixed}]


def _periods(ask: Ask, today: date) -> list[Period]:
    usual = latest(ask.count, today, ask.grain)
    if ask.start is None and ask.end is None:
        return usual
    end = ask.end or usual[-1].end
    if ask.start is not None:
        return periods(ask.start, end, ask.grain)
    return latest(ask.count, end - timedelta(days=1), ask.grain)


def _compared(values: Sequence[Value], wanted: Sequence[Period], labels: Labels) -> list[Entry]:
    """Each value with that of the period before; the period before the first is asked for that alone."""
    known = {(value.period.start, tuple(value.by.items())): value.value for value in values}
    entries = []
    for value in values:
        if value.period.start < wanted[0].start:
            continue
        previous = known.get((value.period.previous.start, tuple(value.by.items())))
        delta = _difference(value.value, previous)
        entries.append(Entry(value, labels.of(value.by), previous, delta, rank=labels.rank(value.by)))
    return entries


def _difference(now: Number | None, before: Number | None) -> Number | None:
    if now is None or before is None:
        return None
    return now - before if isinstance(now, Decimal) == isinstance(before, Decimal) else None  # type: ignore[operator]
