"""Who we are to the portal: the incoming webhook, and a type that keeps its secret.

Vendor facts: https://apidocs.bitrix24.com/, on inbound webhooks
"""

import ipaddress
import logging
import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, urlsplit

from b24kpi.errors import BadInput

_PATH = re.compile(r"/rest/(?P<user>[0-9]+)/(?P<code>[A-Za-z0-9_-]+)/?", re.ASCII)
_SECRET_IN_TEXT = re.compile(r"(/rest/(?:api/)?[0-9]+/)[^/\s\"'?]+")


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


@dataclass(frozen=True)
class Webhook:
    """An incoming webhook; calls run with the rights of its user and within its scopes.

    Attributes:
        host: the portal's host, with the port where one is given; safe to print.
        user_id: whose rights the calls have.
        local: whether the host is this machine (the demo portal), where plain http is fine.
    """

    host: str
    user_id: int
    local: bool
    base: Secret

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `https://HOST/rest/USER/CODE/`; the final slash may be missing.

        Raises:
            BadInput: not such an address; the message never shows the code.
        """
        parts = _split(url.strip())
        local = is_loopback(parts.hostname or "")
        if parts.scheme != "https" and not local:
            raise BadInput("portal.webhook_insecure", host=parts.hostname)
        match = _PATH.fullmatch(parts.path)
        if match is None or parts.query or parts.fragment:
            raise BadInput("portal.webhook_path", host=parts.hostname)
        base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/"
        return cls(host=parts.netloc, user_id=int(match["user"]), local=local, base=Secret(base))

    def endpoint(self, method: str) -> Secret:
        """The address of a REST method; a secret, since the code is part of it."""
        return Secret(self.base.reveal() + method)

    def address(self, path: str) -> str:
        """The address of something on the portal beside REST; it has no code in it."""
        return f"{urlsplit(self.base.reveal()).scheme}://{self.host}/{path}"


class WebhookMask(logging.Filter):
    """Hides the code of a webhook in the records of a library that logs addresses."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if "/rest/" in message:
            record.msg, record.args = masked(message), ()
        return True


def masked(text: str) -> str:
    """The text with the code of every webhook address in it replaced.

    >>> masked("POST /rest/1/abcdef/crm.deal.list HTTP/1.1")
    'POST /rest/1/***/crm.deal.list HTTP/1.1'
    """
    return _SECRET_IN_TEXT.sub(r"\1***", text)


def is_loopback(host: str) -> bool:
    """Whether a host name means this machine: 127.0.0.0/8, ::1 or localhost."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str) -> SplitResult:
    parts = _split_or_none(url)
    # A user name before the host would make `https://known@other/` look like the known host.
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise BadInput("portal.webhook_address")
    return parts


def _split_or_none(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where the port is no number
    except ValueError:  # its text quotes the address, so it must not become the cause of ours
        return None
    return None if re.search(r"\s", url) else parts
