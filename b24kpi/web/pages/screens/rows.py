"""The rows behind one number: those that count, those that nearly did, each with why."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from b24kpi.errors import BadInput
from b24kpi.metrics.model import Metric, Number, Unit
from b24kpi.report.explain import Explanation, Row
from b24kpi.report.row_words import NUMERIC, PARTIES, RowWords
from b24kpi.web.pages.dates import day_text
from b24kpi.web.pages.model import Block, Card, Cell, Grid, Head, Screen, Words
from b24kpi.web.pages.view import View

SHOWN = 100
_PATHS = {"deal_id": "deal", "lead_id": "lead"}


def build(view: View, metric: Metric, slices: Mapping[str, str]) -> Screen:
    """The explanation of a value.

    Raises:
        BadInput: the metric has no such dimension, or there is no such value.
    """
    found = view.answers.explain(metric.id, view.filters.period, slices, attribution=view.filters.attribution)
    blocks: list[Block] = [_head(view, metric, found, slices)]
    if found.value.value.reason is not None:
        blocks.append(Words((view.wording.reason(found.value.value.reason, metric.id),), "warn"))
    names = Names(view)
    counted = view.wording.say("cli.explain.included", count=len(found.included))
    blocks.append(_grid(view, "included", counted, found.included, found.columns, names))
    if found.near_misses:
        title = view.wording.say("cli.explain.near_misses", count=len(found.near_misses))
        blocks.append(_grid(view, "near", title, found.near_misses, found.columns, names))
    title = f"{view.wording.name(metric.id)}, {view.period}"
    incomplete = view.incomplete([metric], view.answers.coverage())
    return Screen("rows", title, view.answers.as_of, incomplete, tuple(blocks), (found.total,))


def check(view: View, metric: Metric, slices: Mapping[str, str]) -> None:
    """Refuse what a viewer may not see.

    Raises:
        BadInput: the figure cannot be cut to the viewer's own.
    """
    own = view.filters.own
    if own and ("manager" not in (*metric.dimensions, *metric.fixed) or slices.get("manager") != own):
        raise BadInput("web.own_only")


def _head(view: View, metric: Metric, found: Explanation, slices: Mapping[str, str]) -> Card:
    """The value with all that is to be known about it."""
    value, words = found.value.value, view.wording
    labels = found.value.labels
    lines = [
        (words.dimension(name), labels.get(name) or view.answers.names(name).get(key, "") or key or "—")
        for name, key in slices.items()
    ]
    facts = view.facts(found.value)
    lines += [(view.say("about"), "; ".join(facts))] if facts else []
    lines += [(view.say("means"), metric.helps[words.language])]
    lines += [(words.say("cli.metrics.formula"), metric.formulas[words.language])]
    shown = Cell(words.number(value.value, value.unit), value=value.value, unit=value.unit)
    further = tuple(
        (words.known("extra", name), Cell(words.number(figure, value.unit_of(name)), value=figure))
        for name, figure in value.extra.items()
        if figure is not None
    )
    return Card("value", words.name(metric.id), tuple(lines), ((view.period, shown), *further))


def _grid(view: View, name: str, title: str, rows: Sequence[Row], columns: Sequence[str], names: "Names") -> Grid:
    heads = (
        *(Head(view.wording.known("row", column), column in NUMERIC) for column in columns),
        Head(view.wording.say("cli.explain.why")),
    )
    cells = tuple(
        (*(names.cell(column, row.cells.get(column, "")) for column in columns), Cell(row.why)) for row in rows
    )
    return Grid(name, title, heads, cells, empty=view.wording.say("report.no_rows"), shown=SHOWN)


class Names:
    """Cells of facts for people: names instead of ids, links into the portal."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._words = RowWords(view.wording, view.answers.names, view.answers.zone.key)

    def cell(self, column: str, value: Any) -> Cell:
        """One cell of a row."""
        text = self._words.text(column, value)
        if not text:
            return Cell("")
        if column in _PATHS:
            return Cell(text, path=self._view.deal(int(value), _PATHS[column]), value=int(value))
        if column in PARTIES:
            return Cell(text, path=_party_path(str(value)))
        if column == "day" or column.endswith("_day"):
            return Cell(day_text(date.fromisoformat(text), self._view.wording.language), mood="day")
        if column in NUMERIC and isinstance(value, Number):
            return Cell(text, value=value, unit=Unit.MONEY if column == "money" else None)
        return Cell(text)


def _party_path(value: str) -> str:
    kind, _, number = value.partition(":")
    return f"/crm/{kind}/details/{number}/" if kind in ("company", "contact", "lead", "deal") and number else ""
