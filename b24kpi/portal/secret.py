"""Texts that are shown to nobody, and what hides them where a library or the portal quotes them."""

import logging
import re

_SECRETS_IN_TEXT = (
    (re.compile(r"(/rest/(?:api/)?[0-9]+/)[^/\s\"'?]+"), r"\1***"),
    (
        re.compile(
            r"\b((?:auth|access_token|refresh_token|client_secret|code|application_token|AUTH_ID|REFRESH_ID"
            r"|APPLICATION_TOKEN|auth\[\w+\]|auth%5B\w+%5D)=)[^&\s\"']+"
        ),
        r"\1***",
    ),
)


class Secret:
    """A text that shows itself only to who asks for it by `reveal()`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


class AddressMask(logging.Filter):
    """Hides the secrets of addresses in the records of a library that logs addresses."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if (shown := masked(message)) != message:
            record.msg, record.args = shown, ()
        return True


def masked(text: str) -> str:
    """The text with the code of every webhook address and the tokens of every query in it replaced.

    >>> masked("POST /rest/1/abcdef/crm.deal.list HTTP/1.1")
    'POST /rest/1/***/crm.deal.list HTTP/1.1'
    >>> masked("GET /rest/app.info?auth=abcdef&x=1")
    'GET /rest/app.info?auth=***&x=1'
    """
    for pattern, replacement in _SECRETS_IN_TEXT:
        text = pattern.sub(replacement, text)
    return text
