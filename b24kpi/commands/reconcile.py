"""`b24kpi reconcile`: Bitrix24's own number of won deals beside ours, and deal by deal why they differ."""

from typing import TYPE_CHECKING

import click

from b24kpi.commands.arguments import conditions
from b24kpi.commands.face import Face, common_options, format_option
from b24kpi.commands.session import DONE, INCOMPLETE, opened
from b24kpi.commands.waiting import Question

if TYPE_CHECKING:
    from b24kpi.report.reconciliation import Reconciliation
    from b24kpi.report.wording import Wording


@click.command("reconcile", cls=Question)
@click.option("--period", metavar="PERIOD")
@click.option("--where", metavar="DIM=VALUE", multiple=True)
@click.option("--limit", type=click.IntRange(min=0), default=20)
@format_option
@common_options
@click.pass_obj
def command(face: Face, period: str | None, where: tuple[str, ...], limit: int, output_format: str) -> int:
    from b24kpi.commands.wording import wording_of
    from b24kpi.metrics.period import Period

    span = None if period is None else Period.parse(period)
    with opened(face) as app:
        found = app.reconcile(span, conditions(where))
        _emit(found, wording_of(app, face), limit, output_format)
    return INCOMPLETE if found.grounds.missing else DONE


def _emit(found: "Reconciliation", wording: "Wording", limit: int, output_format: str) -> None:
    from b24kpi.commands.output import print_data
    from b24kpi.report.reconciliation_rows import as_data, flat_rows
    from b24kpi.report.reconciliation_tables import lay_out

    print_data(output_format, as_data(found), flat_rows(found), lay_out(found, wording, limit))
