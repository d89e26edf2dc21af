"""Who calls us? Nothing in a call is signed, so Bitrix24's OAuth server is asked whose its token is.

The order matters: what a call says is compared with what we know, then the OAuth server of the allow-list is asked,
and only then the portal, at the address that this server has told. DOMAIN and SERVER_ENDPOINT of a call are never
called.

https://apidocs.bitrix24.com/settings/oauth/index.html
"""

import hmac
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from b24kpi.clock import Clock
from b24kpi.errors import PortalError, RetryLater
from b24kpi.portal.application import Application, endpoint_of
from b24kpi.portal.client import Portal
from b24kpi.portal.ledger import Ledger
from b24kpi.portal.oauth import TokenInfo
from b24kpi.portal.secret import Secret
from b24kpi.portal.tokens import Tokens
from b24kpi.portal.visitor import Visitor
from b24kpi.web.denied import Denied
from b24kpi.web.incoming import Incoming

_log = logging.getLogger(__name__)

READ_TIMEOUT = 20.0
# Seconds by which the clocks of a portal and ours may differ.
SKEW = 120


@dataclass(frozen=True)
class Caller:
    """A person of the portal, verified.

    Attributes:
        endpoint: the portal's address before the names of REST methods.
        departments: ids; empty where nobody asked for them.
    """

    user_id: int
    name: str
    is_admin: bool
    departments: frozenset[int]
    member_id: str
    endpoint: str


class Verifier:
    """Lets in who proves to be of the portal of the application.

    Args:
        ledger: the portal's limits, shared with all who use the cache.
        departments: whether the departments of callers are asked for.
    """

    def __init__(self, application: Application, clock: Clock, *, plan: str, ledger: Ledger, departments: bool) -> None:
        self._application = application
        self._clock = clock
        self._plan = plan
        self._ledger = ledger
        self._departments = departments

    def caller(self, incoming: Incoming) -> Caller:
        """Who has opened a page.

        Raises:
            Denied: nobody of our portal.
        """
        tokens = self._installed()
        self._compare(incoming, tokens)
        if incoming.application_token.reveal() and tokens.application_token.reveal():
            self._compare_token(incoming, tokens)
        return self._ask(incoming)

    def installer(self, incoming: Incoming) -> Caller:
        """Which administrator installs the application, for the first time or again.

        Raises:
            Denied: no administrator, or none of our portal, or an event from before the installation.
        """
        tokens = self._application.installed()
        if tokens is not None:
            self._compare(incoming, tokens)
            self._compare_moment(incoming, tokens)
        if not incoming.refresh_token.reveal():
            raise Denied("entry.unsigned")
        caller = self._ask(incoming)
        if not caller.is_admin:
            raise Denied("entry.not_admin")
        return caller

    def removal(self, incoming: Incoming) -> Tokens:
        """The installation that an event ends.

        Raises:
            Denied: an event that the portal has not sent, or that was sent before the installation.
        """
        tokens = self._installed()
        self._compare(incoming, tokens)
        self._compare_token(incoming, tokens)
        self._compare_moment(incoming, tokens)
        return tokens

    def _installed(self) -> Tokens:
        tokens = self._application.installed()
        if tokens is None:
            raise Denied("entry.not_installed")
        return tokens

    def _compare(self, incoming: Incoming, tokens: Tokens) -> None:
        if not incoming.member_id:
            raise Denied("entry.unsigned")
        if not _same(incoming.member_id, tokens.member_id):
            raise Denied("entry.other_portal")

    def _compare_moment(self, incoming: Incoming, tokens: Tokens) -> None:
        """An event from before the installation is sent by somebody who has kept it."""
        if incoming.event and incoming.moment + SKEW < tokens.installed_at:
            raise Denied("entry.forged")

    def _compare_token(self, incoming: Incoming, tokens: Tokens) -> None:
        known = tokens.application_token.reveal()
        if not known or not _same(incoming.application_token.reveal(), known):
            raise Denied("entry.forged")

    def _ask(self, incoming: Incoming) -> Caller:
        """Whose the token is, by the OAuth server and then by the portal."""
        if not incoming.access_token.reveal() or not incoming.member_id:
            raise Denied("entry.unsigned")
        try:
            info = self._application.oauth.info(incoming.access_token, incoming.server_endpoint)
            endpoint = self._endpoint(info, incoming)
            return self._person(info, endpoint, incoming.access_token)
        except RetryLater as error:
            _log.warning("caller not verified error=%s", error)
            raise Denied("entry.unavailable", 503) from None
        except PortalError as error:
            _log.info("caller refused error=%s", error)
            raise Denied("entry.expired") from None

    def _endpoint(self, info: TokenInfo, incoming: Incoming) -> str:
        """Where the portal is, if the token is for our application and of the portal that the call names."""
        ours = _same(info.client_id, self._application.keys.client_id)
        if not ours or not _same(info.member_id, incoming.member_id):
            raise Denied("entry.other_portal")
        endpoint = endpoint_of(info.domain, local=self._application.local)
        if not endpoint:
            raise Denied("entry.other_portal")
        return endpoint

    def _person(self, info: TokenInfo, endpoint: str, token: Secret) -> Caller:
        """https://apidocs.bitrix24.com/api-reference/common/users/profile.html"""
        access = Visitor(endpoint, token, info.member_id, self._application.local)
        clock, plan, ledger = self._clock, self._plan, self._ledger
        with Portal(access, clock=clock, plan=plan, ledger=ledger, attempts=2, read_timeout=READ_TIMEOUT) as portal:
            profile = portal.call("profile").result
            if int(profile["ID"]) != info.user_id:
                raise Denied("entry.forged")
            wanted = self._departments and not profile.get("ADMIN")
            departments = _departments(portal) if wanted else frozenset[int]()
        name = f"{profile.get('NAME') or ''} {profile.get('LAST_NAME') or ''}".strip() or str(info.user_id)
        is_admin = profile.get("ADMIN") is True
        return Caller(info.user_id, name, is_admin, departments, info.member_id, endpoint)


def _departments(portal: Portal) -> frozenset[int]:
    """Those of the caller; none where the application may not ask.

    https://apidocs.bitrix24.com/api-reference/user/user-current.html
    """
    try:
        user: Mapping[str, Any] = portal.call("user.current").result
    except RetryLater:
        raise
    except PortalError as error:
        _log.warning("departments of a viewer not known error=%s", error)
        return frozenset()
    return frozenset(int(each) for each in user.get("UF_DEPARTMENT") or () if str(each).isdecimal())


def _same(given: str, known: str) -> bool:
    """In a time that tells nothing of how much of it is right."""
    return hmac.compare_digest(given.encode(), known.encode())
