"""`b24kpi crm-effect`: KPIs before and after the CRM, and when it pays for itself."""

import click

from b24kpi.commands.face import Face, common_options, format_option
from b24kpi.commands.session import DONE, INCOMPLETE, opened
from b24kpi.commands.waiting import Question


@click.command("crm-effect", cls=Question)
@format_option
@common_options
@click.pass_obj
def command(face: Face, output_format: str) -> int:
    from b24kpi.commands.output import print_data
    from b24kpi.report.crm_effect_rows import as_data, flat_rows
    from b24kpi.report.crm_effect_tables import lay_out
    from b24kpi.report.wording import Wording

    with opened(face) as app:
        effect = app.crm_effect()
        names = {metric.id: metric.names[face.language] for metric in app.metrics()}
        wording = Wording(face.language, app.currency, names)
        print_data(output_format, as_data(effect, wording), flat_rows(effect), lay_out(effect, wording))
    return INCOMPLETE if effect.grounds.missing else DONE
