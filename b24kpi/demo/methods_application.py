"""Methods for applications about themselves: app.info and the registration of widgets.

https://apidocs.bitrix24.com/api-reference/common/system/app-info.html ,
https://apidocs.bitrix24.com/api-reference/widgets/placement-bind.html and its neighbours. That a handler's host needs a
dot, and that the same one cannot be bound twice, is read from the portal's source.
"""

from typing import Any
from urllib.parse import urlsplit

from b24kpi.demo import php
from b24kpi.demo.apps import LOCAL, Installed, PlacementHandler
from b24kpi.demo.rest import Call, Method, NotEmulated, Reply, RestError

# Placements that the portal shows, and others that it knows but cannot show; by the scope that opens them.
SHOWN = ("LEFT_MENU", "CRM_ANALYTICS_MENU", "CRM_DEAL_DETAIL_TAB")
_GLOBAL = ("LEFT_MENU", "PAGE_BACKGROUND_WORKER", "REST_APP_URI")
_CRM = (
    *(f"CRM_{entity}_DETAIL_TAB" for entity in ("LEAD", "DEAL", "CONTACT", "COMPANY", "QUOTE", "SMART_INVOICE")),
    *(f"CRM_{entity}_LIST_TOOLBAR" for entity in ("LEAD", "DEAL", "CONTACT", "COMPANY", "QUOTE", "SMART_INVOICE")),
    *("CRM_ANALYTICS_MENU", "CRM_ANALYTICS_TOOLBAR", "BI_ANALYTICS_MENU"),
)
_PLACEMENTS = {"placement": _GLOBAL, "crm": _CRM}
_TEXTS = ("TITLE", "DESCRIPTION", "GROUP_NAME")


def app_info(call: Call) -> Reply:
    """What the portal knows of the application; a webhook gets ACCESS_DENIED."""
    if not call.caller.client_id:
        raise RestError("ACCESS_DENIED", "Access denied! Application context required")
    one = application(call)
    return Reply(
        {
            "ID": one.id,
            "CODE": one.client_id,
            "VERSION": 1,
            "STATUS": LOCAL,
            "INSTALLED": one.is_finished,
            "PAYMENT_EXPIRED": "N",
            "DAYS": None,
            "LANGUAGE_ID": "ua",
            "LICENSE": "ua_pro100",
            "LICENSE_TYPE": "pro100",
            "LICENSE_FAMILY": "pro",
        }
    )


def application(call: Call) -> Installed:
    """The application that calls. Raises RestError where it was removed meanwhile."""
    one = call.portal.apps.registry.find(call.caller.client_id)
    if one is None:
        raise RestError("APPLICATION_NOT_FOUND", "Application not found", 401)
    return one


def administrator_only(call: Call) -> None:
    """Raises RestError 403 for anybody else."""
    if not call.caller.is_admin:
        raise RestError("ACCESS_DENIED", "Access denied!", 403)


# --- placements


def bind_placement(call: Call) -> Reply:
    """placement.bind: shown once the installation is finished; true. Faulty arguments are answered with HTTP 200."""
    administrator_only(call)
    one = application(call)
    placement, handler = (required(call, name, status=200) for name in ("PLACEMENT", "HANDLER"))
    if placement not in _open_to(call):
        raise RestError("ERROR_PLACEMENT_NOT_FOUND", "Placement not found")
    if php.is_true(call.params.get("USER_ID")):
        raise RestError("ERROR_PLACEMENT_USER_MODE", "User mode is not available", 200)
    if placement not in SHOWN:
        raise NotEmulated(f"the placement {placement}")
    check_handler(handler)
    known = call.portal.apps.registry
    with known.lock:
        if any((each.placement, each.handler) == (placement, handler) for each in one.placements):
            raise RestError("ERROR_CORE", "Unable to set placement handler: Handler already binded")
        texts = {name: php.to_string(call.params.get(name, "")) for name in _TEXTS}
        one.placements.append(
            PlacementHandler(
                known.number(),
                placement,
                handler,
                texts["TITLE"],
                texts["DESCRIPTION"],
                texts["GROUP_NAME"],
                _by_language(call),
            )
        )
    return Reply(True)


def _by_language(call: Call) -> dict[str, dict[str, str]]:
    wanted = call.params.get("LANG_ALL")
    if not isinstance(wanted, dict):
        return {}
    return {
        str(language): {name: php.to_string(texts.get(name, "")) for name in _TEXTS}
        for language, texts in wanted.items()
        if isinstance(texts, dict)
    }


def required(call: Call, name: str, *, status: int = 400) -> str:
    """A text parameter that must be there. Raises RestError with `argument`, which is told in capitals."""
    value = call.params.get(name)
    if not php.is_true(value):
        raise RestError("ERROR_ARGUMENT", f"Argument '{name.upper()}' is null or empty", status, argument=name.upper())
    if not isinstance(value, str):
        text = f"The value of an argument '{name.upper()}' must be of type string"
        raise RestError("ERROR_ARGUMENT", text, status, argument=name.upper())
    return value


def check_handler(handler: str) -> None:
    """Raises RestError for what the portal does not call."""
    parts = urlsplit(handler)
    if parts.scheme not in ("http", "https") or "." not in (parts.hostname or ""):
        raise RestError("ERROR_UNSUPPORTED_PROTOCOL", "Unsupported event handler protocol")


def _open_to(call: Call) -> list[str]:
    return [name for scope, names in _PLACEMENTS.items() if scope in call.caller.scopes for name in names]


def get_placements(call: Call) -> Reply:
    """placement.get: what the application has bound; `options` is not kept for the placements shown here."""
    administrator_only(call)
    return Reply([_shown(each) for each in application(call).placements])


def _shown(each: PlacementHandler) -> dict[str, Any]:
    return {
        "placement": each.placement,
        "userId": 0,
        "handler": each.handler,
        "options": [],
        "title": each.title,
        "description": each.description,
        "langAll": each.texts or [],
    }


def unbind_placement(call: Call) -> Reply:
    """placement.unbind: `count` grows by one for each handler found and again for each one removed."""
    administrator_only(call)
    one, placement = application(call), required(call, "PLACEMENT")
    handler = php.to_string(call.params.get("HANDLER", ""))
    with call.portal.apps.registry.lock:
        found = [each for each in one.placements if each.placement == placement and handler in ("", each.handler)]
        for each in found:
            one.placements.remove(each)
    return Reply({"count": 2 * len(found)})


def list_placements(call: Call) -> Reply:
    """placement.list: codes open to the application, of one `SCOPE`, or with `FULL` of all scopes."""
    scope = php.to_string(call.params.get("SCOPE", ""))
    if scope:
        return Reply(list(_PLACEMENTS.get(scope, ())))
    if php.is_true(call.params.get("FULL")):
        return Reply([name for names in _PLACEMENTS.values() for name in names])
    return Reply(_open_to(call))


METHODS = (
    Method("app.info", "", app_info),
    Method("placement.bind", "placement", bind_placement, application_only=True),
    Method("placement.get", "placement", get_placements, application_only=True),
    Method("placement.unbind", "placement", unbind_placement, application_only=True),
    Method("placement.list", "placement", list_placements, application_only=True),
)
