"""`b24kpi why`: what changed a number between two periods."""

from typing import TYPE_CHECKING

import click

from b24kpi.commands.arguments import conditions, names
from b24kpi.commands.face import Command, Face, common_options, format_option
from b24kpi.commands.session import DONE, INCOMPLETE, opened

if TYPE_CHECKING:
    from b24kpi.app import App, Change
    from b24kpi.report.wording import Wording


@click.command("why", cls=Command)
@click.argument("metric")
@click.option("--period", metavar="PERIOD", required=True)
@click.option("--against", metavar="PERIOD")
@click.option("--by", metavar="DIM[,DIM]", default="")
@click.option("--where", metavar="DIM=VALUE", multiple=True)
@format_option
@common_options
@click.pass_obj
def command(
    face: Face, metric: str, period: str, against: str | None, by: str, where: tuple[str, ...], output_format: str
) -> int:
    from b24kpi.app import WhyAsk
    from b24kpi.metrics.period import Period

    base = None if against is None else Period.parse(against)
    ask = WhyAsk(metric, Period.parse(period), base, by=names(by), where=conditions(where))
    with opened(face) as app:
        change = app.why(ask)
        _emit(change, _wording(app, face), output_format)
    return INCOMPLETE if change.missing else DONE


def _emit(change: "Change", wording: "Wording", output_format: str) -> None:
    from b24kpi.commands.output import print_data
    from b24kpi.report.why_rows import as_data, flat_rows
    from b24kpi.report.why_tables import lay_out

    print_data(output_format, as_data(change, wording), flat_rows(change), lay_out(change, wording))


def _wording(app: "App", face: Face) -> "Wording":
    from b24kpi.report.wording import Wording

    names = {metric.id: metric.names[face.language] for metric in app.metrics()}
    return Wording(face.language, app.currency, names, app.dimension_names())
