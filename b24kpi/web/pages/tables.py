"""Tables of reports as grids of a page."""

from collections.abc import Mapping, Sequence

from b24kpi.metrics.model import Unit
from b24kpi.report.model import Entry
from b24kpi.report.table import Table
from b24kpi.web.pages.dates import tailed
from b24kpi.web.pages.model import Cell, Grid, Head
from b24kpi.web.pages.view import View

SHOWN = 25  # rows of a table on a page


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
) -> Grid:
    """A row for each value of a dimension, a column for each (metric, further figure of it or "").

    Rows by the first column, the largest first, or without `by_size` by the value itself.
    """
    found: dict[str, dict[str, Entry]] = {}
    for entry in filter(_says_something, entries):
        found.setdefault(entry.value.by.get(dimension, ""), {})[entry.value.metric] = entry
    asked = {entry.value.metric for entry in entries}
    shown = [(metric, extra) for metric, extra in metrics if metric in asked]
    heads = (Head(view.wording.dimension(dimension)), *(_head(view, metric, extra) for metric, extra in shown))
    order = sorted(found, key=lambda key: (-_size(found[key], shown) if by_size else 0.0, key))
    rows = tuple(_row(view, dimension, key, found[key], shown) for key in order)
    return Grid(name, title, heads, rows, empty=view.wording.say("report.no_rows"), shown=SHOWN)


def _row(
    view: View, dimension: str, key: str, entries: Mapping[str, Entry], shown: Sequence[tuple[str, str]]
) -> tuple[Cell, ...]:
    label = next((entry.labels[dimension] for entry in entries.values() if dimension in entry.labels), "")
    first = Cell(label or key or view.wording.say("report.empty"), mood="" if key else "quiet")
    return (first, *(_cell(view, entries.get(metric), extra) for metric, extra in shown))


def _cell(view: View, entry: Entry | None, extra: str) -> Cell:
    if entry is None:
        return Cell("—", mood="quiet")
    return view.number(entry, extra)


def _head(view: View, metric: str, extra: str) -> Head:
    name = view.wording.name(metric)
    title = f"{name}: {tailed(view.wording.known('extra', extra))}" if extra else name
    return Head(title, True, view.answers.catalogue.find(metric).helps[view.wording.language])


def _says_something(entry: Entry) -> bool:
    """An empty row for a value that nobody uses says nothing."""
    return entry.value.value is not None or entry.value.n > 0


def _size(entries: Mapping[str, Entry], shown: Sequence[tuple[str, str]]) -> float:
    first = entries.get(shown[0][0]) if shown else None
    return float(first.value.value or 0) if first else 0.0


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
