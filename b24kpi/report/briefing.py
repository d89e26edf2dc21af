"""A short account of a period for who has a minute: sentences, a few values, what is to be known of the data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from b24kpi.metrics.engine import Engine
from b24kpi.metrics.period import Grain, Period
from b24kpi.report.build import Ask, compose
from b24kpi.report.elapsed import Elapsed
from b24kpi.report.model import Entry, Report
from b24kpi.report.morning import (
    SALES,
    against,
    cause_sentence,
    change_of_sum,
    change_text,
    days_before,
    is_sum_of_days,
    sales_sentence,
)
from b24kpi.report.why import WhyAsk, diagnose
from b24kpi.report.wording import Wording

IMMATURE = "immature"
# More than so many figures nobody takes in at a glance.
MOST_FIGURES = 9


@dataclass(frozen=True)
class Figure:
    """A value in words; `remark` is its change with what it is compared with, or why there is none, "" for neither."""

    name: str
    value: str
    remark: str


@dataclass(frozen=True)
class Briefing:
    """How a period stands.

    Attributes:
        report: the values that are told, and no others.
        sentences: what was sold, how that is to the plan, and why; empty where sales are not known.
        notes: up to when the data reach, and what of them is missing.
    """

    report: Report
    sentences: tuple[str, ...]
    figures: tuple[Figure, ...]
    notes: tuple[str, ...]


def brief(engine: Engine, metrics: Sequence[str], grain: Grain, *, currency: str, wording: Wording) -> Briefing:
    """The present period in short; on its first day, of which little is known yet, the one before.

    Args:
        metrics: ids, in the order in which they are to be told; the first `MOST_FIGURES` are.

    Raises:
        BadInput: a metric that does not exist.
    """
    elapsed = _told(datetime.fromtimestamp(engine.as_of, engine.zone).date(), grain)
    found = compose(engine, _asks(engine, metrics, elapsed), currency=currency, language=wording.language)
    present = {entry.value.metric: entry for entry in found.entries if _is_told(entry, elapsed.period)}
    sales = present.get(SALES)
    said = sales_sentence(sales, elapsed, wording) if sales else ""
    told = [present[name] for name in dict.fromkeys(metrics) if name in present][:MOST_FIGURES]
    return Briefing(
        report=Report(found.as_of, found.time_zone, currency, found.coverage, tuple(told)),
        sentences=tuple(filter(None, (said, _cause(engine, elapsed, currency, wording) if said else ""))),
        figures=tuple(_figure(engine, entry, found.entries, elapsed, wording) for entry in told),
        notes=tuple(filter(None, _notes(engine, found, wording))),
    )


def _told(today: date, grain: Grain) -> Elapsed:
    period = Period.containing(today, grain)
    return Elapsed(period.previous if period.start == today else period, today)


def _asks(engine: Engine, metrics: Sequence[str], elapsed: Elapsed) -> list[Ask]:
    """The period's values, sales for the sentence, and the days that sums are compared with."""
    period, names = elapsed.period, tuple(dict.fromkeys((*metrics, SALES)))
    sums = [name for name in names if is_sum_of_days(engine.catalogue.find(name))]
    return [Ask(names, period.grain, period.start, period.end), *days_before(elapsed, sums)]


def _is_told(entry: Entry, period: Period) -> bool:
    return entry.value.period == period and not entry.value.by


def _cause(engine: Engine, elapsed: Elapsed, currency: str, wording: Wording) -> str:
    ask = WhyAsk(SALES, elapsed.so_far, elapsed.comparable)
    change = diagnose(engine, ask, currency=currency, language=wording.language)
    return cause_sentence(change, elapsed, wording)


def _figure(engine: Engine, entry: Entry, entries: Sequence[Entry], elapsed: Elapsed, wording: Wording) -> Figure:
    value = entry.value
    remark = _change(engine, entry, entries, elapsed, wording)
    if value.value is None and value.reason is not None:
        remark = wording.reason(value.reason, value.metric)
    return Figure(wording.name(value.metric), wording.at_a_glance(value.value, value.unit), remark)


def _change(engine: Engine, entry: Entry, entries: Sequence[Entry], elapsed: Elapsed, wording: Wording) -> str:
    """What is still ripening, or reckoned from a part of the period alone, is not compared with what is complete."""
    value, metric = entry.value, engine.catalogue.find(entry.value.metric)
    if IMMATURE in value.flags:
        return wording.known("flag", IMMATURE)
    if metric.analysis and elapsed.is_unfinished:
        return ""
    same_days = elapsed.is_unfinished and is_sum_of_days(metric)
    delta = change_of_sum(entry, entries) if same_days else entry.delta
    if delta is None:
        return ""
    change = change_text(value.value, delta, value.unit, wording)
    return f"{change}, {against(elapsed, wording, same_days=same_days)}"


def _notes(engine: Engine, report: Report, wording: Wording) -> Iterator[str]:
    used = dict.fromkeys(entry.value.metric for entry in report.entries)
    yield wording.incomplete(
        (stream for name in used for stream in engine.catalogue.find(name).inputs), report.coverage
    )
    yield wording.say("morning.as_of", moment=wording.moment(report.as_of, report.time_zone))
