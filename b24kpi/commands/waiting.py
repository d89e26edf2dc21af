"""Questions wait for the run that keeps them from being answered, and are asked anew once it has ended."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from b24kpi.clock import SYSTEM_CLOCK, Clock
from b24kpi.commands.face import Command, Face
from b24kpi.errors import CacheError

LONGEST = 900.0  # seconds
_GLANCE = 0.5  # seconds between two looks at the lock
_BUSY = ("cache.busy", "cache.busy_with")

Answer = TypeVar("Answer")


class Question(Command):
    """A command that only asks.

    Its numbers are made when somebody first asks for them, which has to wait where a sync is at work. What is made then
    is made of what that sync has brought, so the whole question is asked anew.
    """

    def invoke(self, ctx: click.Context) -> Any:
        return patiently(ctx.ensure_object(Face), lambda: click.Command.invoke(self, ctx))


def patiently(
    face: Face, ask: Callable[[], Answer], *, clock: Clock = SYSTEM_CLOCK, longest: float = LONGEST
) -> Answer:
    """What `ask` returns, tried again whenever the run that was in its way has ended; each such run is told of once.

    Raises:
        CacheError: a run is still at work after so many seconds.
        Whatever `ask` raises for another reason.
    """
    end, told = clock.monotonic() + longest, ""
    while True:
        try:
            return ask()
        except CacheError as error:
            if not _is_in_the_way(error) or clock.monotonic() >= end:
                raise
            told = _tell(face, error, told)
            _wait(str(error.params["path"]), clock, end)


def _is_in_the_way(error: CacheError) -> bool:
    """Whether a run keeps the question from being answered: the first sync of a cache does, too."""
    from b24kpi.cache.lock import is_held

    return error.message_id in _BUSY or (error.message_id == "cache.empty" and is_held(Path(error.params["path"])))


def _tell(face: Face, error: CacheError, told: str) -> str:
    """Say who is waited for, unless that was the last thing said."""
    from b24kpi.cache.lock import holder

    command, process = holder(Path(error.params["path"]))
    named = face.say("cli.waiting.for_command", command=command, process=process)
    text = named if command else face.say("cli.waiting.for_run")
    if text != told:
        click.echo(text, err=True)
    return text


def _wait(path: str, clock: Clock, end: float) -> None:
    """Until nobody is at work on the cache, or the time is over."""
    from b24kpi.cache.lock import is_held

    while is_held(Path(path)) and clock.monotonic() < end:
        clock.sleep(_GLANCE)
