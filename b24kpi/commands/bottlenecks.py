"""`b24kpi bottlenecks`: what becomes of the deals at each stage, and which stage costs most."""

from typing import TYPE_CHECKING

import click

from b24kpi.commands.arguments import conditions
from b24kpi.commands.face import Face, common_options, format_option
from b24kpi.commands.session import DONE, INCOMPLETE, opened
from b24kpi.commands.waiting import Question

if TYPE_CHECKING:
    from b24kpi.app import Bottlenecks
    from b24kpi.report.wording import Wording


@click.command("bottlenecks", cls=Question)
@click.option("--period", metavar="PERIOD")
@click.option("--where", metavar="DIM=VALUE", multiple=True)
@format_option
@common_options
@click.pass_obj
def command(face: Face, period: str | None, where: tuple[str, ...], output_format: str) -> int:
    from b24kpi.commands.wording import wording_of
    from b24kpi.metrics.period import Period

    span = None if period is None else Period.parse(period)
    with opened(face) as app:
        found = app.bottlenecks(span, conditions(where))
        _emit(found, wording_of(app, face), output_format)
    return INCOMPLETE if found.grounds.missing else DONE


def _emit(found: "Bottlenecks", wording: "Wording", output_format: str) -> None:
    from b24kpi.commands.output import print_data
    from b24kpi.report.bottlenecks_rows import as_data, flat_rows
    from b24kpi.report.bottlenecks_tables import lay_out

    print_data(output_format, as_data(found), flat_rows(found), lay_out(found, wording))
