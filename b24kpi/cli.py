"""The command line: names of commands, and what their failures look like. Each command is imported when called."""

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import click

from b24kpi import __version__
from b24kpi.commands.face import Face, Group, common_options
from b24kpi.errors import B24KpiError

INTERRUPTED = 130

# name: module with its `command`, id of the sentence in the list of commands
COMMANDS = {
    "demo": ("b24kpi.commands.demo", "cli.demo.help"),
    "init": ("b24kpi.commands.init", "cli.init.help"),
    "check": ("b24kpi.commands.check", "cli.check.help"),
    "sync": ("b24kpi.commands.sync", "cli.sync.help"),
    "report": ("b24kpi.commands.report", "cli.report.help"),
    "explain": ("b24kpi.commands.explain", "cli.explain.help"),
    "why": ("b24kpi.commands.why", "cli.why.help"),
    "bottlenecks": ("b24kpi.commands.bottlenecks", "cli.bottlenecks.help"),
    "leaks": ("b24kpi.commands.leaks", "cli.leaks.help"),
    "cohorts": ("b24kpi.commands.cohorts", "cli.cohorts.help"),
    "forecast": ("b24kpi.commands.forecast", "cli.forecast.help"),
    "reconcile": ("b24kpi.commands.reconcile", "cli.reconcile.help"),
    "crm-effect": ("b24kpi.commands.crm_effect", "cli.crm-effect.help"),
    "metrics": ("b24kpi.commands.metrics", "cli.metrics.help"),
    "push": ("b24kpi.commands.push", "cli.push.help"),
    "refresh": ("b24kpi.commands.refresh", "cli.refresh.help"),
    "daemon": ("b24kpi.commands.daemon", "cli.daemon.help"),
    "serve": ("b24kpi.commands.serve", "cli.serve.help"),
    "costs": ("b24kpi.commands.costs", "cli.costs.help"),
    "plans": ("b24kpi.commands.plans", "cli.plans.help"),
    "portal": ("b24kpi.commands.portal", "cli.portal.help"),
}


class Root(Group):
    """All commands; turns every outcome into an exit code and, where it is a failure, one message on stderr."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        found: click.Command = import_module(COMMANDS[name][0]).command
        return found

    def summary(self, ctx: click.Context, name: str) -> str:
        return ctx.ensure_object(Face).say(COMMANDS[name][1])

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        arguments = list(sys.argv[1:] if args is None else args)
        face = Face.of(arguments, os.environ)
        extra |= {"prog_name": "b24kpi", "standalone_mode": False, "obj": face}
        sys.exit(_outcome(face, lambda: click.Group.main(self, arguments, *rest, **extra)))


def _outcome(face: Face, work: Callable[[], Any]) -> int:
    try:
        code = work()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.ClickException as error:
        face.show_usage_error(error)
        return error.exit_code
    except click.Abort:
        click.echo(face.say("cli.interrupted"), err=True)
        return INTERRUPTED
    except B24KpiError as error:
        face.show_failure(error)
        return error.exit_code
    except Exception as error:
        return face.show_crash(error)
    return code if isinstance(code, int) else 0


@click.group("b24kpi", cls=Root, no_args_is_help=True)
@click.version_option(__version__, message="%(prog)s %(version)s")
@common_options
def main() -> None:
    """The command group; its options hold for each command."""
