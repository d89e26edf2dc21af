"""What the pages are given by the application that serves them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from b24kpi.answers import Answers
from b24kpi.cache.leak_tasks import LeakKey
from b24kpi.clock import SYSTEM_CLOCK, Clock
from b24kpi.settings import Settings
from b24kpi.web.pages.memory import Memory


@dataclass(frozen=True)
class RefreshState:
    """How a refresh goes: whether it is at work, and one line for people in their language ("" where none)."""

    is_running: bool
    text: str = ""
    failed: bool = False


class RefreshAction(Protocol):
    """`b24kpi refresh` as the pages start and watch it."""

    def start(self) -> None:
        """Begin, unless one is at work; returns at once."""

    def state(self, language: str) -> RefreshState:
        """How it goes."""


@dataclass(frozen=True)
class WantedTask:
    """A task about a leak; people are users of the portal."""

    leak: LeakKey
    title: str
    description: str
    responsible_id: int
    created_by: int


@dataclass(frozen=True)
class MadeTask:
    """What came of it: the task, and whether it was made just now; without a number somebody else is about it."""

    task_id: int | None
    responsible_id: int
    is_new: bool


class TaskAction(Protocol):
    """“Create task” as the pages press it."""

    def create(self, wanted: WantedTask) -> MadeTask:
        """Make the task, once for each leak.

        Raises:
            PortalError: the portal has not made it, or nobody knows.
        """


def nothing() -> str:
    """What stands where the application gives nothing."""
    return ""


@dataclass(frozen=True)
class PagesContext:
    """What a page needs beside the request and `flask.g.viewer`.

    Attributes:
        settings: those of the cache that is shown.
        open_answers: language → Answers over that cache, closed at the end; called from other threads, too.
        portal: `https://HOST` of the request's portal, for links to deals; "" where it is not known.
        bx24_address: of Bitrix24's own BX24.js; "" where pages are opened outside of the portal.
        refresh: behind “Refresh now”; None where this installation does not offer it.
        tasks: behind “Create task”; None where this installation does not offer it.
        form_token: what the hidden field `csrf` of forms holds, for the application to check.
        memory: answers that are known already; one for all requests.
    """

    settings: Settings
    open_answers: Callable[[str], AbstractContextManager[Answers]]
    portal: Callable[[], str] = nothing
    bx24_address: str = ""
    refresh: RefreshAction | None = None
    tasks: TaskAction | None = None
    form_token: Callable[[], str] = nothing
    clock: Clock = SYSTEM_CLOCK
    memory: Memory = field(default_factory=Memory)
