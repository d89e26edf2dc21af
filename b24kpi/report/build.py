"""What was asked → a report: periods, values, names, comparison with the period before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Metric, Number, Query, Value
from b24kpi.metrics.period import Grain, Period, latest, periods
from b24kpi.metrics.targets import Targets
from b24kpi.report.labels import Labels
from b24kpi.report.model import Entry, Report
from b24kpi.report.published import marked

COMPLETE_PERIODS = 12


@dataclass(frozen=True)
class Ask:
    """What a report shall hold.

    Attributes:
        metrics: ids; none means all.
        start, end: half-open local dates; without them the last 12 complete periods and the present one.
        mode: `cohort` or `flow`, for conversions that have both.
        is_choice: the metrics are a choice out of which those are meant that can be sliced as asked.
    """

    metrics: tuple[str, ...] = ()
    grain: Grain = Grain.MONTH
    start: date | None = None
    end: date | None = None
    by: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    mode: str = "cohort"
    count: int = COMPLETE_PERIODS
    is_choice: bool = False


def compose(engine: Engine, asks: Sequence[Ask], *, currency: str, language: str) -> Report:
    """One report of everything that was asked; what is asked twice is in it once.

    Raises:
        BadInput: a metric, dimension or mode that does not exist.
    """
    labels, targets = Labels(engine.store, language, engine.catalogue.dimensions), Targets.of_store(engine.store)
    questions = [(query, ask, wanted) for ask in asks for query, wanted in _questions(engine, ask)]
    answers = engine.all_values([query for query, _, _ in questions])
    entries = {}
    for found, (query, ask, wanted) in zip(answers, questions, strict=True):
        for entry in _entries(engine, query, _Setting(ask, wanted, labels, targets, currency), found):
            entries[entry_order(entry)] = entry
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


@dataclass(frozen=True)
class _Setting:
    """What a value needs to become an entry."""

    ask: Ask
    wanted: list[Period]
    labels: Labels
    targets: Targets
    currency: str


def _entries(engine: Engine, query: Query, setting: _Setting, values: Sequence[Value]) -> list[Entry]:
    compared = _compared(values, setting.wanted, setting.labels)
    aimed = [replace(e, target=_target(e.value, query.metric, setting.ask, setting.targets)) for e in compared]
    return marked(engine, query.metric, aimed, setting.currency) if _is_published(query) else aimed


def _questions(engine: Engine, ask: Ask) -> Iterator[tuple[Query, list[Period]]]:
    """Queries, each with the periods that are wanted of it; the period before them is for comparison."""
    today = datetime.fromtimestamp(engine.as_of, engine.zone).date()
    wanted = [period for period in _periods(ask, today) if period.start <= today or not engine.is_past]
    if not wanted:
        return
    is_named = ask.metrics and not ask.is_choice
    for metric in [engine.catalogue.find(name) for name in ask.metrics] if is_named else _answering(engine, ask):
        mode = ask.mode if metric.flow or is_named else "cohort"
        yield Query(metric, (wanted[0].previous, *wanted), ask.by, ask.where, mode), wanted


def _target(value: Value, metric: Metric, ask: Ask, targets: Targets) -> Number | None:
    """What is planned for what the value tells of."""
    return targets.number(metric, value.period, {**ask.where, **value.by})


def _is_published(query: Query) -> bool:
    """Whether reports that are pushed may hold such values: of all rows, in the usual reading."""
    return not query.where and (query.mode == "cohort" or not query.metric.flow)


def _answering(engine: Engine, ask: Ask) -> list[Metric]:
    """Of a choice, or without names of all metrics: every one that can be sliced as asked."""
    asked = {*ask.by, *ask.where}
    chosen = [engine.catalogue.find(name) for name in ask.metrics] or engine.catalogue.metrics
    return [metric for metric in chosen if asked <= {*metric.dimensions, *metric.fixed}]


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
