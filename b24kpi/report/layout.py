"""A report as tables for people: few periods side by side, many below each other."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from b24kpi.metrics.period import Period
from b24kpi.portal.entities import BY_NAME
from b24kpi.report.grounds import up_to_when
from b24kpi.report.model import Entry, Report
from b24kpi.report.table import Column, Pages, Table
from b24kpi.report.wording import DASH, Wording

# So many periods still fit side by side into 100 columns.
SIDE_BY_SIDE = 4
_DIGITS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def lay_out(report: Report, wording: Wording) -> Pages:
    """Tables and notes: what the marks mean, what is missing, up to when the data reach."""
    sheet = _Sheet(report, wording)
    periods = sorted({entry.value.period for entry in report.entries})
    tables = sheet.side_by_side(periods) if len(periods) <= SIDE_BY_SIDE else sheet.below_each_other()
    return Pages(tuple(tables), (*sheet.notes(),))


def cell(entry: Entry, wording: Wording) -> str:
    """The value alone, a dash where it is undefined."""
    return wording.number(entry.value.value, entry.value.unit)


@dataclass
class _Sheet:
    """Builds tables and gathers what their marks mean."""

    report: Report
    wording: Wording
    marks: dict[str, str] = field(default_factory=dict)

    def side_by_side(self, periods: list[Period]) -> Iterator[Table]:
        """A table for each set of dimensions; a row for each metric and slice, a column for each period."""
        entries = sorted(self._entries(), key=lambda entry: tuple(entry.value.by))
        for dimensions, group in groupby(entries, key=lambda entry: tuple(entry.value.by)):
            heads = [self._head("metric"), *self._dimension_heads(dimensions)]
            heads += [Column(self._period(period), numeric=True) for period in periods]
            yield Table("", tuple(heads), tuple(self._pivot(list(group), periods)))

    def _pivot(self, entries: list[Entry], periods: list[Period]) -> Iterator[tuple[str, ...]]:
        rows: dict[tuple[str, ...], dict[Period, Entry]] = {}
        for entry in entries:
            key = (self.wording.name(entry.value.metric), *self._labels(entry))
            rows.setdefault((entry.value.metric, *entry.value.by.values(), *key), {})[entry.value.period] = entry
        for found in rows.values():
            first = next(iter(found.values()))
            values = (self._marked(found[period]) if period in found else "" for period in periods)
            yield (self.wording.name(first.value.metric), *self._labels(first), *values)

    def _entries(self) -> list[Entry]:
        """In the order of the catalogue, which puts like to like, and funnels from the top."""
        ranks = {metric: rank for rank, metric in enumerate(self.wording.names)}
        entries = sorted(self.report.entries, key=_from_the_top)
        return sorted(entries, key=lambda entry: ranks.get(entry.value.metric, len(ranks)))

    def below_each_other(self) -> Iterator[Table]:
        """A table for each metric; a row for each slice and period, a slice's periods together."""
        for metric, group in groupby(self._entries(), key=lambda entry: entry.value.metric):
            yield self._metric_table(metric, sorted(group, key=_from_the_top))

    def _metric_table(self, metric: str, entries: list[Entry]) -> Table:
        dimensions = tuple(dict.fromkeys(name for entry in entries for name in entry.value.by))
        extras = tuple(dict.fromkeys(name for entry in entries for name in entry.value.extra))
        shown = [name for name, is_shown in self._optional(entries).items() if is_shown]
        heads = [*self._dimension_heads(dimensions), self._head("period")]
        heads += [self._head(name, numeric=True) for name in shown]
        heads += [Column(self.wording.known("extra", name), numeric=True) for name in extras]
        rows = (self._row(entry, dimensions, shown, extras) for entry in entries)
        return Table(self.wording.name(metric), tuple(heads), tuple(rows))

    def _optional(self, entries: list[Entry]) -> dict[str, bool]:
        """Columns of numbers, and whether any of the entries has something to say in them."""
        has_interval = any(entry.value.low is not None or entry.value.high is not None for entry in entries)
        planned = any(entry.target is not None for entry in entries)
        restated = any(entry.published is not None for entry in entries)
        shown = {"value": True, "published": restated, "interval": has_interval, "change": True, "n": True}
        return shown | {"target": planned}

    def _row(
        self, entry: Entry, dimensions: tuple[str, ...], shown: list[str], extras: tuple[str, ...]
    ) -> tuple[str, ...]:
        value, say = entry.value, self.wording
        numbers = {
            "value": self._marked(entry),
            "published": say.number(entry.published.value, value.unit) if entry.published else "",
            "interval": say.interval(value.low, value.high, value.unit),
            "change": say.change(entry.delta, value.unit, value.value),
            "n": str(value.n),
            "target": say.number(entry.target, value.unit),
        }
        further = (say.number(value.extra.get(name), value.unit_of(name)) for name in extras)
        return (*self._labels(entry, dimensions), self._period(value.period), *(numbers[n] for n in shown), *further)

    def _head(self, name: str, *, numeric: bool = False) -> Column:
        return Column(self.wording.say(f"report.column.{name}"), numeric)

    def _dimension_heads(self, dimensions: Iterable[str]) -> list[Column]:
        return [Column(self.wording.dimension(name)) for name in dimensions]

    def _labels(self, entry: Entry, dimensions: Iterable[str] | None = None) -> list[str]:
        return [self._label(entry, name) for name in (entry.value.by if dimensions is None else dimensions)]

    def _label(self, entry: Entry, dimension: str) -> str:
        key = entry.value.by.get(dimension)
        if key is None:
            return self.wording.say("report.all")
        return entry.labels.get(dimension) or key or self.wording.say("report.empty")

    def _period(self, period: Period) -> str:
        return period.label + (self._mark(self.wording.say("report.unfinished")) if period.end > self._today else "")

    def _marked(self, entry: Entry) -> str:
        """The value with marks for the reason of its absence and for its flags."""
        value, say = entry.value, self.wording
        texts = [say.reason(value.reason, value.metric)] if value.reason is not None else []
        texts += [say.known("flag", flag) for flag in value.flags]
        return cell(entry, say) + " ".join(self._mark(text) for text in texts)

    def _mark(self, text: str) -> str:
        return self.marks.setdefault(text, str(len(self.marks) + 1).translate(_DIGITS))

    @property
    def _today(self) -> date:
        return datetime.fromtimestamp(self.report.as_of, UTC).astimezone(ZoneInfo(self.report.time_zone)).date()

    def notes(self) -> Iterator[str]:
        """The legend of the marks, then incomplete streams, then the moment of the data."""
        report, say = self.report, self.wording
        if not report.entries:
            yield say.say("report.no_rows")
        yield from (f"{mark} {DASH} {text}" for text, mark in self.marks.items())
        missing = [
            f"{say.known('stream', name)} ({say.known('state', state)})"
            for name, state in report.coverage.items()
            if state != "complete" and not (BY_NAME[name].optional and state in _MISSED)
        ]
        if missing:
            yield say.say("report.incomplete", streams=", ".join(missing))
        yield up_to_when(report, say)


# An optional stream that the portal lacks is told of where a KPI needs it, by the reason of its null.
_MISSED = ("no_permission", "not_loaded")


def _from_the_top(entry: Entry) -> tuple[str, ...]:
    """By dimension values, stages in the order of their pipeline."""
    return tuple(f"{entry.rank:04}" if name == "stage" else value for name, value in entry.value.by.items())
