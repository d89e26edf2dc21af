"""What passes between the parts of the portal's REST side: a call, its reply, an error."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from b24kpi.demo.app_services import AppServices
from b24kpi.demo.options import STANDARD_OPTIONS, Options
from b24kpi.demo.php import Array
from b24kpi.demo.state import PortalState

PAGE = 50


@dataclass(frozen=True)
class Caller:
    """Whose webhook or token it is; `reads` is what that user may read of the CRM: all, own, none.

    `entities` says otherwise for single tables (lead, deal, contact, company, activity, invoice); deals of
    `hidden_pipelines` are not shown at all. `client_id` is the application's, '' for a webhook.
    """

    user_id: int
    is_admin: bool = True
    scopes: frozenset[str] = frozenset()
    reads: str = "all"
    entities: Mapping[str, str] = field(default_factory=dict)
    hidden_pipelines: frozenset[int] = frozenset()
    client_id: str = ""

    @property
    def credential(self) -> str:
        """What the load of calls is counted under: the application, or the webhook's owner."""
        return self.client_id or str(self.user_id)

    def level(self, table: str) -> str:
        """What may be read of a table: all, own, none."""
        return self.entities.get(table, self.reads)

    def reads_all(self, table: str) -> bool:
        """Whether no row of a table is withheld."""
        return self.level(table) == "all" and not (table == "deal" and self.hidden_pipelines)


@dataclass(frozen=True)
class Portal:
    """What methods may look at besides rows: names and scopes of all methods, features, the mode of the CRM.

    `calendar` are the settings of the portal's calendar, by their names. `apps` is what belongs to applications;
    methods for applications only may count on it.
    """

    scope_of: Mapping[str, str]
    all_scopes: tuple[str, ...]
    features: Mapping[str, bool] = field(default_factory=dict)
    calendar: Mapping[str, Any] = field(default_factory=dict)
    crm_mode: int = 1
    import_errors: Callable[[], Mapping[int, str]] = dict  # positions that the next batchImport refuses, with a code
    options: Options = STANDARD_OPTIONS
    apps: AppServices = field(default_factory=AppServices)


@dataclass(frozen=True)
class Call:
    """One call of a method: parameters as PHP holds them, without `start`, which is 0 where it was not given."""

    state: PortalState
    caller: Caller
    portal: Portal
    params: Array
    start: int = 0


@dataclass(frozen=True)
class Reply:
    """The answer of a method; `next` and `total` are left out of the envelope where they are None.

    `counted` marks the answers for which the portal had to count rows.
    """

    result: Any
    total: int | None = None
    next: int | None = None
    counted: bool = False


class RestError(Exception):
    """An answer with `error`; the HTTP status counts only outside of a batch."""

    def __init__(self, code: str | int, description: str, status: int = 400, **more: Any) -> None:
        super().__init__(code, description)
        self.code = code
        self.status = status
        self.payload = {"error": code, "error_description": description, **more}


@dataclass(frozen=True)
class Method:
    """A REST method: its documented name, the scope that opens it ('' for none), and what it does.

    `application_only` methods refuse webhooks.
    """

    name: str
    scope: str
    run: Callable[[Call], Reply]
    application_only: bool = False


class NotEmulated(RestError):
    """The real portal may well answer this; the demo portal refuses to guess."""

    def __init__(self, what: str) -> None:
        super().__init__("NOT_EMULATED", f"The demo portal does not emulate {what}", 500)


def missing(name: str) -> RestError:
    """A controller's action without a parameter that it needs."""
    return RestError(100, f"Could not find value for parameter {{{name}}}")


def not_found(text: str = "Not found") -> RestError:
    """Legacy methods: 400 with an empty code."""
    return RestError("", text)


def access_denied() -> RestError:
    """Legacy methods: 400 with an empty code."""
    return RestError("", "Access denied.")
