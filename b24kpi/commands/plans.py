"""`b24kpi plans import`: plans into the cache."""

from pathlib import Path

import click

from b24kpi.commands.face import Command, Face, Group, common_options, format_option
from b24kpi.commands.session import DONE, opened


@click.group("plans", cls=Group, no_args_is_help=True)
@common_options
def command() -> None:
    pass


@command.command("import", cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@format_option
@common_options
@click.pass_obj
def import_command(face: Face, file: Path, output_format: str) -> int:
    from b24kpi.commands.output import print_data
    from b24kpi.report.table import Pages

    with opened(face) as app:
        count = app.import_plans(file)
    data = {"file": str(file), "rows": count}
    print_data(output_format, data, [data], Pages((), (face.say("cli.plans.import.done", count=count, file=file),)))
    return DONE
