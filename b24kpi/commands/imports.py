"""`b24kpi costs import` and `b24kpi plans import`: files that people give, into the cache."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from b24kpi.commands.face import Command, Face, Group, common_options, format_option
from b24kpi.commands.session import DONE, opened

if TYPE_CHECKING:
    from b24kpi.app import App


def import_group(name: str, take_in: "Callable[[App, Path], int]") -> click.Group:
    """The commands of one kind of file.

    Args:
        take_in: reads the file into the cache and says how many rows it had.
    """

    @click.group(name, cls=Group, no_args_is_help=True)
    @common_options
    def group() -> None:
        pass

    @group.command("import", cls=Command)
    @click.argument("file", type=click.Path(path_type=Path))
    @format_option
    @common_options
    @click.pass_obj
    def import_command(face: Face, file: Path, output_format: str) -> int:
        from b24kpi.commands.output import print_data
        from b24kpi.report.table import Pages

        with opened(face) as app:
            count = take_in(app, file)
        data = {"file": str(file), "rows": count}
        print_data(
            output_format, data, [data], Pages((), (face.say(f"cli.{name}.import.done", count=count, file=file),))
        )
        return DONE

    return group
