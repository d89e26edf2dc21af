"""Who we are to the portal as a local application: tokens that run out every hour, and a portal that may move.

https://apidocs.bitrix24.com/settings/oauth/index.html
"""

import logging
import threading
from dataclasses import replace
from secrets import token_urlsafe
from urllib.parse import urlsplit

from b24kpi.errors import PortalError, Unauthorized
from b24kpi.portal.access import Grant
from b24kpi.portal.auth import is_loopback
from b24kpi.portal.codes import OUT_OF_DATE
from b24kpi.portal.oauth import TOKEN_METHOD, Keys, OAuth, TokenInfo
from b24kpi.portal.secret import Secret
from b24kpi.portal.tokens import TokenFile, Tokens

_log = logging.getLogger(__name__)

_BI_SECRET_BYTES = 48

# Messages that speak of webhooks, and what they are for an application.
WORDS = {
    "portal.token_expired": "portal.tokens_refused",
    "portal.bad_credentials": "portal.tokens_refused",
    "portal.user_inactive": "portal.application_user",
    "portal.no_scope": "portal.application_scope",
    "portal.no_access": "portal.application_access",
    "portal.moved": "portal.moved_unverified",
    "portal.unreachable": "portal.application_unreachable",
    "portal.portal_deleted": "portal.application_portal_deleted",
    "portal.no_json": "portal.application_no_json",
}


class Application:
    """A local application; calls run with the rights of who installed it and within its scopes. Thread-safe."""

    def __init__(self, keys: Keys, file: TokenFile, oauth: OAuth) -> None:
        self.file = file
        self.keys = keys
        self.oauth = oauth
        self._lock = threading.Lock()
        self._tokens: Tokens | None = None

    @property
    def host(self) -> str:
        """The portal's; once the application is installed."""
        return self._known().host

    @property
    def member_id(self) -> str:
        """The portal's; once the application is installed."""
        return self._known().member_id

    @property
    def local(self) -> bool:
        """Whether it is the demo portal's, by the settings."""
        return self.oauth.local

    def installed(self) -> Tokens | None:
        """The tokens of the file; None before the installation."""
        tokens = self.file.read()
        return tokens if tokens is not None and tokens.client_id == self.keys.client_id else None

    def grant(self) -> Grant:
        """With the tokens of the moment."""
        tokens = self._known()
        return Grant(Secret(tokens.client_endpoint), tokens.access_token)

    def renew(self, refused: Grant) -> bool:
        """Take the tokens that another thread or process has got meanwhile, else get new ones: once for all who wait.

        Raises:
            Unauthorized: the OAuth server takes our tokens no more.
            RetryLater: it cannot be asked.
        """
        with self._lock, self.file.alone():
            tokens = self._required()
            if tokens.access_token == refused.token:
                tokens, host = self._refreshed(tokens)
                tokens = tokens if host in ("", tokens.host) else self._moved(tokens, host)
            self._tokens = tokens
        return True

    def follow(self, host: str) -> bool:
        """Go over to a host to which the portal says it has moved, if the OAuth server says so too."""
        with self._lock, self.file.alone():
            tokens = self._required()
            if tokens.host != host:
                tokens = self._moved(tokens, host)
            self._tokens = tokens
        return tokens.host == host

    def bi_secret(self) -> Secret:
        """What BI Builder has to show when it fetches data: made once for each installation.

        Raises:
            Unauthorized: the application is not installed.
            CacheError: it cannot be kept.
        """
        with self._lock, self.file.alone():
            tokens = self._required()
            if not tokens.bi_secret.reveal():
                tokens = replace(tokens, bi_secret=Secret(token_urlsafe(_BI_SECRET_BYTES)))
                self.file.write(tokens)
            self._tokens = tokens
        return tokens.bi_secret

    def reworded(self, error: PortalError) -> PortalError:
        """The error without a word of webhooks."""
        if error.message_id not in WORDS:
            return error
        return type(error)(WORDS[error.message_id], **error.params)

    def _known(self) -> Tokens:
        tokens = self._tokens
        if tokens is None:
            with self._lock:
                tokens = self._tokens = self._required()
        return tokens

    def _required(self) -> Tokens:
        tokens = self.installed()
        if tokens is None:
            raise Unauthorized("portal.not_installed")
        return tokens

    def _refreshed(self, tokens: Tokens) -> tuple[Tokens, str]:
        """New tokens, stored before anything is done with them; and the portal's host as the server tells it."""
        if tokens.are_lost:
            raise Unauthorized("portal.tokens_refused", method=TOKEN_METHOD, reason="invalid_grant")
        try:
            reply = self.oauth.refresh(self.keys, tokens.refresh_token, tokens.server_endpoint)
        except Unauthorized as error:
            if error.message_id == "portal.tokens_refused":
                self.file.write(replace(tokens, refresh_token=Secret("")))
            raise
        if reply.member_id != tokens.member_id:
            raise Unauthorized("portal.other_member")
        fresh = replace(tokens, access_token=reply.access_token, refresh_token=reply.refresh_token)
        self.file.write(fresh)
        _log.info("tokens renewed host=%s", fresh.host)
        return fresh, urlsplit(reply.client_endpoint).netloc

    def _moved(self, tokens: Tokens, host: str) -> Tokens:
        """The tokens with the new address, where it is confirmed."""
        try:
            info = self.oauth.info(tokens.access_token, tokens.server_endpoint)
        except Unauthorized as error:
            if error.code.upper() not in OUT_OF_DATE:
                raise
            tokens, _ = self._refreshed(tokens)
            info = self.oauth.info(tokens.access_token, tokens.server_endpoint)
        endpoint = endpoint_of(host, local=self.local)
        if not self._is_ours(info, tokens) or info.domain != host.lower() or not endpoint:
            _log.warning("move not confirmed from=%s to=%s", tokens.host, host)
            return tokens
        moved = replace(tokens, client_endpoint=endpoint)
        self.file.write(moved)
        _log.info("portal moved from=%s to=%s", tokens.host, host)
        return moved

    def _is_ours(self, info: TokenInfo, tokens: Tokens) -> bool:
        return info.client_id == self.keys.client_id and info.member_id == tokens.member_id


def endpoint_of(host: str, *, local: bool) -> str:
    """Address before the names of REST methods of a portal; "" where no portal can be at this host.

    Args:
        local: portals are on this machine, and only there.

    >>> endpoint_of("example.bitrix24.eu", local=False), endpoint_of("127.0.0.1", local=False)
    ('https://example.bitrix24.eu/rest/', '')
    """
    try:
        parts = urlsplit(f"//{host}")
        name = parts.hostname or ""
        _ = parts.port  # raises where the port is no number
    except ValueError:
        return ""
    if parts.netloc != host or "@" in host or is_loopback(name) is not local or not (local or _is_public_name(name)):
        return ""
    return f"{'http' if local else 'https'}://{host}/rest/"


def _is_public_name(name: str) -> bool:
    """A name with a dot whose last part is no number: addresses of machines are no portals."""
    *front, last = name.split(".")
    return bool(front) and all(part.replace("-", "").isalnum() for part in (*front, last)) and not last.isdecimal()
