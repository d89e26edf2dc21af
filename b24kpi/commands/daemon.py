"""`b24kpi daemon`: refresh on the schedule."""

import click

from b24kpi.commands.face import Command, Face, common_options
from b24kpi.commands.session import read_settings


@click.command("daemon", cls=Command)
@common_options
@click.pass_obj
def command(face: Face) -> int:
    from b24kpi.daemon import run
    from b24kpi.settings import require_portal

    settings = read_settings(face)
    require_portal(settings)
    return run(settings, face.language)
