"""What Bitrix24 posts to us, taken apart; nothing of it is true before `verification` says so.

https://apidocs.bitrix24.com/settings/app-installation/index.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from b24kpi.portal.secret import Secret

# Bitrix24 names Ukrainian after the country: https://apidocs.bitrix24.com/settings/app-installation/index.html
_LANGUAGES = {"ua": "uk", "uk": "uk", "ru": "ru", "en": "en"}
INSTALLED, REMOVED = "ONAPPINSTALL", "ONAPPUNINSTALL"


@dataclass(frozen=True)
class Incoming:
    """One call.

    Attributes:
        access_token, refresh_token: of who opened the page; empty where the call has none.
        server_endpoint: what it names as its OAuth server.
        language: uk, ru, en, or "" where it names another one.
        placement, options: where in Bitrix24 the page was opened, and for which row.
        event: name of the event, upper case; "" for a page.
        moment: epoch seconds of the event; 0 where it tells none.
    """

    access_token: Secret
    refresh_token: Secret
    member_id: str
    application_token: Secret
    server_endpoint: str
    language: str = ""
    placement: str = ""
    options: Mapping[str, Any] | None = None
    event: str = ""
    moment: int = 0

    @classmethod
    def page(cls, query: Mapping[str, str], form: Mapping[str, str]) -> Self:
        """A page that is opened in a frame."""
        return cls(
            access_token=Secret(form.get("AUTH_ID", "")),
            refresh_token=Secret(form.get("REFRESH_ID", "")),
            member_id=form.get("member_id", ""),
            application_token=Secret(form.get("APPLICATION_TOKEN", "")),
            server_endpoint=form.get("SERVER_ENDPOINT", ""),
            language=_LANGUAGES.get(query.get("LANG", "").lower(), ""),
            placement=form.get("PLACEMENT", ""),
            options=_options(form.get("PLACEMENT_OPTIONS", "")),
        )

    @classmethod
    def of_event(cls, form: Mapping[str, str]) -> Self:
        """An event; its tokens are there only at the installation.

        https://apidocs.bitrix24.com/api-reference/common/events/on-app-install.html
        """
        return cls(
            access_token=Secret(form.get("auth[access_token]", "")),
            refresh_token=Secret(form.get("auth[refresh_token]", "")),
            member_id=form.get("auth[member_id]", ""),
            application_token=Secret(form.get("auth[application_token]", "")),
            server_endpoint=form.get("auth[server_endpoint]", ""),
            language=_LANGUAGES.get(form.get("data[LANGUAGE_ID]", "").lower(), ""),
            event=form.get("event", "").upper(),
            moment=_number(form.get("ts", "")) or 0,
        )

    def row_id(self) -> int | None:
        """ID of the row in whose card the page was opened."""
        return _number(str((self.options or {}).get("ID", "")))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def _options(text: str) -> Mapping[str, Any]:
    try:
        options = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return options if isinstance(options, dict) else {}
