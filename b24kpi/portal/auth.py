"""Who we are to the portal by an incoming webhook.

Vendor facts: https://apidocs.bitrix24.com/, on inbound webhooks
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, urlsplit

from b24kpi.errors import BadInput
from b24kpi.portal.access import Grant, Lasting
from b24kpi.portal.secret import Secret

_PATH = re.compile(r"/rest/(?P<user>[0-9]+)/(?P<code>[A-Za-z0-9_-]+)/?", re.ASCII)


@dataclass(frozen=True)
class Webhook(Lasting):
    """An incoming webhook; calls run with the rights of its user and within its scopes.

    A new one is made by a person, and nothing but a redirection says that a moved portal is still the same.

    Attributes:
        host: the portal's host, with the port where one is given; safe to print.
        user_id: whose rights the calls have.
        local: whether the host is this machine (the demo portal), where plain http is fine.
        member_id: "", for an address does not tell it.
    """

    host: str
    user_id: int
    local: bool
    base: Secret
    member_id: str = ""

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

    def grant(self) -> Grant:
        """The same for each call."""
        return Grant(self.base)

    def endpoint(self, method: str) -> Secret:
        """The address of a REST method; a secret, since the code is part of it."""
        return self.grant().endpoint(method)


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
