"""Codes and tokens that the OAuth server has given out.

https://apidocs.bitrix24.com/settings/oauth/index.html : a code lives 30 seconds and works once, an access token an
hour, a refresh token 180 days; https://apidocs.bitrix24.com/settings/oauth/auto-renewal.html : renewing gives a new
pair, and the new refresh token takes the place of the old one.
"""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass

from b24kpi.demo.options import Options


@dataclass(frozen=True)
class Grant:
    """A code or token: whose it is, for which application, until when (epoch seconds by the portal's clock)."""

    value: str
    client_id: str
    user_id: int
    expires: float


@dataclass(frozen=True)
class Pair:
    """What one exchange gives."""

    access: Grant
    refresh: Grant


class Tokens:
    """All grants; safe for the server's threads. Times are those of `now`, lifetimes those of `options`."""

    def __init__(self, now: Callable[[], float], options: Options) -> None:
        self._lock = threading.Lock()
        self._now = now
        self._options = options
        self._codes: dict[str, Grant] = {}
        self._access: dict[str, Grant] = {}
        self._refresh: dict[str, Grant] = {}

    def issue(self, client_id: str, user_id: int) -> Pair:
        """A new pair for a user of an application."""
        pair = Pair(
            self._grant(client_id, user_id, self._options.access_token_seconds),
            self._grant(client_id, user_id, self._options.refresh_token_seconds),
        )
        with self._lock:
            self._access[pair.access.value] = pair.access
            self._refresh[pair.refresh.value] = pair.refresh
        return pair

    def code(self, client_id: str, user_id: int) -> str:
        """A code for /oauth/token/."""
        grant = self._grant(client_id, user_id, self._options.code_seconds)
        with self._lock:
            self._codes[grant.value] = grant
        return grant.value

    def take_code(self, value: str) -> Grant | None:
        """The grant behind a code, which is used up by this; None where it is unknown or too old."""
        return self._take(self._codes, value)

    def take_refresh(self, value: str) -> Grant | None:
        """The grant behind a refresh token, likewise."""
        return self._take(self._refresh, value)

    def peek(self, value: str) -> Grant | None:
        """A code or refresh token that still works, left as it is."""
        with self._lock:
            return self._codes.get(value) or self._refresh.get(value)

    def find(self, access_token: str) -> Grant | None:
        """The grant of an access token, expired or not; None for one that was never given or is of a removed app."""
        with self._lock:
            return self._access.get(access_token)

    def is_expired(self, grant: Grant) -> bool:
        """Whether its time has run out."""
        return self._now() >= grant.expires

    def expire_all(self) -> None:
        """Makes every access token that is out there expired at once; refresh tokens stay good."""
        with self._lock:
            for value, grant in self._access.items():
                self._access[value] = Grant(value, grant.client_id, grant.user_id, self._now())

    def forget(self, client_id: str) -> None:
        """All grants of an application that is removed."""
        with self._lock:
            for grants in (self._codes, self._access, self._refresh):
                for value in [value for value, grant in grants.items() if grant.client_id == client_id]:
                    del grants[value]

    def _grant(self, client_id: str, user_id: int, seconds: float) -> Grant:
        return Grant(secrets.token_hex(32), client_id, user_id, self._now() + seconds)

    def _take(self, grants: dict[str, Grant], value: str) -> Grant | None:
        with self._lock:
            grant = grants.pop(value, None)
        return None if grant is None or self.is_expired(grant) else grant
