"""`b24kpi report`: KPI values from the cache."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from b24kpi.commands.arguments import conditions, day, moment, names
from b24kpi.commands.face import Face, common_options, format_option
from b24kpi.commands.session import DONE, INCOMPLETE, opened
from b24kpi.commands.waiting import Question

if TYPE_CHECKING:
    from b24kpi.app import App, Ask
    from b24kpi.report.model import Report
    from b24kpi.report.wording import Wording

COMPLETE = "complete"


@click.command("report", cls=Question)
@click.argument("metrics", nargs=-1, metavar="[METRIC]…")
@click.option("--preset", metavar="NAME")
@click.option("--period", type=click.Choice(["day", "week", "month", "quarter", "year"]), default="month")
@click.option("--from", "start", metavar="DATE")
@click.option("--to", "end", metavar="DATE")
@click.option("--by", metavar="DIM[,DIM]", default="")
@click.option("--where", metavar="DIM=VALUE", multiple=True)
@click.option("--mode", type=click.Choice(["cohort", "flow"]), default="cohort")
@click.option("--attribution", type=click.Choice(["first", "last", "linear", "position"]))
@click.option("--as-of", metavar="TIME")
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@format_option
@common_options
@click.pass_obj
def command(
    face: Face, /, output: Path | None, output_format: str, as_of: str | None, attribution: str | None, **options: Any
) -> int:
    from b24kpi.report.render import check_output

    if output is not None:
        check_output(output)
    asks, then = _asks(**options), moment(as_of, "--as-of")
    with opened(face) as app:
        report = app.report(*asks, as_of=then, attribution=attribution or "")
        _emit(report, wording_of(app, face, report), output, output_format, face)
        return INCOMPLETE if lacks_streams(app, report) else DONE


def wording_of(app: "App", face: Face, report: "Report") -> "Wording":
    """The reader's language with the names of the installed metrics."""
    from b24kpi.report.wording import Wording

    names = {metric.id: metric.names[face.language] for metric in app.metrics()}
    return Wording(face.language, report.currency, names, app.dimension_names())


def lacks_streams(app: "App", report: "Report") -> bool:
    """Whether a stream that the report's metrics need is not read to its end."""
    used = {entry.value.metric for entry in report.entries}
    needed = {stream for metric in app.metrics() if metric.id in used for stream in metric.inputs}
    return any(report.coverage.get(stream, COMPLETE) != COMPLETE for stream in needed)


def _asks(metrics: tuple[str, ...], preset: str | None, **options: Any) -> "list[Ask]":
    """What is named, and besides or instead of it a choice."""
    asks = [_ask(metrics, **options)] if metrics or preset is None else []
    if preset is not None:
        from b24kpi.metrics.presets import find_preset

        asks.append(replace(_ask(find_preset(preset).metrics, **options), is_choice=True))
    return asks


def _ask(
    metrics: tuple[str, ...],
    period: str,
    start: str | None,
    end: str | None,
    by: str,
    where: tuple[str, ...],
    mode: str,
) -> "Ask":
    from b24kpi.app import Ask
    from b24kpi.errors import BadInput
    from b24kpi.metrics.period import Grain

    first, last = day(start, "--from"), day(end, "--to")
    if first and last and first >= last:
        raise BadInput("cli.empty_range", start=first, end=last)
    return Ask(
        metrics=metrics, grain=Grain(period), start=first, end=last, by=names(by), where=conditions(where), mode=mode
    )


def _emit(report: "Report", wording: "Wording", output: Path | None, output_format: str, face: Face) -> None:
    from b24kpi.commands.output import print_pages
    from b24kpi.report.layout import lay_out
    from b24kpi.report.render import FORMATS, write_report

    if output is not None:
        write_report(report, output, wording)
        click.echo(face.say("cli.report.written", file=output), err=True)
    elif output_format == "table":
        print_pages(lay_out(report, wording))
    else:
        click.echo(FORMATS[output_format](report, wording), nl=False)
