"""Who calls: a webhook by its path or an application by a token, with the rights of the user behind it.

https://apidocs.bitrix24.com/settings/how-to-call-rest-api/authorization.html ; errors:
https://apidocs.bitrix24.com/error-codes.html . That a header counts before parameters is read from the portal's source.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from b24kpi.demo.apps import Applications
from b24kpi.demo.oauth_tokens import Grant, Tokens
from b24kpi.demo.php import Array
from b24kpi.demo.rest import Caller, RestError
from b24kpi.demo.state import PortalState
from b24kpi.demo.wire import Request

ADMINISTRATOR = 1
_TOKEN_PARAMETERS = ("auth", "access_token")
_BEARER = "bearer "


@dataclass(frozen=True)
class Role:
    """What somebody may read of the CRM (all, own, none).

    `entities` says otherwise for single tables, e.g. {"deal": "own"}; `hidden_pipelines` are ids of deal pipelines
    whose deals, with their history and activities, are not shown.
    """

    reads: str = "all"
    entities: Mapping[str, str] = field(default_factory=dict)
    hidden_pipelines: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Webhook:
    """An incoming webhook: its code, and what its owner may read of the CRM (see Role)."""

    secret: str
    reads: str = "all"
    entities: Mapping[str, str] = field(default_factory=dict)
    hidden_pipelines: frozenset[int] = frozenset()

    @property
    def role(self) -> Role:
        """The rights of its owner."""
        return Role(self.reads, self.entities, self.hidden_pipelines)


OWN_ONLY = Role("own")


class Access:
    """Finds the caller of a request. `roles` are the rights of people in applications, by user.

    Without an entry an administrator reads all, somebody with a webhook what that reads, others their own.
    """

    def __init__(
        self, state: PortalState, webhooks: dict[int, Webhook], scopes: set[str], apps: Applications, tokens: Tokens
    ) -> None:
        self.roles: dict[int, Role] = {}
        self.scopes = scopes
        self._state = state
        self._webhooks = webhooks
        self._apps = apps
        self._tokens = tokens

    def by_webhook(self, user_id: int, secret: str) -> Caller:
        """The owner of a webhook. Raises RestError 401."""
        webhook = self._webhooks.get(user_id)
        if webhook is None or webhook.secret != secret:
            raise RestError("INVALID_CREDENTIALS", "Invalid request credentials", 401)
        return self._caller(user_id, frozenset(self.scopes), webhook.role)

    def by_token(self, token: str) -> Caller:
        """The user of an application. Raises RestError 401, 403."""
        if not token:
            raise RestError("NO_AUTH_FOUND", "Wrong authorization data", 401)
        grant = self._tokens.find(token)
        one = self._apps.find(grant.client_id) if grant else None
        if grant is None or one is None:
            raise RestError("invalid_token", "Unable to get application by token", 401)
        if self._tokens.is_expired(grant):
            raise RestError("expired_token", "The access token provided has expired.", 401)
        scopes = frozenset(self.scopes) & frozenset(one.application.scopes)
        caller = self._caller(grant.user_id, scopes, self.role(grant.user_id), grant)
        if not one.is_finished and not caller.is_admin:
            raise RestError("user_access_error", "The user does not have access to the application.", 403)
        return caller

    def person(self, user_id: int) -> Caller:
        """Somebody on the portal's own pages. Raises RestError 401 for fired people."""
        return self._caller(user_id, frozenset(self.scopes), self.role(user_id))

    def role(self, user_id: int) -> Role:
        """What a user may read in an application."""
        if user_id in self.roles:
            return self.roles[user_id]
        if user_id in self._webhooks:
            return self._webhooks[user_id].role
        return Role() if self.is_admin(user_id) else OWN_ONLY

    def is_admin(self, user_id: int) -> bool:
        """Whether a user administers the portal."""
        row = self._state.row("user", user_id)
        return user_id == ADMINISTRATOR or (row is not None and row["ADMIN"] == "Y")

    def _caller(self, user_id: int, scopes: frozenset[str], role: Role, grant: Grant | None = None) -> Caller:
        owner = self._state.row("user", user_id)
        if owner is not None and not owner["ACTIVE"]:
            raise RestError("authorization_error", "Unable to authorize user", 401)
        return Caller(
            user_id,
            self.is_admin(user_id),
            scopes,
            role.reads,
            role.entities,
            role.hidden_pipelines,
            client_id=grant.client_id if grant else "",
        )


def take_token(request: Request, params: Array) -> str:
    """The access token of a request, taken out of its parameters; '' where there is none."""
    found = [params.pop(name, "") for name in _TOKEN_PARAMETERS]
    header = request.headers.get("authorization", "")
    if header.lower().startswith(_BEARER):
        return header[len(_BEARER) :].strip()
    return next((value for value in found if isinstance(value, str) and value), "")
