"""`b24kpi portal`: the demo portal alone, until Ctrl-C, as slow, narrow and moody as one likes."""

import signal
import threading
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from b24kpi.commands.demo_portal import DEALS, filled_state, kept_state
from b24kpi.commands.face import Command, Face, common_options
from b24kpi.commands.session import DONE, handling, start_logging

if TYPE_CHECKING:
    from b24kpi.demo.limits import Limits
    from b24kpi.demo.server import DemoPortal

_PLANS = ("standard", "enterprise", "self_hosted")

# What passes by itself: the other kinds of failure would end a run.
_PASSING = (
    *("bad_gateway", "gateway_timeout", "server_error", "query_limit", "overload", "operation_time_limit"),
    *("reset", "truncated", "reply_lost"),
)


@click.command("portal", cls=Command)
@click.option("--port", type=click.IntRange(0, 65535), default=8024)
@click.option("--company", metavar="NAME", default="default")
@click.option("--seed", type=int, default=1)
@click.option("--deals", type=click.IntRange(min=0), default=DEALS)
@click.option("--state", "path", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--plan", type=click.Choice(_PLANS), default=_PLANS[0])
@click.option("--latency", metavar="MS", type=click.IntRange(min=0), default=0)
@click.option("--count-latency", metavar="MS", type=click.IntRange(min=0), default=0)
@click.option("--failures", metavar="PERCENT", type=click.IntRange(0, 100), default=0)
@click.option("--bi-key", metavar="KEY", default="")
@common_options
@click.pass_obj
def command(
    face: Face,
    port: int,
    company: str,
    seed: int,
    deals: int,
    path: Path | None,
    plan: str,
    latency: int,
    count_latency: int,
    failures: int,
    bi_key: str,
) -> int:
    from b24kpi.demo.server import DemoPortal

    start_logging(face.verbose)
    if path is None:
        state, _ = filled_state(face, company, deals=deals, seed=seed)
    else:
        state = kept_state(face, company, path, deals=deals, seed=seed)
    demo = DemoPortal(state, port=port, limits=_limits(plan, latency, count_latency), bi_key=bi_key)
    if failures:
        demo.faults.at_random(failures / 100, seed, _PASSING)
    try:
        _serve(demo, face, port)
    finally:
        state.close()
    return DONE


def _limits(plan: str, latency: int, count_latency: int) -> "Limits":
    from dataclasses import replace

    from b24kpi.demo.limits import ENTERPRISE, STANDARD, UNLIMITED

    limits = dict(zip(_PLANS, (STANDARD, ENTERPRISE, UNLIMITED), strict=True))[plan]
    return replace(limits, list_seconds=latency / 1000, count_seconds=count_latency / 1000)


def _serve(demo: "DemoPortal", face: Face, port: int) -> None:
    """Until told to stop.

    Raises:
        BadInput: the port is taken.
    """
    from b24kpi.errors import BadInput

    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        """Ctrl-C and SIGTERM end this command as they should."""
        ended.set()

    with handling({signal.SIGINT: end, signal.SIGTERM: end}):
        try:
            demo.start()
        except OSError as error:
            raise BadInput("cli.portal.port_taken", port=port, problem=error.strerror or "?") from None
        try:
            click.echo(demo.url)
            click.echo(face.say("cli.portal.running"), err=True)
            ended.wait()
        finally:
            demo.stop()
