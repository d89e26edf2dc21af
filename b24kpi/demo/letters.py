"""What applications are told: the form that opens their pages in a frame, and the events of their own life.

https://apidocs.bitrix24.com/settings/oauth/simple-way.html (pages, the same for widgets),
https://apidocs.bitrix24.com/api-reference/common/events/on-app-install.html and on-app-uninstall.html.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from b24kpi.demo import php
from b24kpi.demo.app_services import AppServices
from b24kpi.demo.apps import LOCAL, Installed
from b24kpi.demo.oauth_tokens import Tokens
from b24kpi.demo.options import Options
from b24kpi.demo.php import Array

LANGUAGE = "ua"  # the portal's own


@dataclass(frozen=True)
class Frame:
    """A page of an application within a page of the portal: where its form goes, with which fields, for whom."""

    sid: str
    action: str
    fields: Mapping[str, str]
    placement: str
    options: Mapping[str, str]
    application: Installed

    @property
    def origin(self) -> str:
        """From where its messages come."""
        parts = urlsplit(self.action)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True)
class Letters:
    """Writes them; every frame and most events carry a new pair of tokens."""

    apps: AppServices
    tokens: Tokens
    options: Options
    now: Callable[[], float]

    def frame(
        self,
        one: Installed,
        url: str,
        *,
        user_id: int,
        language: str,
        placement: str = "DEFAULT",
        context: Mapping[str, str],
    ) -> Frame:
        """What opens `url` for a user; `context` becomes PLACEMENT_OPTIONS."""
        sid = secrets.token_hex(16)
        addresses = self.apps.addresses
        secure = "1" if addresses.portal.startswith("https:") else "0"
        query = urlencode({"DOMAIN": addresses.domain, "PROTOCOL": secure, "LANG": language, "APP_SID": sid})
        pair = self.tokens.issue(one.client_id, user_id)
        fields = {
            "AUTH_ID": pair.access.value,
            "AUTH_EXPIRES": str(int(self.options.access_token_seconds)),
            "REFRESH_ID": pair.refresh.value,
            "SERVER_ENDPOINT": addresses.server_endpoint,
            "APPLICATION_TOKEN": one.application.application_token,
            "APPLICATION_SCOPE": ",".join(one.application.scopes),
            "member_id": self.options.member_id,
            "status": LOCAL,
            "PLACEMENT": placement,
            "PLACEMENT_OPTIONS": php.json_encode(dict(context)),
        }
        return Frame(sid, f"{url}{'&' if '?' in url else '?'}{query}", fields, placement, context, one)

    def installed(self, one: Installed, handler_id: int | None = None) -> Array:
        """ONAPPINSTALL, with the tokens of who added the application."""
        data: Array = {"VERSION": 1, "ACTIVE": "Y", "INSTALLED": "Y", "LANGUAGE_ID": LANGUAGE}
        scope = " ".join(one.application.scopes)
        return self.event("ONAPPINSTALL", data, self.auth(one, one.by, scope=scope), handler_id)

    def uninstalled(self, one: Installed, *, clean: bool, handler_id: int | None = None) -> Array:
        """ONAPPUNINSTALL, without tokens."""
        data: Array = {"LANGUAGE_ID": LANGUAGE, "CLEAN": int(clean)}
        return self.event("ONAPPUNINSTALL", data, self.bare_auth(one), handler_id)

    def event(self, name: str, data: Array, auth: Array, handler_id: int | None = None) -> Array:
        """The form of any event."""
        number: Array = {} if handler_id is None else {"event_handler_id": handler_id}
        return {"event": name, **number, "data": data, "ts": int(self.now()), "auth": auth}

    def event_auth(self, one: Installed, user_id: int, *, scope: str) -> Array:
        """The same for other events, which bring no refresh token (settings/oauth/simple-way)."""
        return {name: value for name, value in self.auth(one, user_id, scope=scope).items() if name != "refresh_token"}

    def auth(self, one: Installed, user_id: int, *, scope: str) -> Array:
        """The `auth` of an event with new tokens of a user."""
        pair = self.tokens.issue(one.client_id, user_id)
        return {
            "access_token": pair.access.value,
            "expires": int(pair.access.expires),
            "expires_in": int(self.options.access_token_seconds),
            "scope": scope,
            "status": LOCAL,
            **self.bare_auth(one),
            "user_id": user_id,
            "refresh_token": pair.refresh.value,
        }

    def bare_auth(self, one: Installed) -> Array:
        """What tells the portal and proves the sender."""
        return {
            "domain": self.apps.addresses.domain,
            "server_endpoint": self.apps.addresses.server_endpoint,
            "client_endpoint": self.apps.addresses.client_endpoint,
            "member_id": self.options.member_id,
            "application_token": one.application.application_token,
        }
