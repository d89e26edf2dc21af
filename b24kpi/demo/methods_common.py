"""Methods about the portal and the webhook themselves; they need no scope.

https://apidocs.bitrix24.com/api-reference/common/index.html
"""

from b24kpi.demo import php
from b24kpi.demo.rest import Call, Method, Reply, RestError


def server_time(call: Call) -> Reply:
    """The moment by the portal's clock, ISO 8601."""
    return Reply(call.state.zone.iso(call.state.now()))


def list_scopes(call: Call) -> Reply:
    """The webhook's scopes, or with `full` all of the portal."""
    if php.is_true(call.params.get("full")):
        return Reply(sorted(call.portal.all_scopes))
    return Reply(sorted(call.caller.scopes))


def list_methods(call: Call) -> Reply:
    """Names of the methods that the webhook may call; of one scope with `scope`, of all with `full`."""
    scopes = call.caller.scopes | {""}
    if "scope" in call.params:
        scopes = frozenset({php.to_string(call.params["scope"])})
    elif php.is_true(call.params.get("full")):
        scopes = frozenset(call.portal.scope_of.values())
    return Reply([name for name, scope in call.portal.scope_of.items() if scope in scopes])


def get_method(call: Call) -> Reply:
    """Whether a method exists and whether the webhook may call it."""
    name = php.to_string(call.params.get("name")).lower()
    scopes = {known.lower(): scope for known, scope in call.portal.scope_of.items()}
    exists = name in scopes
    return Reply({"isExisting": exists, "isAvailable": exists and scopes[name] in call.caller.scopes | {""}})


def get_feature(call: Call) -> Reply:
    """`{value: Y|N}` for a feature of the plan; CODE_EMPTY without a code."""
    code = php.to_string(call.params.get("CODE"))
    if not code:
        raise RestError("CODE_EMPTY", "CODE can't be empty")
    return Reply({"value": "Y" if call.portal.features.get(code) else "N"})


METHODS = (
    Method("server.time", "", server_time),
    Method("scope", "", list_scopes),
    Method("methods", "", list_methods),
    Method("method.get", "", get_method),
    Method("feature.get", "", get_feature),
)
