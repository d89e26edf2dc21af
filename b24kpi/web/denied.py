"""Calls that are not let in."""

from typing import Any

from b24kpi import locale


class Denied(Exception):
    """A call that is refused, with its HTTP status; the server words it, whatever page it was meant for."""

    def __init__(self, message_id: str, status: int = 403, **params: Any) -> None:
        self.message_id = message_id
        self.status = status
        self.params = params
        super().__init__(message_id)

    def text(self, language: str) -> str:
        """Why, for people."""
        return locale.text(self.message_id, language, **self.params)
