"""`b24kpi serve`: the web server of the local application."""

import threading
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import click

from b24kpi.commands.face import Command, Face, common_options
from b24kpi.commands.session import DONE, interruptible, read_settings

if TYPE_CHECKING:
    from b24kpi.settings import Settings


@click.command("serve", cls=Command)
@click.option("--host", default="127.0.0.1")
@click.option("--port", type=click.IntRange(1, 65535), default=8080)
@click.option("--with-daemon", is_flag=True)
@common_options
@click.pass_obj
def command(face: Face, host: str, port: int, with_daemon: bool) -> int:
    settings = read_settings(face)
    with ExitStack() as stack:
        stack.enter_context(interruptible())  # waitress ends on it as it should
        _serve(stack, settings, face, host, port, with_daemon)
    return DONE


def _serve(stack: ExitStack, settings: "Settings", face: Face, host: str, port: int, with_daemon: bool) -> None:
    from b24kpi.clock import SYSTEM_CLOCK
    from b24kpi.errors import BadInput
    from b24kpi.web.dashboard import dashboard
    from b24kpi.web.server import create_app, serve
    from b24kpi.web.site import Site

    site = stack.enter_context(closing(Site.of(settings, SYSTEM_CLOCK, face.language)))
    if with_daemon:
        from b24kpi.daemon import scheduled

        stack.enter_context(scheduled(settings, face.language, SYSTEM_CLOCK, threading.Event()))
    click.echo(face.say("cli.serve.running", host=host, port=port, url=settings.portal.public_url), err=True)
    try:
        serve(create_app(site, [dashboard(site)]), host, port)
    except OSError as error:
        raise BadInput("cli.serve.no_port", host=host, port=port, problem=error.strerror or "?") from None
