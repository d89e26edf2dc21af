"""The application comes and goes: its tokens, its places in Bitrix24, the events it follows.

https://apidocs.bitrix24.com/settings/app-installation/index.html
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from secrets import token_urlsafe

from b24kpi.clock import Clock
from b24kpi.errors import CacheError, PortalError
from b24kpi.portal.application import Application
from b24kpi.portal.client import Portal
from b24kpi.portal.protocol import Command
from b24kpi.portal.secret import Secret
from b24kpi.portal.tokens import Tokens
from b24kpi.web import placements
from b24kpi.web.incoming import REMOVED, Incoming
from b24kpi.web.verification import Caller

_log = logging.getLogger(__name__)


class Installation:
    """What is done once a call is verified.

    Args:
        public_url: the address at which Bitrix24 reaches us, without a slash at its end.
        portal: opens the portal as the application.
    """

    def __init__(self, application: Application, clock: Clock, public_url: str, portal: Callable[[], Portal]) -> None:
        self._application = application
        self._clock = clock
        self._portal = portal
        self.handler = f"{public_url}/"
        self.events = f"{public_url}/events"

    def install(self, incoming: Incoming, caller: Caller) -> list[str]:
        """Keep the tokens of an administrator and bind the pages. Returns what the portal refused to bind.

        Sessions of an earlier installation are over.

        Raises:
            CacheError: the tokens cannot be kept.
            PortalError: the portal does not answer.
        """
        with self._application.file.alone():
            self._application.file.write(self._kept(self._tokens(incoming, caller)))
        _log.info("installed host=%s user=%d", self._application.host, caller.user_id)
        with self._portal() as portal:
            refused = placements.bind(portal, self.handler)
            self._follow_removal(portal)
        return refused

    def meet(self, incoming: Incoming, caller: Caller) -> None:
        """What the visit of a verified person tells: where the portal is now, and with an administrator, new tokens
        in place of those that Bitrix24 takes no more.

        Raises:
            CacheError: the tokens cannot be kept.
        """
        tokens = self._application.installed()
        if tokens is None or self._renewed(tokens, incoming, caller) == tokens:
            return
        with self._application.file.alone():
            tokens = self._application.installed()
            if tokens is not None:
                self._application.file.write(self._renewed(tokens, incoming, caller))

    def remove(self) -> None:
        """Unbind what the portal still lets us unbind, and forget the tokens; the cache stays.

        Raises:
            CacheError: the tokens cannot be removed.
        """
        try:
            with self._portal() as portal:
                placements.unbind(portal, self.handler)
        except PortalError as error:
            _log.info("placements not unbound, Bitrix24 does so itself error=%s", error)
        with self._application.file.alone():
            self._application.file.remove()
        _log.info("removed")

    def _tokens(self, incoming: Incoming, caller: Caller) -> Tokens:
        return Tokens(
            client_id=self._application.keys.client_id,
            member_id=caller.member_id,
            client_endpoint=caller.endpoint,
            server_endpoint=self._server(incoming),
            access_token=incoming.access_token,
            refresh_token=incoming.refresh_token,
            application_token=incoming.application_token,
            session_key=Secret(token_urlsafe(32)),
            user_id=caller.user_id,
            installed_at=int(self._clock.now()),
        )

    def _kept(self, tokens: Tokens) -> Tokens:
        """With what the same portal's BI Builder knows of an earlier installation."""
        try:
            former = self._application.installed()
        except CacheError:  # a damaged file is what a new installation mends
            return tokens
        if former is None or former.member_id != tokens.member_id:
            return tokens
        return replace(tokens, bi_secret=former.bi_secret)

    def _server(self, incoming: Incoming) -> str:
        """The OAuth server that the call names, if it is of the allow-list."""
        return f"{self._application.oauth.server(incoming.server_endpoint)}/rest/"

    def _renewed(self, tokens: Tokens, incoming: Incoming, caller: Caller) -> Tokens:
        met = replace(tokens, client_endpoint=caller.endpoint)
        if caller.is_admin and not met.application_token.reveal():
            met = replace(met, application_token=incoming.application_token)
        if tokens.are_lost and caller.is_admin and incoming.refresh_token.reveal():
            met = replace(
                met,
                access_token=incoming.access_token,
                refresh_token=incoming.refresh_token,
                server_endpoint=self._server(incoming),
                user_id=caller.user_id,
            )
        return met

    def _follow_removal(self, portal: Portal) -> None:
        """Have the portal tell us when the application is removed.

        https://apidocs.bitrix24.com/api-reference/common/events/on-app-uninstall.html
        """
        told = {str(row.get("handler")) for row in portal.call("event.get").result or () if row.get("event") == REMOVED}
        others = sorted(told - {self.events})
        commands = {f"other{n}": self._event("event.unbind", address) for n, address in enumerate(others)}
        if self.events not in told:
            commands["removal"] = self._event("event.bind", self.events)
        for answer in portal.batch(commands).values() if commands else ():
            if isinstance(answer, PortalError):
                _log.warning("removal is not told as it should be error=%s", answer)

    def _event(self, method: str, handler: str) -> Command:
        return Command(method, {"event": REMOVED, "handler": handler})
