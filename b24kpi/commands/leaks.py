"""`b24kpi leaks`: where money leaks out of the funnel just now, and what can still be saved."""

from typing import TYPE_CHECKING

import click

from b24kpi.commands.arguments import conditions
from b24kpi.commands.face import Face, common_options, format_option
from b24kpi.commands.session import DONE, INCOMPLETE, opened
from b24kpi.commands.waiting import Question

if TYPE_CHECKING:
    from b24kpi.app import Leaks
    from b24kpi.report.wording import Wording


@click.command("leaks", cls=Question)
@click.option("--where", metavar="DIM=VALUE", multiple=True)
@click.option("--limit", type=click.IntRange(min=0), default=20)
@format_option
@common_options
@click.pass_obj
def command(face: Face, where: tuple[str, ...], limit: int, output_format: str) -> int:
    from b24kpi.commands.wording import wording_of

    with opened(face) as app:
        found = app.leaks(conditions(where))
        _emit(found, wording_of(app, face), limit, output_format)
    return INCOMPLETE if found.grounds.missing else DONE


def _emit(found: "Leaks", wording: "Wording", limit: int, output_format: str) -> None:
    from b24kpi.commands.output import print_data
    from b24kpi.report.leaks_rows import as_data, flat_rows
    from b24kpi.report.leaks_tables import lay_out

    print_data(output_format, as_data(found), flat_rows(found), lay_out(found, wording, limit))
