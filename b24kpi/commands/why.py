"""`b24kpi why`: what changed a number between two periods."""

from typing import TYPE_CHECKING, Any

import click

from b24kpi.commands.arguments import conditions, moment, names
from b24kpi.commands.face import Face, common_options, format_option
from b24kpi.commands.session import DONE, INCOMPLETE, opened
from b24kpi.commands.waiting import Question

if TYPE_CHECKING:
    from b24kpi.app import App, Change, WhyAsk
    from b24kpi.report.wording import Wording


@click.command("why", cls=Question)
@click.argument("metric")
@click.option("--period", metavar="PERIOD", required=True)
@click.option("--against", metavar="PERIOD")
@click.option("--by", metavar="DIM[,DIM]", default="")
@click.option("--where", metavar="DIM=VALUE", multiple=True)
@click.option("--as-of", metavar="TIME")
@format_option
@common_options
@click.pass_obj
def command(face: Face, /, as_of: str | None, output_format: str, **options: Any) -> int:
    ask, then = _ask(**options), moment(as_of, "--as-of")
    with opened(face) as app:
        change = app.why(ask, as_of=then)
        _emit(change, _wording(app, face), output_format)
    return INCOMPLETE if change.grounds.missing else DONE


def _ask(metric: str, period: str, against: str | None, by: str, where: tuple[str, ...]) -> "WhyAsk":
    from b24kpi.app import WhyAsk
    from b24kpi.metrics.period import Period

    base = None if against is None else Period.parse(against)
    return WhyAsk(metric, Period.parse(period), base, by=names(by), where=conditions(where))


def _emit(change: "Change", wording: "Wording", output_format: str) -> None:
    from b24kpi.commands.output import print_data
    from b24kpi.report.why_rows import as_data, flat_rows
    from b24kpi.report.why_tables import lay_out

    print_data(output_format, as_data(change, wording), flat_rows(change), lay_out(change, wording))


def _wording(app: "App", face: Face) -> "Wording":
    from b24kpi.report.wording import Wording

    names = {metric.id: metric.names[face.language] for metric in app.metrics()}
    return Wording(face.language, app.currency, names, app.dimension_names())
