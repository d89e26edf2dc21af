"""From a method's name and parameters to its answer: look-up, rights, limits, the method, the envelope.

The order is the portal's: an unknown method is 404 even with a bad webhook; then the webhook, its scopes, denied
methods, `operating`. https://apidocs.bitrix24.com/settings/how-to-call-rest-api/data-transfer-and-response.html
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from b24kpi.demo import (
    batch,
    methods_application,
    methods_bi_builder,
    methods_calendar,
    methods_catalog,
    methods_common,
    methods_crm,
    methods_events,
    methods_fields,
    methods_history,
    methods_im,
    methods_item,
    methods_lists,
    methods_merge,
    methods_products,
    methods_reference,
    methods_smart_process,
    methods_task_add,
    methods_tasks,
    methods_telephony,
    methods_user,
    php,
)
from b24kpi.demo.app_services import AppServices
from b24kpi.demo.faults import Faults
from b24kpi.demo.limits import UNLIMITED, Limits, MethodBlocks, OperatingCounters
from b24kpi.demo.options import STANDARD_OPTIONS, Options
from b24kpi.demo.php import Array
from b24kpi.demo.rest import Call, Caller, Method, Portal, Reply, RestError
from b24kpi.demo.state import PortalState
from b24kpi.demo.stats import Stats

_log = logging.getLogger(__name__)
_BATCH = Method("batch", "", lambda call: Reply(None))
_ALL = (
    _BATCH,
    *methods_common.METHODS,
    *methods_application.METHODS,
    *methods_events.METHODS,
    *methods_im.METHODS,
    *methods_lists.METHODS,
    *methods_bi_builder.METHODS,
    *methods_user.METHODS,
    *methods_crm.METHODS,
    *methods_fields.METHODS,
    *methods_history.METHODS,
    *methods_reference.METHODS,
    *methods_item.METHODS,
    *methods_smart_process.METHODS,
    *methods_products.METHODS,
    *methods_calendar.METHODS,
    *methods_catalog.METHODS,
    *methods_telephony.METHODS,
    *methods_tasks.METHODS,
    *methods_task_add.METHODS,
    *methods_merge.METHODS,
)
METHODS: Mapping[str, Method] = MappingProxyType({method.name.lower(): method for method in _ALL})
_SCOPE_OF = MappingProxyType({method.name: method.scope for method in _ALL})
ALL_SCOPES = (
    *("biconnector", "calendar", "catalog", "crm", "department", "entity", "im", "lists", "placement", "task"),
    *("telephony", "user", "userfieldconfig"),
)
_FEATURES = {"crm_smart_processes": True, "rest_offline_extended": True, "rest_auth_connector": True}
_LISTS = ("user.get", "department.get", "voximplant.statistic.get")
_DENIED_STATUS = {"ACCESS_DENIED": 403, "insufficient_scope": 401, "user_access_error": 401}
NOT_FOUND = RestError("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)


@dataclass
class Dispatcher:
    """Answers calls on one state; its switches may be turned while the portal runs."""

    state: PortalState
    stats: Stats
    faults: Faults
    limits: Limits = UNLIMITED
    options: Options = STANDARD_OPTIONS
    denied: dict[str, str] = field(default_factory=dict)
    features: dict[str, bool] = field(default_factory=lambda: dict(_FEATURES))
    calendar: dict[str, Any] = field(default_factory=lambda: dict(methods_calendar.STANDARD_CALENDAR))
    crm_mode: int = 1
    sleep: Callable[[float], None] = time.sleep
    operating: OperatingCounters = field(default_factory=OperatingCounters)
    blocks: MethodBlocks = field(default_factory=MethodBlocks)
    apps: AppServices = field(default_factory=AppServices)

    def find(self, name: str) -> Method:
        """The method of that name. Raises RestError 404, and counts it as unknown."""
        method = METHODS.get(name.lower())
        if method is None:
            self.stats.not_known(name.lower())
            raise NOT_FOUND
        return method

    def answer(self, method: Method, params: Array, caller: Caller) -> dict[str, Any]:
        """The whole envelope. Raises RestError."""
        started = self.state.now()
        if method is _BATCH:
            self.stats.called("batch", params)
            reply = batch.run(params, lambda name, inner: self._command(name, inner, caller))
        else:
            reply = self._run(method, params, caller)
        return {**envelope(reply), "time": self.time_block(method, caller, started)}

    def shown(self, name: str, params: Array, caller: Caller) -> Any:
        """The result of a method for the portal's own pages, which no limit or count concerns. Raises RestError."""
        return METHODS[name.lower()].run(self._call(params, caller)).result

    def _command(self, name: str, params: Array, caller: Caller) -> tuple[Reply | RestError, dict[str, Any]]:
        started = self.state.now()
        try:
            method = self.find(name)
            self._play_inner_fault(method.name)
            outcome: Reply | RestError = self._run(method, params, caller)
        except RestError as error:
            return error, {}
        return outcome, self.time_block(method, caller, started)

    def _play_inner_fault(self, name: str) -> None:
        fault = self.faults.take_inner("command_error", name)
        if fault:
            raise RestError(fault.code, str(fault.details.get("description", "A fault on order")))

    def _run(self, method: Method, params: Array, caller: Caller) -> Reply:
        self._check_rights(method, caller)
        self._check_operating(method, caller)
        call = self._call(params, caller)
        self.stats.called(method.name, params)
        began = time.perf_counter()
        try:
            connector = php.to_string(params.get("auth_connector", ""))
            with self.apps.causes.call(caller.user_id, caller.client_id, connector):
                reply = method.run(call)
        except RestError:
            raise
        except Exception as error:
            _log.exception("the demo portal failed in %s", method.name)
            self.stats.failed(error)
            raise RestError("INTERNAL_SERVER_ERROR", f"Internal server error: {error}", 500) from error
        self._spend(method, caller, reply, time.perf_counter() - began)
        return reply

    def _call(self, params: Array, caller: Caller) -> Call:
        """`start` is taken out and cast, `state` and `auth` are dropped; all only in lower case at top level."""
        kept = {key: value for key, value in params.items() if key not in ("start", "state", "auth")}
        portal = Portal(
            _SCOPE_OF,
            ALL_SCOPES,
            self.features,
            self.calendar,
            self.crm_mode,
            self._import_errors,
            self.options,
            self.apps,
        )
        return Call(self.state, caller, portal, kept, php.to_int(params.get("start")))

    def _import_errors(self) -> Mapping[int, str]:
        fault = self.faults.take_inner("import_error", "crm.item.batchImport")
        return dict.fromkeys(fault.details.get("positions", (0,)), fault.code) if fault else {}

    def _check_rights(self, method: Method, caller: Caller) -> None:
        if method.scope and method.scope not in caller.scopes:
            whose, status = ("access", 403) if caller.client_id else ("webhook", 401)
            text = f"The request requires higher privileges than provided by the {whose} token"
            raise RestError("insufficient_scope", text, status)
        if method.application_only and not caller.client_id:
            text = "Current authorization type is denied for this method Application context required"
            raise RestError("WRONG_AUTH_TYPE", text, 403)
        code = {name.lower(): code for name, code in self.denied.items()}.get(method.name.lower())
        if code:
            raise RestError(code, "Access denied!", _DENIED_STATUS.get(code, 400))

    def _check_operating(self, method: Method, caller: Caller) -> None:
        limit, now = self.limits.operating_limit, self.state.now()
        spent = limit > 0 and self.operating.read(caller.credential, method.name, now).seconds > limit
        if self.blocks.is_blocked(method.name, now) or spent:
            self.stats.blocked()
            raise RestError("OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit.", 429)

    def _spend(self, method: Method, caller: Caller, reply: Reply, measured: float) -> None:
        name = method.name.lower()
        is_list = name.endswith(".list") or name in _LISTS
        waiting = self.limits.waiting(is_list=is_list, counted=reply.counted)
        if self.limits.operating_limit > 0:
            seconds = self.limits.cost(name, measured + waiting)
            self.operating.add(caller.credential, method.name, seconds, self.state.now())
        if waiting > 0:
            self.sleep(waiting)

    def time_block(self, method: Method, caller: Caller, started: float) -> dict[str, Any]:
        """`time`: `start` and `processing` are whole numbers since the end of 2025; `operating` only where it is on."""
        finish = self.state.now()
        block = {
            "start": int(started),
            "finish": finish,
            "duration": finish - int(started),
            "processing": int(finish - started),
            "date_start": self.state.zone.iso(started),
            "date_finish": self.state.zone.iso(finish),
        }
        if self.limits.operating_limit > 0:
            spent = self.operating.read(caller.credential, method.name, finish)
            reset_at = self.blocks.reset_at(method.name, finish) or spent.reset_at
            block |= {"operating_reset_at": reset_at, "operating": spent.seconds}
        return block


def envelope(reply: Reply) -> dict[str, Any]:
    """`result`, then `next` and `total` where the method has them."""
    shown = {"result": reply.result}
    if reply.next is not None:
        shown["next"] = reply.next
    if reply.total is not None:
        shown["total"] = reply.total
    return shown
