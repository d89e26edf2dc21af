"""What the pages are given by the application that serves them."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from b24kpi.answers import Answers
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


def no_token() -> str:
    """Where nobody checks forms."""
    return ""


@dataclass(frozen=True)
class PagesContext:
    """What a page needs beside the request and `flask.g.viewer`.

    Attributes:
        settings: those of the cache that is shown.
        open_answers: language → Answers over that cache, closed at the end; called from other threads, too.
        portal: `https://HOST` of the portal, for links to deals; "" where it is not known.
        bx24_address: of Bitrix24's own BX24.js; "" where pages are opened outside of the portal.
        refresh: behind “Refresh now”; None where this installation does not offer it.
        form_token: what the hidden field `token` of forms holds, for the application to check.
        memory: answers that are known already; one for all requests.
    """

    settings: Settings
    open_answers: Callable[[str], AbstractContextManager[Answers]]
    portal: str = ""
    bx24_address: str = ""
    refresh: RefreshAction | None = None
    form_token: Callable[[], str] = no_token
    clock: Clock = SYSTEM_CLOCK
    memory: Memory = field(default_factory=Memory)

    @property
    def policy(self) -> Mapping[str, str]:
        """Directives of a Content-Security-Policy under which the pages work; who may frame them is not among them.

        plotly.js writes its own style sheet, hence 'unsafe-inline' of styles; no script is inline.
        """
        scripts = ["'self'", *([_origin(self.bx24_address)] if self.bx24_address else [])]
        return {
            "default-src": "'none'",
            "script-src": " ".join(scripts),
            "style-src": "'self' 'unsafe-inline'",
            "img-src": "'self' data:",
            "connect-src": "'self'",
            "form-action": "'self'",
            "base-uri": "'none'",
        }


def _origin(address: str) -> str:
    """`https://host` of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
