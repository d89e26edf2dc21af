"""The demo portal on the network: a strict stand-in for Bitrix24's REST side over real HTTP.

    with DemoPortal(state, limits=STANDARD) as portal:
        requests.post(portal.url + "crm.deal.list", json={"start": -1})

What it does not emulate fails loudly: an unknown method is 404, a parameter it cannot honour 500 NOT_EMULATED.
Routes and parameters: https://apidocs.bitrix24.com/settings/how-to-call-rest-api/index.html
"""

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

from b24kpi.demo import bi_connector, php
from b24kpi.demo.bi_connector import BiConnector, BiSettings
from b24kpi.demo.dispatch import ALL_SCOPES, Dispatcher
from b24kpi.demo.faults import Fault, Faults
from b24kpi.demo.hooks import Hooks
from b24kpi.demo.limits import UNLIMITED, LeakyBuckets, Limits
from b24kpi.demo.options import STANDARD_OPTIONS, Options
from b24kpi.demo.php import Array
from b24kpi.demo.rest import Caller, RestError
from b24kpi.demo.state import PortalState
from b24kpi.demo.stats import Stats
from b24kpi.demo.wire import Request, Response, Server, html, redirect

DEFAULT_SECRET = "demo0secret0webhook"
ADMINISTRATOR = 1
_ROUTE = re.compile(r"/rest/(?:(\d+)/([^/]+)/)?([A-Za-z][\w.-]*?)(\.json|\.xml)?/?")
_BI_SCRIPTS = ("pbi.php", "gds.php")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Webhook:
    """An incoming webhook: its code, and what its owner may read of the CRM (all, own, none).

    `entities` says otherwise for single tables, e.g. {"deal": "own"}; `hidden_pipelines` are ids of deal pipelines
    whose deals, with their history and activities, the owner does not see.
    """

    secret: str
    reads: str = "all"
    entities: Mapping[str, str] = field(default_factory=dict)
    hidden_pipelines: frozenset[int] = frozenset()


class DemoPortal:
    """A portal at `url`, the webhook of user 1, an administrator; starts and stops as a context manager.

    `state.now` is its clock. `faults` plays failures, `denied` maps methods to error codes, `scopes` are the webhook's;
    `webhooks` maps further users to theirs; `stats` tells what was asked. With a `bi_key` the BI connector answers too;
    `hooks` change rows between requests.
    """

    def __init__(
        self,
        state: PortalState,
        *,
        port: int = 0,
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
        self._dispatcher = Dispatcher(state, self.stats, self.faults, limits, options, sleep=sleep)
        self._buckets = LeakyBuckets(monotonic)
        self._bi = BiConnector(state, self.faults, self.stats)
        self._bi.settings.key = bi_key
        self._sleep = sleep
        self._address = (host, port)
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

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
        host, port = self._address
        return f"http://{host}:{port}"

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT/rest/1/SECRET/`; the portal must have been started."""
        return self.webhook_url(ADMINISTRATOR)

    def webhook_url(self, user_id: int) -> str:
        """The webhook of another user out of `webhooks`."""
        return f"{self.address}/rest/{user_id}/{self.webhooks[user_id].secret}/"

    # --- life

    def start(self) -> "DemoPortal":
        """Binds the port and serves in a thread."""
        self._server = Server(self._address, self._exchange)
        self._address = (self._address[0], self._server.server_port)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="demo portal", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Ends the server and its connections; the state stays."""
        if self._server is not None and self._thread is not None:
            self._server.stop()
            self._thread.join()
            self._server = None

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
            caller = self._caller(user_id, secret)
            return _json(200, self._dispatcher.answer(method, parameters(request, query), caller))
        except RestError as error:
            return _error(error)

    def _caller(self, user_id: str | None, secret: str | None) -> Caller:
        if user_id is None or secret is None:
            raise RestError("NO_AUTH_FOUND", "Wrong authorization data", 401)
        webhook = self.webhooks.get(int(user_id))
        if webhook is None or webhook.secret != secret:
            raise RestError("INVALID_CREDENTIALS", "Invalid request credentials", 401)
        owner = self.state.row("user", int(user_id))
        if owner is not None and not owner["ACTIVE"]:
            raise RestError("authorization_error", "Unable to authorize user", 401)
        is_admin = int(user_id) == ADMINISTRATOR or (owner is not None and owner["ADMIN"] == "Y")
        scopes, hidden = frozenset(self.scopes), webhook.hidden_pipelines
        return Caller(int(user_id), is_admin, scopes, webhook.reads, webhook.entities, hidden)

    def _dated(self, response: Response) -> Response:
        return response.dated(self.state.now())

    def _disturbed(self, response: Response, fault: Fault | None) -> Response:
        if fault is None:
            return response
        if fault.kind == "slow":
            self._sleep(float(fault.details.get("seconds", 1.0)))
            return response
        return response.breaking("truncate" if fault.kind == "truncated" else "reset")


def parameters(request: Request, query: str) -> Array:
    """GET and POST merged; JSON replaces top-level keys, malformed JSON counts as no parameters at all.

    Read from the portal's source. Raises RestError for bodies that the demo portal cannot read.
    """
    params = php.parse_str(query)
    if request.method != "POST":
        return params
    if request.content_type == "application/json":
        return {**params, **_json_params(request.body)}
    if request.content_type in ("", "application/x-www-form-urlencoded"):
        return {**params, **php.parse_str(request.body.decode("utf-8", "replace"))}
    raise RestError("NOT_EMULATED", f"The demo portal does not read {request.content_type}", 500)


def _json_params(body: bytes) -> Array:
    try:
        decoded = php.from_json(json.loads(body))
    except ValueError:
        return {}
    return decoded if isinstance(decoded, dict) else {}


def _json(status: int, payload: Any) -> Response:
    body = json.dumps(payload, separators=(",", ":")).encode()
    headers = (
        ("Content-Type", "application/json; charset=utf-8"),
        ("Access-Control-Allow-Origin", "*"),
        ("X-Content-Type-Options", "nosniff"),
    )
    return Response(status, headers, body)


def _error(error: RestError) -> Response:
    return _json(error.status, error.payload)


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
