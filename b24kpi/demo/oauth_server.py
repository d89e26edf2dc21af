"""The OAuth server, a host of its own beside the portal: /oauth/token/ and /rest/app.info .

https://apidocs.bitrix24.com/settings/oauth/index.html (exchanging a code),
https://apidocs.bitrix24.com/settings/oauth/auto-renewal.html (renewing),
https://apidocs.bitrix24.com/settings/oauth/error-codes.html . The HTTP statuses of errors and what app.info answers on
this host are those that the vendor's client knows, https://github.com/bitrix24/b24pysdk (errors, app info).
"""

import re
from urllib.parse import urlsplit

from b24kpi.demo import php
from b24kpi.demo.app_services import AppServices
from b24kpi.demo.apps import LOCAL, Installed
from b24kpi.demo.oauth_tokens import Grant, Pair, Tokens
from b24kpi.demo.options import Options
from b24kpi.demo.php import Array
from b24kpi.demo.rest import RestError
from b24kpi.demo.rest_http import json_response, parameters
from b24kpi.demo.state import PortalState
from b24kpi.demo.wire import Request, Response, html

_TOKEN_PATH = "/oauth/token"
_TOKEN_SHAPE = re.compile(r"[0-9a-z]{32,128}")  # what app.info takes for a token that it does not know


class OAuthServer:
    """Answers requests to its host. `refusal` is ('', '') or an error that every exchange of tokens gets.

    `exchanges` counts the pairs that it gave out, by grant type.
    """

    def __init__(self, state: PortalState, apps: AppServices, tokens: Tokens, options: Options) -> None:
        self.refusal = ("", "")
        self.exchanges = {"authorization_code": 0, "refresh_token": 0}
        self._state = state
        self._apps = apps.registry
        self._tokens = tokens
        self._addresses = apps.addresses
        self._options = options

    @property
    def url(self) -> str:
        """Where it answers, `http://127.0.0.1:PORT`; the portal must have been started."""
        return self._addresses.oauth

    def answer(self, request: Request) -> Response:
        """One request; what this host does not serve is 404."""
        path = urlsplit(request.target).path.rstrip("/")
        query = urlsplit(request.target).query
        try:
            if path == _TOKEN_PATH:
                return json_response(200, self._token(parameters(request, query)))
            if path.removesuffix(".json") == "/rest/app.info":
                return json_response(200, self._app_info(parameters(request, query)))
        except RestError as error:
            return json_response(error.status, error.payload)
        return html(404, "Not Found")

    # --- /oauth/token/

    def _token(self, params: Array) -> Array:
        grant_type = _text(params, "grant_type")
        if grant_type not in self.exchanges:
            raise RestError("invalid_request", "Invalid grant_type parameter or parameter missing")
        name = "code" if grant_type == "authorization_code" else "refresh_token"
        value = _text(params, name)
        if not value:
            raise RestError("invalid_request", f'No "{name}" parameter found')
        one = self._client(_text(params, "client_id"), _text(params, "client_secret"))
        if self.refusal[0]:
            raise RestError(*self.refusal, 401)
        grant = self._taken(name, value, one)
        self.exchanges[grant_type] += 1
        return self._answer(one, self._tokens.issue(one.client_id, grant.user_id), renewed=name == "refresh_token")

    def _client(self, client_id: str, secret: str) -> Installed:
        one = self._apps.find(client_id)
        if one is None and client_id in self._apps.removed:
            raise RestError("NOT_INSTALLED", "Application not installed", 401)
        if one is None:
            raise RestError("wrong_client", "", 200)
        if one.application.client_secret != secret:
            raise RestError("invalid_client", "")
        return one

    def _taken(self, name: str, value: str, one: Installed) -> Grant:
        """Uses a code or refresh token up, which must be of this application."""
        known = self._tokens.peek(value)
        if known is None or known.client_id != one.client_id:
            raise RestError("invalid_grant", "")
        grant = self._tokens.take_code(value) if name == "code" else self._tokens.take_refresh(value)
        user = self._state.row("user", grant.user_id) if grant else None
        if grant is None or user is None or not user["ACTIVE"]:
            raise RestError("invalid_grant", "")
        return grant

    def _answer(self, one: Installed, pair: Pair, *, renewed: bool) -> Array:
        """As in the samples: `expires` and `user_id` come with renewed tokens only."""
        answer: Array = {
            "access_token": pair.access.value,
            "client_endpoint": self._addresses.client_endpoint,
            "domain": urlsplit(self._addresses.oauth).netloc,
            "expires_in": int(self._options.access_token_seconds),
            "member_id": self._options.member_id,
            "refresh_token": pair.refresh.value,
            "scope": ",".join(one.application.scopes),
            "server_endpoint": self._addresses.server_endpoint,
            "status": LOCAL,
        }
        return {**answer, "expires": int(pair.access.expires), "user_id": pair.access.user_id} if renewed else answer

    # --- /rest/app.info

    def _app_info(self, params: Array) -> Array:
        token = _text(params, "auth")
        grant = self._tokens.find(token)
        one = self._apps.find(grant.client_id) if grant else None
        if grant is None or one is None:
            if _TOKEN_SHAPE.fullmatch(token):
                raise RestError("invalid_client", "")
            raise RestError("NO_AUTH_FOUND", "Wrong authorization data", 401)
        if self._tokens.is_expired(grant):
            raise RestError("expired_token", "The access token provided has expired.", 401)
        scope = ",".join(one.application.scopes)
        result = {
            "client_id": one.client_id,
            "scope": scope,
            "expires": self._state.zone.iso(grant.expires),
            "install": self._install(one, scope),
            "user_id": grant.user_id,
        }
        now = self._state.now()
        return {"result": result, "time": {"start": int(now), "finish": now, "duration": now - int(now)}}

    def _install(self, one: Installed, scope: str) -> Array:
        return {
            "installed": one.is_finished,
            "version": 1,
            "status": LOCAL,
            "scope": scope,
            "domain": self._addresses.domain,
            "uri": self._addresses.portal,
            "client_endpoint": self._addresses.client_endpoint,
            "member_id": self._options.member_id,
            "member_type": "site",
        }


def _text(params: Array, name: str) -> str:
    value = params.get(name)
    return value if isinstance(value, str) else php.to_string(value) if isinstance(value, int) else ""
