"""The demo portal on the network: a strict stand-in for Bitrix24's REST side over real HTTP.

    with DemoPortal(state, limits=STANDARD) as portal:
        requests.post(portal.url + "crm.deal.list", json={"start": -1})

What it does not emulate fails loudly: an unknown method is 404, a parameter it cannot honour 500 NOT_EMULATED.
Routes and parameters: https://apidocs.bitrix24.com/settings/how-to-call-rest-api/index.html
"""

import logging
import re
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

from b24kpi.demo import bi_connector
from b24kpi.demo.access import ADMINISTRATOR, Access, Webhook, take_token
from b24kpi.demo.app_services import AppServices
from b24kpi.demo.apps import Application, Installed
from b24kpi.demo.bi_connector import BiConnector, BiSettings
from b24kpi.demo.deliveries import Deliveries
from b24kpi.demo.dispatch import ALL_SCOPES, Dispatcher
from b24kpi.demo.events import Events
from b24kpi.demo.faults import Fault, Faults
from b24kpi.demo.hooks import Hooks
from b24kpi.demo.hosts import Host
from b24kpi.demo.letters import Letters
from b24kpi.demo.limits import UNLIMITED, LeakyBuckets, Limits
from b24kpi.demo.oauth_server import OAuthServer
from b24kpi.demo.oauth_tokens import Tokens
from b24kpi.demo.options import STANDARD_OPTIONS, Options
from b24kpi.demo.php import Array
from b24kpi.demo.rest import Caller, RestError
from b24kpi.demo.rest_http import json_response, parameters
from b24kpi.demo.site import Site
from b24kpi.demo.state import PortalState
from b24kpi.demo.stats import Stats
from b24kpi.demo.wire import Request, Response, html, redirect

__all__ = ["DEFAULT_SECRET", "DemoPortal", "Webhook", "parameters"]
DEFAULT_SECRET = "demo0secret0webhook"
_ROUTE = re.compile(r"/rest/(?:(\d+)/([^/]+)/)?([A-Za-z][\w.-]*?)(\.json|\.xml)?/?")
_BI_SCRIPTS = ("pbi.php", "gds.php")
_log = logging.getLogger(__name__)


