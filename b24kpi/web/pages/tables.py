"""Tables of reports as grids of a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from b24kpi.metrics.model import Unit
from b24kpi.report.model import Entry
from b24kpi.report.table import Table
from b24kpi.web.pages.dates import headed, tailed
from b24kpi.web.pages.model import Cell, Grid, Head
from b24kpi.web.pages.view import View, at_a_glance

SHOWN = 25  # rows of a table on a page


@dataclass(frozen=True)
class Setting:
    """How a table of slices is set.

    Attributes:
        nameless: what stands for the empty value, which then has a row in any case, the last one.
        whole: entries of all slices together, for a row at the end; none without them.
        titles: (metric, further figure) → a shorter head than its full name.
        notes: lines under the table.
    """

    nameless: str = ""
    whole: Sequence[Entry] = ()
    titles: Mapping[tuple[str, str], str] = field(default_factory=dict)
    notes: Sequence[str] = ()


PLAIN = Setting()


def of_table(table: Table, name: str, title: str, notes: Sequence[str] = ()) -> Grid:
    """A table for people as it is."""
    heads = tuple(Head(column.title, column.numeric) for column in table.columns)
    rows = tuple(tuple(Cell(text) for text in row) for row in table.rows)
    return Grid(name, title, heads, rows, tuple(notes), shown=SHOWN)


def pivot(
    view: View,
    name: str,
    title: str,
    dimension: str,
    entries: Sequence[Entry],
    metrics: Sequence[tuple[str, str]],
    *,
    by_size: bool = True,
    setting: Setting = PLAIN,
) -> Grid:
    """A row for each value of a dimension, a column for each (metric, further figure of it or "").

    Rows by the first column, the largest first, or without `by_size` by the value itself.
    """
    found: dict[str, dict[str, Entry]] = {}
    for entry in filter(_says_something, entries):
        found.setdefault(entry.value.by.get(dimension, ""), {})[entry.value.metric] = entry
    if setting.nameless:
        found.setdefault("", {})
    asked = {entry.value.metric for entry in (*entries, *setting.whole)}
    shown = [(metric, extra) for metric, extra in metrics if metric in asked]
    heads = (Head(view.wording.dimension(dimension)), *(_titled(view, each, setting) for each in shown))
    order = sorted(found, key=lambda key: (_is_last(key, setting), -_size(found[key], shown) if by_size else 0.0, key))
    rows = [_row(view, dimension, key, found[key], shown, setting) for key in order]
    if setting.whole:
        together = {entry.value.metric: entry for entry in setting.whole}
        rows.append((Cell(headed(view.wording.say("report.all")), mood="whole"), *_cells(view, together, shown)))
    return Grid(
        name, title, heads, tuple(rows), tuple(setting.notes), empty=view.wording.say("report.no_rows"), shown=SHOWN
    )


def _is_last(key: str, setting: Setting) -> bool:
    return not key and bool(setting.nameless)


def _titled(view: View, column: tuple[str, str], setting: Setting) -> Head:
    head = _head(view, *column)
    return Head(setting.titles.get(column, head.title), True, head.hint)


def _row(
    view: View,
    dimension: str,
    key: str,
    entries: Mapping[str, Entry],
    shown: Sequence[tuple[str, str]],
    setting: Setting,
) -> tuple[Cell, ...]:
    label = next((entry.labels[dimension] for entry in entries.values() if dimension in entry.labels), "")
    first = Cell(label or key or setting.nameless or view.wording.say("report.empty"), mood="" if key else "quiet")
    return (first, *_cells(view, entries, shown))


def _cells(view: View, entries: Mapping[str, Entry], shown: Sequence[tuple[str, str]]) -> tuple[Cell, ...]:
    return tuple(
        view.number(entries[metric], extra) if metric in entries else _nothing(view, metric, extra)
        for metric, extra in shown
    )


def _nothing(view: View, metric: str, extra: str) -> Cell:
    """What stands where nothing of a slice was found: a sum is 0 then."""
    further = view.answers.catalogue.find(metric).further.get(extra)
    if further is None or further.denominator:
        return Cell("—", mood="quiet")
    return Cell(at_a_glance(0, further.unit, view.wording), mood="quiet", value=0, unit=further.unit)


def _head(view: View, metric: str, extra: str) -> Head:
    name = view.wording.name(metric)
    title = f"{name}: {tailed(view.wording.known('extra', extra))}" if extra else name
    return Head(title, True, view.answers.catalogue.find(metric).helps[view.wording.language])


def _says_something(entry: Entry) -> bool:
    """An empty row for a value that nobody uses says nothing."""
    return entry.value.value is not None or entry.value.n > 0


def _size(entries: Mapping[str, Entry], shown: Sequence[tuple[str, str]]) -> float:
    metric, extra = shown[0] if shown else ("", "")
    first = entries.get(metric)
    if first is None:
        return 0.0
    return float((first.value.extra.get(extra) if extra else first.value.value) or 0)


def series(view: View, name: str, title: str, entries: Sequence[Entry], metrics: Sequence[tuple[str, str]]) -> Grid:
    """A row for each metric or further figure of one: name, value, interval, change, sample."""
    heads = tuple(
        Head(view.wording.say(f"report.column.{key}"), key != "metric")
        for key in ("metric", "value", "interval", "change", "n")
    )
    known = {entry.value.metric: entry for entry in entries}
    rows = tuple(
        _line(view, known[metric], extra) if metric in known else _silent(view, metric, extra)
        for metric, extra in metrics
        if metric in known or not extra
    )
    return Grid(name, title, heads, rows)


def _line(view: View, entry: Entry, extra: str) -> tuple[Cell, ...]:
    value, words = entry.value, view.wording
    head = _head(view, value.metric, extra)
    if extra:
        return (Cell(f"· {words.known('extra', extra)}", mood="quiet"), view.number(entry, extra), *[Cell("")] * 3)
    interval = words.interval(value.low, value.high, value.unit)
    change = Cell(words.change(entry.delta, value.unit, value.value), mood=mood(view, entry), value=entry.delta)
    if value.value is None and value.reason is not None:
        interval = words.reason(value.reason, value.metric)
    size = Cell(words.number(value.n, Unit.COUNT), value=value.n, unit=Unit.COUNT)
    return Cell(head.title, hint=head.hint), view.number(entry), Cell(interval, mood="quiet"), change, size


def _silent(view: View, metric: str, extra: str) -> tuple[Cell, ...]:
    name = Cell(_head(view, metric, extra).title)
    return name, Cell("—", mood="quiet"), Cell(view.unanswered(metric), mood="quiet"), Cell("—"), Cell("")


def mood(view: View, entry: Entry) -> str:
    """Whether a change is good, by the direction that the metric calls better; "" where that cannot be said yet."""
    metric = view.answers.catalogue.find(entry.value.metric)
    is_sum = not (metric.denominator or metric.durations) and entry.value.unit in (Unit.COUNT, Unit.MONEY)
    if not entry.delta or "immature" in entry.value.flags or (view.filters.is_unfinished and is_sum):
        return ""
    if _is_noise(entry):
        return ""
    rises = metric.better == "up"
    return "good" if (entry.delta > 0) == rises else "bad"


def _is_noise(entry: Entry) -> bool:
    """Whether the interval of the value, which may be open to one side, covers the value of the period before."""
    low, high, before = entry.value.low, entry.value.high, entry.previous
    if before is None or (low is None and high is None):
        return False
    return (low is None or low <= float(before)) and (high is None or float(before) <= high)
