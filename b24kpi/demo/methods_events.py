"""Subscriptions to events, and the queue of offline events; for applications only.

https://apidocs.bitrix24.com/api-reference/events/event-bind.html and its neighbours. `clear=0` needs a feature of the
plan, `auth_connector` another one: https://apidocs.bitrix24.com/api-reference/common/system/feature-get.html
"""

from typing import Any

from b24kpi.demo import php
from b24kpi.demo.apps import EventHandler, Installed
from b24kpi.demo.events import EMULATED, KINDS
from b24kpi.demo.methods_application import administrator_only, application, check_handler, required
from b24kpi.demo.offline_filters import choosing, matching
from b24kpi.demo.offline_queue import Waiting
from b24kpi.demo.php import Array
from b24kpi.demo.rest import PAGE, Call, Method, NotEmulated, Reply, RestError

_ENTITIES = (
    "LEAD",
    "DEAL",
    "CONTACT",
    "COMPANY",
    "QUOTE",
    "ACTIVITY",
    "CURRENCY",
    "PRODUCT",
    "TYPE",
    "TIMELINECOMMENT",
)
_BASIC = (
    *("ONAPPUNINSTALL", "ONAPPINSTALL", "ONAPPUPDATE", "ONAPPPAYMENT", "ONAPPTEST", "ONAPPMETHODCONFIRM"),
    "ONOFFLINEEVENT",
)
_CRM = (
    *(f"ONCRM{entity}{kind}" for entity in _ENTITIES for kind in KINDS),
    "ONCRMDEALMOVETOCATEGORY",
    *(f"ONCRMDYNAMICITEM{kind}" for kind in KINDS),
)
_KNOWN = {"": _BASIC, "user": ("ONUSERADD",), "crm": _CRM, "task": tuple(f"ONTASK{kind}" for kind in KINDS)}
_LIST_FIELDS = ("ID", "TIMESTAMP_X", "EVENT_NAME", "MESSAGE_ID", "PROCESS_ID", "ERROR")
_GET_FIELDS = _LIST_FIELDS[:4]


def list_events(call: Call) -> Reply:
    """events: names open to the application, of one `SCOPE`, or with `FULL` all."""
    scope = php.to_string(call.params.get("SCOPE", ""))
    if scope:
        return Reply(_events_of(call, [scope]))
    full = php.is_true(call.params.get("FULL"))
    return Reply(_events_of(call, [each for each in _KNOWN if full or not each or each in call.caller.scopes]))


def _events_of(call: Call, scopes: list[str]) -> list[str]:
    names = [name for scope in scopes for name in _KNOWN.get(scope, ())]
    if "crm" in scopes:
        types = [31, *(row["entityTypeId"] for row in call.state.rows("smart_process"))]
        names += [f"ONCRMDYNAMICITEM{kind}_{number}" for number in types for kind in KINDS]
    return names


# --- subscriptions


def bind_event(call: Call) -> Reply:
    """event.bind: online to a handler, or offline to the queue; true."""
    one, event = application(call), _event(call)
    offline, auth_type = _is_offline(call), php.to_int(call.params.get("auth_type"))
    if offline:
        _check_offline(call, "binding")
    elif not call.caller.is_admin and auth_type not in (0, call.caller.user_id):
        raise _denied("Event binding with AUTH_TYPE")
    handler = "" if offline else required(call, "handler")
    if handler:
        check_handler(handler)
    if offline and call.params.get("handler"):
        raise NotEmulated("an offline event with a handler")
    connector = _connector(call) if offline else ""
    auth_type = auth_type if call.caller.is_admin else call.caller.user_id
    registry = call.portal.apps.registry
    with registry.lock:
        same = (event, handler, 0 if offline else auth_type, offline, connector)
        if same in [(each.event, each.handler, each.auth_type, each.is_offline, each.connector) for each in one.events]:
            raise RestError("ERROR_CORE", "Unable to set event handler: Handler already binded")
        one.events.append(EventHandler(registry.number(), *same, _min_timeout(call)))
    return Reply(True)


def _event(call: Call) -> str:
    """The name of a known event that is emulated too."""
    event = required(call, "event").upper()
    if event not in _events_of(call, [scope for scope in _KNOWN if not scope or scope in call.caller.scopes]):
        raise RestError("ERROR_EVENT_NOT_FOUND", "Event not found")
    if event not in EMULATED and not event.startswith("ONCRMDYNAMICITEM"):
        raise NotEmulated(f"the event {event}")
    return event


def _is_offline(call: Call) -> bool:
    kind = php.to_string(call.params.get("event_type", "")) or "online"
    if kind not in ("online", "offline"):
        raise RestError("ERROR_ARGUMENT", "Value must be one of {online|offline}", argument="EVENT_TYPE")
    return kind == "offline"


def _check_offline(call: Call, what: str) -> None:
    if not call.caller.is_admin:
        raise _denied(f"Offline events {what}")


def _denied(what: str) -> RestError:
    return RestError("ACCESS_DENIED", f"Access denied! {what} requires administrator access rights", 403)


def _connector(call: Call) -> str:
    connector = php.to_string(call.params.get("auth_connector", ""))
    if connector and not call.portal.features.get("rest_auth_connector"):
        raise NotEmulated("auth_connector without the feature rest_auth_connector")
    return connector


def _min_timeout(call: Call) -> float:
    options = call.params.get("options")
    wanted = options.get("minTimeout") if isinstance(options, dict) else None
    return 1.0 if wanted is None else php.to_float(wanted)