class DemoPortal:
    """A portal at `url`, the webhook of user 1, an administrator; starts and stops as a context manager.

    `state.now` is its clock. `faults` plays failures, `denied` maps methods to error codes, `scopes` are the webhook's;
    `webhooks` maps further users to theirs; `stats` tells what was asked. With a `bi_key` the BI connector answers too;
    `hooks` change rows between requests. With applications (`add_application`, or the pages) there is an OAuth server
    as well, at `oauth.url`; `access.roles` are the rights of people in applications.
    """

    def __init__(
        self,
        state: PortalState,
        *,
        port: int = 0,
        oauth_port: int = 0,
        host: str = "127.0.0.1",
        limits: Limits = UNLIMITED,
        options: Options = STANDARD_OPTIONS,
        secret: str = DEFAULT_SECRET,
        bi_key: str = "",
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.state = state
        self.stats = Stats()
        self.faults = Faults()
        self.hooks = Hooks()
        self.scopes = set(ALL_SCOPES)
        self.webhooks = {ADMINISTRATOR: Webhook(secret)}
        self.apps = AppServices()
        self.tokens = Tokens(state.now, options)
        self.access = Access(state, self.webhooks, self.scopes, self.apps.registry, self.tokens)
        self.oauth = OAuthServer(state, self.apps, self.tokens, options)
        self._dispatcher = Dispatcher(state, self.stats, self.faults, limits, options, sleep=sleep, apps=self.apps)
        self.deliveries = Deliveries()
        self.letters = Letters(self.apps, self.tokens, options, state.now)
        self._events = Events(state, self.letters, self.deliveries)
        self._site = Site(state, self.access, self.letters, self._shown, self._notes)
        self._buckets = LeakyBuckets(monotonic)
        self._bi = BiConnector(state, self.faults, self.stats)
        self._bi.settings.key = bi_key
        self._sleep = sleep
        self._host = Host("demo portal", host, port, self._exchange)
        self._oauth_host = Host("demo OAuth server", host, oauth_port, self._oauth_exchange)
        self._former_hosts: list[Host] = []
        self.apps.registry.on_added.append(lambda one: self._open_oauth())
        self.apps.registry.on_finished.append(self._events.finished)
        self.apps.registry.on_removed.append(self._events.removed)
        self.apps.registry.on_removed.append(lambda one, clean: self.tokens.forget(one.client_id))

    @property
    def limits(self) -> Limits:
        """What the portal bears; may be exchanged while it runs."""
        return self._dispatcher.limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self._dispatcher.limits = limits

    @property
    def denied(self) -> dict[str, str]:
        """Method → error code with which it is refused, e.g. ACCESS_DENIED (403)."""
        return self._dispatcher.denied

    @property
    def features(self) -> dict[str, bool]:
        """Code → whether the plan has it, for feature.get."""
        return self._dispatcher.features

    @property
    def calendar(self) -> dict[str, Any]:
        """What calendar.settings.get answers."""
        return self._dispatcher.calendar

    def block(self, method: str, seconds: float, *, after: int = 0) -> None:
        """Answers a method 429 OPERATION_TIME_LIMIT for `seconds` of the portal's time, once `after` calls have passed.

        The `time` block tells the end as `operating_reset_at` where the portal has an operating limit.
        """
        self._dispatcher.blocks.add(method, seconds, after)

    @property
    def bi(self) -> BiSettings:
        """What the BI connector is like: its key, the plan's limit of rows, its lock."""
        return self._bi.settings

    @property
    def address(self) -> str:
        """`http://127.0.0.1:PORT`; the portal must have been started."""
        return self._host.url

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT/rest/1/SECRET/`; the portal must have been started."""
        return self.webhook_url(ADMINISTRATOR)

    def webhook_url(self, user_id: int) -> str:
        """The webhook of another user out of `webhooks`."""
        return f"{self.address}/rest/{user_id}/{self.webhooks[user_id].secret}/"

    # --- life

    def start(self) -> "DemoPortal":
        """Binds the port and serves in threads; the OAuth server follows with the first application."""
        self._host.start()
        self.state.watchers.append(self._events.changed)
        self.apps.addresses.portal = self._host.url
        if self.apps.registry.all():
            self._open_oauth()
        return self

    def _open_oauth(self) -> None:
        if self._host.is_running and not self._oauth_host.is_running:
            self._oauth_host.start()
            self.apps.addresses.oauth = self._oauth_host.url

    def stop(self) -> None:
        """Ends the servers and their connections; the state stays."""
        for host in (self._host, self._oauth_host, *self._former_hosts):
            host.stop()
        self.state.watchers = [watcher for watcher in self.state.watchers if watcher != self._events.changed]
        self.deliveries.stop()

    def move(self, *, port: int = 0) -> str:
        """Gives the portal another address, which is answered; at the old one everything is 302 from now on.

        https://apidocs.bitrix24.com/settings/how-to-call-rest-api/change-domen.html
        """
        former = self._host
        self._host = Host("demo portal", "127.0.0.1", port, self._exchange)
        self._host.start()
        self.apps.addresses.portal = self._host.url
        former.answer_by(lambda request: self._dated(redirect(f"{self.address}{request.target}")))
        self._former_hosts.append(former)
        return self.address

    def add_application(self, application: Application, *, by: int = ADMINISTRATOR) -> Installed:
        """Adds a local application, as the form of "Developer resources" does. Raises RuntimeError before the start."""
        if not self._host.is_running:
            raise RuntimeError("an application is added to a portal that has been started")
        return self.apps.registry.add(application, by=by)

    def __enter__(self) -> "DemoPortal":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- one request

    def _exchange(self, request: Request) -> Response:
        number = self.stats.request()
        try:
            return self._responded(request)
        finally:
            self._play_hooks(number)

    def _play_hooks(self, number: int) -> None:
        """A hook that fails is a failure of the trial, kept in `stats.failures`."""
        try:
            self.hooks.answered(number, self.state)
        except Exception as error:
            _log.exception("a hook failed after request %d", number)
            self.stats.failed(error)

    def _responded(self, request: Request) -> Response:
        parts = urlsplit(request.target)
        script = parts.path.removeprefix(bi_connector.PREFIX)
        route = _ROUTE.fullmatch(unquote(parts.path))
        name = route[3] if route else script if script in _BI_SCRIPTS else ""
        fault = self.faults.take(name)
        if fault and fault.kind in _REPLACEMENTS:
            return self._dated(_REPLACEMENTS[fault.kind](fault, request))
        if name in _BI_SCRIPTS:
            return self._disturbed(self._dated(self._bi.answer(request, name, parts.query)), fault)
        page = None if route else self._site.answer(request)
        if page is not None:
            return self._dated(page)
        if not self._buckets.admit(request.address, self.limits):
            self.stats.rejected()
            return self._dated(_error(RestError("QUERY_LIMIT_EXCEEDED", "Too many requests", 503)))
        if route is None:
            return self._dated(html(404, "Not Found"))
        return self._disturbed(self._dated(self._answer(route, parts.query, request)), fault)

    def _answer(self, route: re.Match[str], query: str, request: Request) -> Response:
        user_id, secret, name, suffix = route.groups()
        try:
            if suffix == ".xml":
                raise RestError("NOT_EMULATED", "The demo portal answers in JSON only", 500)
            method = self._dispatcher.find(name)
            params = parameters(request, query)
            caller = self._caller(user_id, secret, request, params)
            return json_response(200, self._dispatcher.answer(method, params, caller))
        except RestError as error:
            return _error(error)

    def _caller(self, user_id: str | None, secret: str | None, request: Request, params: Array) -> Caller:
        if user_id is not None and secret is not None:
            return self.access.by_webhook(int(user_id), secret)
        return self.access.by_token(take_token(request, params))

    def _notes(self, user_id: int) -> tuple[str, ...]:
        return tuple(each.html for each in reversed(self.apps.notifications.of(user_id)))

    def _shown(self, method: str, user_id: int, params: Array) -> Any:
        return self._dispatcher.shown(method, params, self.access.person(user_id))

    def _oauth_exchange(self, request: Request) -> Response:
        return self._dated(self.oauth.answer(request))

    def _dated(self, response: Response) -> Response:
        return response.dated(self.state.now())

    def _disturbed(self, response: Response, fault: Fault | None) -> Response:
        if fault is None:
            return response
        if fault.kind == "slow":
            self._sleep(float(fault.details.get("seconds", 1.0)))
            return response
        return response.breaking("truncate" if fault.kind == "truncated" else "reset")


def _error(error: RestError) -> Response:
    return json_response(error.status, error.payload)


def _failing(code: str, text: str, status: int) -> Callable[[Fault, Request], Response]:
    return lambda fault, request: _error(RestError(code, text, status))


def _page(status: int, title: str) -> Callable[[Fault, Request], Response]:
    return lambda fault, request: html(status, title)


_REPLACEMENTS: dict[str, Callable[[Fault, Request], Response]] = {
    "bad_gateway": _page(502, "502 Bad Gateway"),
    "gateway_timeout": _page(504, "504 Gateway Time-out"),
    "server_error": _page(500, "Fatal error"),
    "forbidden": _page(403, "403 Forbidden"),
    "redirect": lambda fault, request: redirect(f"{fault.details.get('host', 'http://127.0.0.1:9')}{request.target}"),
    "expired_token": _failing("expired_token", "The access token provided has expired.", 401),
    "query_limit": _failing("QUERY_LIMIT_EXCEEDED", "Too many requests", 503),
    "overload": _failing("OVERLOAD_LIMIT", "REST API is blocked due to overload.", 503),
    "operation_time_limit": _failing("OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit.", 429),
    "portal_deleted": _failing("PORTAL_DELETED", "Portal was deleted", 403),
    "reset": lambda fault, request: Response(0, (), b"").breaking("reset"),
}
