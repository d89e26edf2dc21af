"""Bitrix24's OAuth server: new tokens for old ones, and whose a token is.

Only servers of the allow-list are ever asked, whatever an incoming call says: nothing in such a call is signed.

https://apidocs.bitrix24.com/settings/oauth/index.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import requests
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

from b24kpi.errors import BadInput, PortalError, RetryLater, Unauthorized, UnexpectedAnswer
from b24kpi.portal.auth import is_loopback
from b24kpi.portal.protocol import unpack
from b24kpi.portal.secret import Secret, masked
from b24kpi.portal.transport import Reply, bare_session, get

SERVERS = ("https://oauth.bitrix.info", "https://oauth.bitrix24.tech")
TOKEN_METHOD = "oauth/token"
READ_TIMEOUT = 20.0
ATTEMPTS = 3

# https://apidocs.bitrix24.com/settings/oauth/index.html, `wrong_client` and `NOT_INSTALLED` from the official SDKs
_WRONG_KEYS = ("INVALID_CLIENT", "WRONG_CLIENT")


@dataclass(frozen=True)
class Keys:
    """The keys of a local application, as Bitrix24 shows them to its administrator."""

    client_id: str
    client_secret: Secret


@dataclass(frozen=True)
class TokenReply:
    """What the OAuth server gives in place of a refresh token; that one counts no more."""

    access_token: Secret
    refresh_token: Secret
    member_id: str
    client_endpoint: str


@dataclass(frozen=True)
class TokenInfo:
    """Whose a token is.

    Attributes:
        domain: the host of the portal that it is for, lower case.
    """

    client_id: str
    member_id: str
    domain: str
    user_id: int
    scope: str


@dataclass(frozen=True)
class OAuth:
    """The OAuth servers that are asked, the usual one first.

    Attributes:
        local: whether it is that of a demo portal on this machine, the only case in which portals may be so too.
    """

    servers: tuple[str, ...] = SERVERS
    local: bool = False

    @classmethod
    def of(cls, address: str) -> Self:
        """Those of Bitrix24, or with an address the one of a demo portal.

        Raises:
            BadInput: an address that is not of this machine.
        """
        if not address:
            return cls()
        parts = urlsplit(address)
        if parts.scheme != "http" or not is_loopback(parts.hostname or "") or "@" in parts.netloc:
            raise BadInput("portal.oauth_address", address=address)
        return cls((address.rstrip("/"),), local=True)

    def server(self, endpoint: str) -> str:
        """The server that an endpoint names, where it is one of the allowed ones; else the usual one.

        >>> OAuth().server("https://oauth.bitrix24.tech/rest/"), OAuth().server("https://evil.example/rest/")
        ('https://oauth.bitrix24.tech', 'https://oauth.bitrix.info')
        """
        named = endpoint.removesuffix("/").removesuffix("/rest")
        return named if named in self.servers else self.servers[0]

    def refresh(self, keys: Keys, refresh_token: Secret, endpoint: str) -> TokenReply:
        """New tokens. An answer that is lost is asked for again with the same token, while the server takes it.

        Raises:
            RetryLater: the server cannot be asked.
            Unauthorized: it does not take the token, or the keys.
        """
        query = {
            "grant_type": "refresh_token",
            "client_id": keys.client_id,
            "client_secret": keys.client_secret.reveal(),
            "refresh_token": refresh_token.reveal(),
        }
        payload = _token_payload(self._ask(endpoint, TOKEN_METHOD, "/oauth/token/", query))
        try:
            tokens = Secret(str(payload["access_token"])), Secret(str(payload["refresh_token"]))
            return TokenReply(*tokens, str(payload["member_id"]), str(payload.get("client_endpoint") or ""))
        except KeyError:
            raise UnexpectedAnswer("portal.no_json", method=TOKEN_METHOD, reason="") from None

    def info(self, access_token: Secret, endpoint: str) -> TokenInfo:
        """Whose a token is.

        https://apidocs.bitrix24.com/api-reference/common/system/app-info.html

        Raises:
            RetryLater: the server cannot be asked.
            Unauthorized: it does not know the token, or no longer.
        """
        reply = self._ask(endpoint, "app.info", "/rest/app.info", {"auth": access_token.reveal()})
        result = unpack(reply.status, reply.headers, reply.body, "app.info").result
        install = result.get("install") if isinstance(result, Mapping) else None
        if not isinstance(install, Mapping):
            raise UnexpectedAnswer("portal.no_json", method="app.info", reason="")
        return TokenInfo(
            client_id=str(result.get("client_id") or ""),
            member_id=str(install.get("member_id") or ""),
            domain=str(install.get("domain") or "").lower(),
            user_id=_whole(result.get("user_id")),
            scope=str(result.get("scope") or ""),
        )

    def _ask(self, endpoint: str, method: str, path: str, query: Mapping[str, str]) -> Reply:
        address = Secret(f"{self.server(endpoint)}{path}?{urlencode(query)}")
        retrying = Retrying(retry=retry_if_exception_type(RetryLater), stop=stop_after_attempt(ATTEMPTS), reraise=True)
        try:
            with bare_session(local=self.local) as session:
                return retrying(_exchange, session, address, method)
        except RetryLater as error:
            reason = error.message_id.rpartition(".")[2]
        raise RetryLater("portal.oauth_failed", method=method, host=urlsplit(self.servers[0]).netloc, reason=reason)


def _exchange(session: requests.Session, address: Secret, method: str) -> Reply:
    reply = get(session, address, method, READ_TIMEOUT)
    if reply.status >= 500 or reply.status == 429:
        raise RetryLater("portal.server_failed", method=method, reason=f"HTTP {reply.status}")
    return reply


def _token_payload(reply: Reply) -> Mapping[str, Any]:
    """The tokens; an error may come with HTTP 200."""
    try:
        payload = json.loads(reply.body)
    except ValueError:
        payload = None
    if not isinstance(payload, Mapping):
        raise UnexpectedAnswer("portal.no_json", method=TOKEN_METHOD, reason=f"HTTP {reply.status}")
    if code := str(payload.get("error") or ""):
        raise _refused(code, masked(str(payload.get("error_description") or "")))
    return payload


def _refused(code: str, text: str) -> PortalError:
    params = {"method": TOKEN_METHOD, "code": code, "reason": ", ".join(filter(None, (code, text)))}
    if code.upper() in _WRONG_KEYS:
        return Unauthorized("portal.wrong_keys", **params)
    if code.upper() == "PAYMENT_REQUIRED":
        return Unauthorized("portal.no_subscription", **params)
    return Unauthorized("portal.tokens_refused", **params)


def _whole(value: Any) -> int:
    return int(value) if str(value).isdecimal() else 0
