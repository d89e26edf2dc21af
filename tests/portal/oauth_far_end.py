"""Bitrix24's side of a local application over real HTTP: an OAuth server and portals, strict, on this machine.

It shares no code with b24kpi; its rules are those of the vendor (rotating refresh tokens, `app.info` at the OAuth
server, errors by code, a moved portal answers 302).
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from b24kpi.portal.application import Application
from b24kpi.portal.oauth import Keys, OAuth
from b24kpi.portal.secret import Secret
from b24kpi.portal.tokens import TokenFile, Tokens
from tests.portal.far_end import parse_php

CLIENT_ID, CLIENT_SECRET = "local.0123456789abcd.01234567", "cl1entsecret"
MEMBER_ID = "a223c6b3710f85df22e9377d6c4f7553"
APPLICATION_TOKEN = "51856fefc120afa4b628cc82d3935cce"
Reply = tuple[int, dict[str, Any]]


@dataclass
class Access:
    """An access token: whose, for which application of which portal."""

    user_id: int = 1
    client_id: str = CLIENT_ID
    member_id: str = MEMBER_ID
    expired: bool = False


@dataclass
class Site:
    """One host: what was asked of it, and what it answers.

    Attributes:
        asked: (path, parameters) of each request, in order.
    """

    answer: Callable[[str, dict[str, Any]], Reply]
    server: ThreadingHTTPServer = field(init=False)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    moved_to: str = ""

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}"


class BitrixSide:
    """The OAuth server, the portal, and a host to which it may move; `portal_methods` are its REST methods."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = count(1)
        self.access: dict[str, Access] = {}
        self.refresh: dict[str, Access] = {}
        self.domain = ""
        self.before_token: Callable[[], None] = lambda: None
        self.oauth, self.portal, self.other = Site(self._oauth), Site(self._rest), Site(self._rest)
        self.placements: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.departments: dict[int, list[int]] = {}
        self.methods: dict[str, Callable[[Access, dict[str, Any]], Any]] = {
            "profile": lambda access, params: {"ID": str(access.user_id), "ADMIN": access.user_id == 1, "NAME": "Ніна"},
            "user.current": lambda access, params: {"UF_DEPARTMENT": self.departments.get(access.user_id, [])},
            "placement.get": lambda access, params: self.placements,
            "placement.bind": lambda access, params: _bind(self.placements, "placement", params),
            "placement.unbind": lambda access, params: _unbind(self.placements, "placement", params),
            "event.get": lambda access, params: self.events,
            "event.bind": lambda access, params: _bind(self.events, "event", params),
            "batch": self._batch,
        }

    def give(self, **options: Any) -> tuple[str, str]:
        """A new pair of tokens."""
        number = next(self._numbers)
        access, refresh = f"acc3ss{number}", f"r3fresh{number}"
        self.access[access] = Access(**options)
        self.refresh[refresh] = Access(**options)
        return access, refresh

    def expire(self) -> None:
        """All access tokens run out."""
        for access in self.access.values():
            access.expired = True

    def refreshes(self) -> int:
        return len([path for path, _ in self.oauth.asked if path == "/oauth/token/"])

    def _oauth(self, path: str, params: dict[str, Any]) -> Reply:
        if path == "/oauth/token/":
            return self._token(params)
        if path == "/rest/app.info":
            return self._info(params)
        return 404, {"error": "ERROR_METHOD_NOT_FOUND", "error_description": "Method not found!"}

    def _token(self, params: dict[str, Any]) -> Reply:
        self.before_token()
        if params.get("grant_type") != "refresh_token":
            return 400, {"error": "invalid_request"}
        if (params.get("client_id"), params.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return 200, {"error": "wrong_client"}
        with self._lock:
            old = self.refresh.pop(params.get("refresh_token", ""), None)
            if old is None:
                return 400, {"error": "invalid_grant", "error_description": "Invalid grant"}
            access, refresh = self.give(user_id=old.user_id)
        endpoint = f"http://{self.domain}/rest/"
        reply = {"access_token": access, "refresh_token": refresh, "expires_in": 3600, "domain": "oauth.bitrix.info"}
        return 200, {**reply, "member_id": old.member_id, "client_endpoint": endpoint, "user_id": old.user_id}

    def _info(self, params: dict[str, Any]) -> Reply:
        found = self.access.get(params.get("auth", ""))
        if found is None or found.expired:
            return _unknown(found)
        install = {"member_id": found.member_id, "domain": self.domain, "status": "L"}
        result = {"client_id": found.client_id, "scope": "crm,user", "install": install, "user_id": found.user_id}
        return 200, {"result": result, "time": {}}

    def _rest(self, path: str, params: dict[str, Any]) -> Reply:
        method = path.removeprefix("/rest/")
        if method not in self.methods:
            return 404, {"error": "ERROR_METHOD_NOT_FOUND", "error_description": "Method not found!"}
        found = self.access.get(params.pop("auth", ""))
        if found is None or found.expired:
            return _unknown(found)
        done = self.methods[method](found, params)
        return (400, done) if isinstance(done, dict) and "error" in done else (200, {"result": done, "time": {}})

    def _batch(self, access: Access, params: dict[str, Any]) -> Any:
        results: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for key, line in params["cmd"].items():
            method, _, query = line.partition("?")
            done = self.methods[method](access, parse_php(query))
            (errors if isinstance(done, dict) and "error" in done else results)[key] = done
        rest: dict[str, Any] = {"result_total": [], "result_next": [], "result_time": []}
        return {"result": results or [], "result_error": errors or [], **rest}


def _bind(rows: list[dict[str, Any]], name: str, params: dict[str, Any]) -> Any:
    given = {key.lower(): value for key, value in params.items()}
    row = {name: given[name].upper(), "handler": given["handler"]}
    if any(row.items() <= known.items() for known in rows):
        return {"error": "ERROR_CORE", "error_description": "Unable to set handler: Handler already binded"}
    rows.append({**given, **row})
    return True


def _unbind(rows: list[dict[str, Any]], name: str, params: dict[str, Any]) -> Any:
    given = {key.lower(): value for key, value in params.items()}
    gone = [row for row in rows if (row[name], row["handler"]) == (given[name], given["handler"])]
    rows[:] = [row for row in rows if row not in gone]
    return {"count": len(gone)}


def _unknown(found: Access | None) -> Reply:
    if found is None:
        return 401, {"error": "invalid_token", "error_description": "Unable to get application by token"}
    return 401, {"error": "expired_token", "error_description": "The access token provided has expired."}


@contextmanager
def served(*sites: Site) -> Iterator[None]:
    """The sites over HTTP."""
    with ExitStack() as stack:
        for site in sites:
            site.server = ThreadingHTTPServer(("127.0.0.1", 0), handler(site))
            site.server.daemon_threads = True
            thread = threading.Thread(target=site.server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            stack.callback(thread.join)
            stack.callback(site.server.server_close)
            stack.callback(site.server.shutdown)
        yield


def handler(site: Site) -> type[BaseHTTPRequestHandler]:
    """What answers for a site."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self._reply(parts.path, {name: values[-1] for name, values in parse_qs(parts.query).items()})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._reply(urlsplit(self.path).path, json.loads(body))

        def _reply(self, path: str, params: dict[str, Any]) -> None:
            site.asked.append((path, dict(params)))
            status, reply = (302, {}) if site.moved_to else site.answer(path, params)
            body = json.dumps(reply).encode() if reply else b""
            self.send_response(status)
            if site.moved_to:
                self.send_header("Location", f"http://{site.moved_to}{path}")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    return Handler


@contextmanager
def bitrix() -> Iterator[BitrixSide]:
    """Bitrix24's side, running."""
    side = BitrixSide()
    with served(side.oauth, side.portal, side.other):
        side.domain = side.portal.host
        yield side


def oauth_of(side: BitrixSide) -> OAuth:
    return OAuth.of(f"http://{side.oauth.host}")


def application(side: BitrixSide, folder: Path) -> Application:
    """The client over the token file of a folder."""
    keys = Keys(CLIENT_ID, Secret(CLIENT_SECRET))
    return Application(keys, TokenFile.beside(folder / "cache.sqlite"), oauth_of(side))


def installed(side: BitrixSide, folder: Path) -> Application:
    """The client, installed by user 1."""
    access, refresh = side.give()
    app = application(side, folder)
    app.file.write(tokens(side, access, refresh))
    return app


def tokens(side: BitrixSide, access: str, refresh: str) -> Tokens:
    return Tokens(
        client_id=CLIENT_ID,
        member_id=MEMBER_ID,
        client_endpoint=f"http://{side.portal.host}/rest/",
        server_endpoint=f"http://{side.oauth.host}/rest/",
        access_token=Secret(access),
        refresh_token=Secret(refresh),
        application_token=Secret(APPLICATION_TOKEN),
        session_key=Secret("k3y"),
        user_id=1,
        installed_at=1_700_000_000,
    )


def tokens_file(folder: Path) -> Path:
    """Where `installed` keeps the tokens."""
    return folder / "cache.sqlite.tokens"
