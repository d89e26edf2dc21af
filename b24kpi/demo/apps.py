"""Local applications that an administrator has added to the portal.

https://apidocs.bitrix24.com/local-integrations/local-apps.html ; what waits for the end of the installation:
https://apidocs.bitrix24.com/settings/app-installation/installation-finish.html
"""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

LOCAL = "L"  # the status of a local application in tokens, placements and events


@dataclass
class Addresses:
    """Where the portal and the OAuth server answer, without a slash at the end; the portal's may change."""

    portal: str = ""
    oauth: str = ""

    @property
    def domain(self) -> str:
        """Host and port of the portal."""
        return urlsplit(self.portal).netloc

    @property
    def client_endpoint(self) -> str:
        """What REST methods of the portal are appended to."""
        return f"{self.portal}/rest/"

    @property
    def server_endpoint(self) -> str:
        """What REST methods of the OAuth server are appended to."""
        return f"{self.oauth}/rest/"


@dataclass(frozen=True)
class Application:
    """What the form of a local application asks; keys that are left empty are made when it is added.

    `handler_url` is opened in the frame, and where people return to after /oauth/authorize/. `install_url` is the
    "initial installation path": a page that calls BX24.installFinish, or with `api_only` what is told ONAPPINSTALL.
    """

    title: str
    handler_url: str
    scopes: tuple[str, ...]
    install_url: str = ""
    api_only: bool = False
    client_id: str = ""
    client_secret: str = ""
    application_token: str = ""

    def with_keys(self) -> "Application":
        """The same with every key filled."""
        return replace(
            self,
            client_id=self.client_id or f"local.{secrets.token_hex(12)}.{secrets.randbelow(90_000_000) + 10_000_000}",
            client_secret=self.client_secret or secrets.token_urlsafe(37)[:50],
            application_token=self.application_token or secrets.token_hex(16),
        )


@dataclass(frozen=True)
class PlacementHandler:
    """One registered widget: `texts` maps a language of the interface to TITLE, DESCRIPTION and GROUP_NAME."""

    id: int
    placement: str
    handler: str
    title: str = ""
    description: str = ""
    group_name: str = ""
    texts: dict[str, dict[str, str]] = field(default_factory=dict)

    def title_in(self, language: str, fallback: str) -> str:
        """What the menu or tab shows to somebody."""
        return self.texts.get(language, {}).get("TITLE") or self.title or fallback


@dataclass(frozen=True)
class EventHandler:
    """One subscription: to a URL, or with `is_offline` to the queue of a `connector` ('' for the common one).

    `auth_type` is the user whose tokens an event brings, 0 for who caused it; `min_timeout` seconds lie between two
    notifications of ONOFFLINEEVENT.
    """

    id: int
    event: str
    handler: str = ""
    auth_type: int = 0
    is_offline: bool = False
    connector: str = ""
    min_timeout: float = 1.0


@dataclass
class Installed:
    """An application on this portal: `is_finished` once it may be used, `by` who added it."""

    id: int
    application: Application
    by: int
    is_finished: bool
    placements: list[PlacementHandler] = field(default_factory=list)
    events: list[EventHandler] = field(default_factory=list)

    @property
    def client_id(self) -> str:
        """The key by which everything else knows it."""
        return self.application.client_id


class Applications:
    """The applications of the portal by client_id; `removed` keeps the keys of those that were taken away.

    `on_added`, `on_finished` and `on_removed` are called with the application (and, at removal, whether its data
    are to be cleared) once that has happened.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.removed: set[str] = set()
        self.on_added: list[Callable[[Installed], None]] = []
        self.on_finished: list[Callable[[Installed], None]] = []
        self.on_removed: list[Callable[[Installed, bool], None]] = []
        self._by_client: dict[str, Installed] = {}
        self._numbers = 0

    def all(self) -> list[Installed]:
        """In the order in which they were added."""
        with self.lock:
            return list(self._by_client.values())

    def find(self, client_id: str) -> Installed | None:
        """The application of these keys, None where there is none (any more)."""
        return self._by_client.get(client_id)

    def numbered(self, number: int) -> Installed | None:
        """By the portal's own id."""
        return next((one for one in self.all() if one.id == number), None)

    def number(self) -> int:
        """A new id, for applications and what they register."""
        with self.lock:
            self._numbers += 1
            return self._numbers

    def add(self, application: Application, *, by: int = 1) -> Installed:
        """Adds one; with a page to install it, it is not finished until that page says so. Raises ValueError."""
        with_keys = application.with_keys()
        with self.lock:
            if with_keys.client_id in self._by_client:
                raise ValueError(f"there is an application {with_keys.client_id} already")
            needs_wizard = bool(application.install_url) and not application.api_only
            one = Installed(self.number(), with_keys, by, is_finished=not needs_wizard)
            self._by_client[with_keys.client_id] = one
        for listener in self.on_added:
            listener(one)
        if one.is_finished:
            self._tell_finished(one)
        return one

    def finish(self, one: Installed) -> None:
        """The installation page called BX24.installFinish; a second call changes nothing."""
        with self.lock:
            if one.is_finished:
                return
            one.is_finished = True
        self._tell_finished(one)

    def remove(self, one: Installed, *, clean: bool = True) -> None:
        """Takes an application away with all that it registered. Raises LookupError where it is gone already."""
        with self.lock:
            if self._by_client.pop(one.client_id, None) is None:
                raise LookupError(f"no application {one.client_id}")
            self.removed.add(one.client_id)
        for listener in self.on_removed:
            listener(one, clean)
        one.placements.clear()
        one.events.clear()

    def _tell_finished(self, one: Installed) -> None:
        for listener in self.on_finished:
            listener(one)
