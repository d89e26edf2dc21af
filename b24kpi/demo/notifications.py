"""Notifications that people on the portal get: https://apidocs.bitrix24.com/api-reference/chats/notifications/ ."""

import re
import threading
from dataclasses import dataclass
from html import escape

_TAGS = re.compile(r"\[/?\w+(?:=[^\]]*)?\]")
# https://apidocs.bitrix24.com/api-reference/chats/messages/index.html
_SHOWN = (
    (re.compile(r"\[br\]", re.IGNORECASE), "<br>"),
    (re.compile(r"\[b\](.*?)\[/b\]", re.IGNORECASE), r"<b>\1</b>"),
    (re.compile(r"\[url=(https?://[^\]\s]+)\](.*?)\[/url\]", re.IGNORECASE), r'<a href="\1">\2</a>'),
)


@dataclass(frozen=True)
class Notification:
    """One: to whom, what, from which application ('' for a webhook) under which tag."""

    id: int
    user_id: int
    message: str
    client_id: str = ""
    tag: str = ""

    @property
    def plain(self) -> str:
        """The text without its BB codes."""
        return _TAGS.sub("", self.message.replace("[br]", "\n"))

    @property
    def html(self) -> str:
        """The text as the messenger shows it: its BB codes as markup, everything else escaped."""
        shown = escape(self.message)
        for code, markup in _SHOWN:
            shown = code.sub(markup, shown)
        return _TAGS.sub("", shown)


class Notifications:
    """All of them, the newest last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: list[Notification] = []
        self._numbers = 0

    def add(self, user_id: int, message: str, *, client_id: str, tag: str) -> int:
        """One more; those of the same application and tag go, whoever had them. Its id."""
        with self._lock:
            self._numbers += 1
            new = Notification(self._numbers, user_id, message, client_id, tag)
            kept = [old for old in self._sent if not tag or (old.client_id, old.tag) != (client_id, tag)]
            self._sent = [*kept, new]
            return new.id

    def of(self, user_id: int) -> list[Notification]:
        """Those of one user."""
        with self._lock:
            return [each for each in self._sent if each.user_id == user_id]
