"""`b24kpi explain`: the rows behind one number."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from b24kpi.commands.arguments import conditions, moment
from b24kpi.commands.face import Face, common_options, format_option
from b24kpi.commands.session import DONE, opened
from b24kpi.commands.waiting import Question

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from b24kpi.app import App, Explanation, Row
    from b24kpi.metrics.period import Period
    from b24kpi.report.row_words import RowWords
    from b24kpi.report.table import Pages, Table
    from b24kpi.report.wording import Wording


@click.command("explain", cls=Question)
@click.argument("metric")
@click.option("--period", metavar="PERIOD", required=True)
@click.option("--where", metavar="DIM=VALUE", multiple=True)
@click.option("--attribution", type=click.Choice(["first", "last", "linear", "position"]))
@click.option("--as-of", metavar="TIME")
@click.option("--restated", is_flag=True)
@format_option
@common_options
@click.pass_obj
def command(
    face: Face, /, metric: str, output_format: str, attribution: str | None, *, restated: bool, **options: Any
) -> int:
    from b24kpi.commands.output import print_data

    ask = _asked(metric, **options, attribution=attribution or "")
    with opened(face) as app:
        parts = _restated(app, face, ask) if restated else _explained(app, face, ask)
    print_data(output_format, *parts)
    return DONE


@dataclass(frozen=True)
class _Ask:
    """Which number is to be explained, and as it was known when; `attribution` is "" for that of the settings."""

    metric: str
    period: "Period"
    where: "Mapping[str, str]"
    as_of: "date | None"
    attribution: str


def _asked(metric: str, period: str, where: tuple[str, ...], as_of: str | None, attribution: str) -> _Ask:
    from b24kpi.metrics.period import Period

    return _Ask(metric, Period.parse(period), conditions(where), moment(as_of, "--as-of"), attribution)


def _explained(app: "App", face: Face, ask: _Ask) -> "tuple[dict[str, Any], list[dict[str, Any]], Pages]":
    found = app.explain(ask.metric, ask.period, ask.where, as_of=ask.as_of, attribution=ask.attribution)
    rows = [*_data(found.included, included=True), *_data(found.near_misses, included=False)]
    return _object(found), rows, _pages(app, found, face)


def _restated(app: "App", face: Face, ask: _Ask) -> "tuple[dict[str, Any], list[dict[str, Any]], Pages]":
    from b24kpi.commands import restated
    from b24kpi.errors import BadInput

    if ask.attribution:
        raise BadInput("attribution.not_published")
    found = app.restated(ask.metric, ask.period, ask.where, as_of=ask.as_of)
    return restated.as_data(found), restated.flat_rows(found), restated.pages(found, _wording(app, face))


def _object(found: "Explanation") -> dict[str, Any]:
    from b24kpi.report.rows import entry_data

    return {
        "value": entry_data(found.value),
        "total": found.total,
        "included": [{**row.cells, "why": row.why} for row in found.included],
        "near_misses": [{**row.cells, "why": row.why} for row in found.near_misses],
    }


def _data(rows: "Sequence[Row]", *, included: bool) -> list[dict[str, Any]]:
    return [{"included": "yes" if included else "no", **row.cells, "why": row.why} for row in rows]


def _pages(app: "App", found: "Explanation", face: Face) -> "Pages":
    from b24kpi.report.row_words import RowWords
    from b24kpi.report.table import Pages

    wording = _wording(app, face)
    counted = face.say("cli.explain.included", count=len(found.included))
    words = RowWords(wording, app.names, app.zone.key)
    tables = [_table(f"{_headline(found, wording)}\n\n{counted}", found.included, found.columns, wording, words)]
    if found.near_misses:
        title = face.say("cli.explain.near_misses", count=len(found.near_misses))
        tables.append(_table(title, found.near_misses, found.columns, wording, words))
    return Pages(tuple(tables), (found.total,))


def _wording(app: "App", face: Face) -> "Wording":
    from b24kpi.report.wording import Wording

    names = {metric.id: metric.names[face.language] for metric in app.metrics()}
    return Wording(face.language, app.currency, names, app.dimension_names())


def _headline(found: "Explanation", wording: "Wording") -> str:
    """The number that is explained: `Win rate, 2026-06: 42.3 %`."""
    from b24kpi.report.layout import cell

    value = found.value.value
    return f"{wording.name(value.metric)}, {value.period.label}: {cell(found.value, wording)}"


def _table(
    title: str, rows: "Sequence[Row]", columns: tuple[str, ...], wording: "Wording", words: "RowWords"
) -> "Table":
    from b24kpi.report.table import Column, Table

    heads = (*(Column(wording.known("row", name)) for name in columns), Column(wording.say("cli.explain.why")))
    cells = tuple((*(words.text(name, row.cells.get(name, "")) for name in columns), row.why) for row in rows)
    return Table(title, heads, cells)