def unbind_event(call: Call) -> Reply:
    """event.unbind: how many subscriptions were ended."""
    one, event, offline = application(call), _event(call), _is_offline(call)
    auth_type = call.params.get("auth_type")
    if offline:
        _check_offline(call, "unbinding")
    elif not call.caller.is_admin and auth_type is not None and php.to_int(auth_type) != call.caller.user_id:
        raise _denied("Event unbinding with AUTH_TYPE")
    handler = "" if offline else required(call, "handler")
    auth_type = auth_type if call.caller.is_admin else call.caller.user_id
    with call.portal.apps.registry.lock:
        found = [
            each
            for each in one.events
            if (each.event, each.is_offline, each.handler) == (event, offline, handler)
            and (offline or auth_type is None or each.auth_type == php.to_int(auth_type))
            and (not offline or each.connector == _connector(call))
        ]
        for each in found:
            one.events.remove(each)
    return Reply({"count": len(found)})


def get_events(call: Call) -> Reply:
    """event.get: the application's subscriptions; others than administrators see their own."""
    one = application(call)
    visible = [
        each
        for each in one.events
        if call.caller.is_admin or (not each.is_offline and each.auth_type == call.caller.user_id)
    ]
    return Reply([_subscription(each) for each in visible])


def _subscription(each: EventHandler) -> dict[str, Any]:
    if each.is_offline:
        return {"event": each.event, "connector_id": each.connector, "offline": 1}
    return {"event": each.event, "handler": each.handler, "auth_type": str(each.auth_type), "offline": 0}


# --- the queue


def get_offline(call: Call) -> Reply:
    """event.offline.get: takes the first rows, or with clear=0 reserves them for a process."""
    administrator_only(call)
    one = application(call)
    clear = php.to_int(call.params.get("clear", 1))
    if not clear and not call.portal.features.get("rest_offline_extended"):
        raise RestError("WRONG_LICENSE", "Extended offline events handling is not available on this plan", 403)
    process_id = php.to_string(call.params.get("process_id", ""))
    is_error = php.is_true(call.params.get("error"))
    connector, zone = _connector(call), call.state.zone
    fits = matching(call.params.get("filter"), _GET_FIELDS, zone)
    limit = php.to_int(call.params.get("limit", PAGE))
    choose = choosing(
        lambda row: (
            _is_of(row, one, connector) and row.process_id == process_id and row.is_error == is_error and fits(row)
        ),
        call.params.get("order") or {"TIMESTAMP_X": "ASC"},
        _GET_FIELDS,
        limit,
    )
    queue = call.portal.apps.queue
    reserved, rows = (None, queue.take(choose)) if clear else queue.reserve(choose, process_id)
    return Reply({"process_id": reserved, "events": [_row(call, row) for row in rows]})


def _is_of(row: Waiting, one: Installed, connector: str) -> bool:
    return (row.client_id, row.connector) == (one.client_id, connector)


def _row(call: Call, row: Waiting) -> dict[str, Any]:
    return {
        "ID": str(row.id),
        "TIMESTAMP_X": call.state.zone.iso(row.at),
        "EVENT_NAME": row.event,
        "EVENT_DATA": row.data or False,
        "EVENT_ADDITIONAL": {"user_id": str(row.user_id)} if row.user_id else False,
        "MESSAGE_ID": row.message_id,
    }


def list_offline(call: Call) -> Reply:
    """event.offline.list: what waits and what is reserved, fifty at a time."""
    administrator_only(call)
    one, connector = application(call), _connector(call)
    fits = matching(call.params.get("filter"), _LIST_FIELDS, call.state.zone)
    order = call.params.get("order") or {"ID": "ASC"}
    choose = choosing(lambda row: _is_of(row, one, connector) and fits(row), order, _LIST_FIELDS, 0)
    rows = choose(call.portal.apps.queue.rows(lambda row: True))
    page = rows[call.start : call.start + PAGE]
    shown = [{**_row(call, row), "PROCESS_ID": row.process_id, "ERROR": str(int(row.is_error))} for row in page]
    following = call.start + PAGE
    return Reply(shown, total=len(rows), next=following if following < len(rows) else None)


def clear_offline(call: Call) -> Reply:
    """event.offline.clear: removes rows of a process, all or those named; true."""
    administrator_only(call)
    one, process_id = application(call), required(call, "process_id")
    numbers, messages = _texts(call.params.get("id")), _texts(call.params.get("message_id"))
    if numbers and messages:
        raise NotEmulated("clearing by id and message_id at once: the page and the source differ on which counts")
    call.portal.apps.queue.remove(
        lambda row: (
            (row.client_id, row.process_id) == (one.client_id, process_id)
            and (not numbers or str(row.id) in numbers)
            and (not messages or row.message_id in messages)
        )
    )
    return Reply(True)


def error_offline(call: Call) -> Reply:
    """event.offline.error: rows of a process that could not be worked on wait for a `get` with error=1; true."""
    administrator_only(call)
    one, process_id = application(call), required(call, "process_id")
    messages = _texts(call.params.get("message_id"))
    if not messages:
        raise NotEmulated("event.offline.error without message_id")
    call.portal.apps.queue.release_as_errors(
        lambda row: (row.client_id, row.process_id) == (one.client_id, process_id) and row.message_id in messages
    )
    return Reply(True)


def _texts(value: Any) -> list[str]:
    given: Array = value if isinstance(value, dict) else {}
    return [php.to_string(item) for item in given.values()]


METHODS = (
    Method("events", "", list_events, application_only=True),
    Method("event.bind", "", bind_event, application_only=True),
    Method("event.unbind", "", unbind_event, application_only=True),
    Method("event.get", "", get_events, application_only=True),
    Method("event.offline.get", "", get_offline, application_only=True),
    Method("event.offline.list", "", list_offline, application_only=True),
    Method("event.offline.clear", "", clear_offline, application_only=True),
    Method("event.offline.error", "", error_offline, application_only=True),
)
