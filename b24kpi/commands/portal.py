"""`b24kpi portal`: the demo portal alone, until Ctrl-C."""

import signal
import threading
from types import FrameType

import click

from b24kpi.commands.demo_portal import DEALS, filled_state
from b24kpi.commands.face import Command, Face, common_options
from b24kpi.commands.session import DONE, handling, start_logging


@click.command("portal", cls=Command)
@click.option("--port", type=click.IntRange(0, 65535), default=8024)
@click.option("--company", metavar="NAME", default="default")
@click.option("--seed", type=int, default=1)
@click.option("--deals", type=click.IntRange(min=0), default=DEALS)
@common_options
@click.pass_obj
def command(face: Face, port: int, company: str, seed: int, deals: int) -> int:
    from b24kpi.demo.limits import STANDARD
    from b24kpi.demo.server import DemoPortal
    from b24kpi.errors import BadInput

    start_logging(face.verbose)
    state, _ = filled_state(face, company, deals=deals, seed=seed)
    demo = DemoPortal(state, port=port, limits=STANDARD)
    try:
        demo.start()
    except OSError as error:
        raise BadInput("cli.portal.port_taken", port=port, problem=error.strerror or "?") from None
    try:
        click.echo(demo.url)
        click.echo(face.say("cli.portal.running"), err=True)
        _wait()
    finally:
        demo.stop()
    return DONE


def _wait() -> None:
    """Until Ctrl-C or SIGTERM, which end this command as they should."""
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    with handling({signal.SIGINT: end, signal.SIGTERM: end}):
        ended.wait()
