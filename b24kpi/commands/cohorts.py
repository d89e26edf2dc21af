"""`b24kpi cohorts`: what those who began in one period have done since, period by period."""

from typing import TYPE_CHECKING

import click

from b24kpi.commands.arguments import conditions
from b24kpi.commands.face import Face, common_options, format_option
from b24kpi.commands.session import DONE, INCOMPLETE, opened
from b24kpi.commands.waiting import Question

if TYPE_CHECKING:
    from b24kpi.app import CohortTable
    from b24kpi.report.wording import Wording


@click.command("cohorts", cls=Question)
@click.option("--kind", type=click.Choice(["retention", "ltv", "conversion"]), default="retention")
@click.option("--period", type=click.Choice(["month", "quarter"]), default="month")
@click.option("--count", type=click.IntRange(min=1, max=120), default=12)
@click.option("--where", metavar="DIM=VALUE", multiple=True)
@format_option
@common_options
@click.pass_obj
def command(face: Face, kind: str, period: str, count: int, where: tuple[str, ...], output_format: str) -> int:
    from b24kpi.app import CohortAsk
    from b24kpi.commands.wording import wording_of
    from b24kpi.metrics.cohorts import Kind
    from b24kpi.metrics.period import Grain

    ask = CohortAsk(Kind(kind), Grain(period), count, conditions(where))
    with opened(face) as app:
        found = app.cohorts(ask)
        _emit(found, wording_of(app, face), output_format)
    return INCOMPLETE if found.grounds.missing else DONE


def _emit(found: "CohortTable", wording: "Wording", output_format: str) -> None:
    from b24kpi.commands.output import print_data
    from b24kpi.report.cohorts_rows import as_data, flat_rows
    from b24kpi.report.cohorts_tables import lay_out

    print_data(output_format, as_data(found), flat_rows(found), lay_out(found, wording))
