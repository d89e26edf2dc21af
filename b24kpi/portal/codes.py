"""What a failure of the portal means: by its code first, by HTTP status where the code says nothing.

One status covers opposite cases (503 is both "slow down" and "blocked by support"), so status comes second.

https://apidocs.bitrix24.com/error-codes.html, the rest read from the portal's source
"""

from typing import Any

from b24kpi.errors import PortalError, Refused, RetryLater, Unauthorized, UnexpectedAnswer
from b24kpi.portal.secret import masked

RATE_LIMIT = "QUERY_LIMIT_EXCEEDED"
OPERATING = "OPERATION_TIME_LIMIT"
# A token that has run out, or in whose place another process has got a new one.
OUT_OF_DATE = ("EXPIRED_TOKEN", "INVALID_TOKEN")

_Meaning = tuple[type[PortalError], str]

_MEANINGS: dict[str, _Meaning] = {
    # the same call may succeed later
    RATE_LIMIT: (RetryLater, "rate_limited"),
    OPERATING: (RetryLater, "operating_limit"),
    "INTERNAL_SERVER_ERROR": (RetryLater, "server_failed"),
    "ERROR_UNEXPECTED_ANSWER": (RetryLater, "server_failed"),
    "CONNECTION_ERROR": (RetryLater, "server_failed"),
    # no call can succeed
    "EXPIRED_TOKEN": (Unauthorized, "token_expired"),
    "INVALID_TOKEN": (Unauthorized, "bad_credentials"),
    "NO_AUTH_FOUND": (Unauthorized, "bad_credentials"),
    "INVALID_CREDENTIALS": (Unauthorized, "bad_credentials"),
    "APPLICATION_NOT_FOUND": (Unauthorized, "bad_credentials"),
    "ERROR_OAUTH": (Unauthorized, "bad_credentials"),
    "INVALID_GRANT": (Unauthorized, "bad_credentials"),
    "INVALID_CLIENT": (Unauthorized, "bad_credentials"),
    "WRONG_CLIENT": (Unauthorized, "bad_credentials"),
    "NOT_INSTALLED": (Unauthorized, "bad_credentials"),
    "AUTHORIZATION_ERROR": (Unauthorized, "user_inactive"),
    "USER_ACCESS_ERROR": (Unauthorized, "user_inactive"),
    "ALLOWED_ONLY_INTRANET_USER": (Unauthorized, "user_inactive"),
    "PAYMENT_REQUIRED": (Unauthorized, "no_subscription"),
    "PORTAL_DELETED": (Unauthorized, "portal_deleted"),
    # this call will never succeed as asked
    "OVERLOAD_LIMIT": (Refused, "overloaded"),
    "INSUFFICIENT_SCOPE": (Refused, "no_scope"),
    "INVALID_SCOPE": (Refused, "no_scope"),
    "ACCESS_DENIED": (Refused, "no_access"),
    "WRONG_AUTH_TYPE": (Refused, "wrong_auth_type"),
    "WRONG_LICENSE": (Refused, "no_plan_feature"),
    "CREATE_DYNAMIC_TYPE_RESTRICTED": (Refused, "no_plan_feature"),
    "CREATE_DYNAMIC_ITEM_RESTRICTED": (Refused, "no_plan_feature"),
    "METHOD_CONFIRM_WAITING": (Refused, "not_confirmed"),
    "METHOD_CONFIRM_DENIED": (Refused, "not_confirmed"),
    "ERROR_METHOD_NOT_FOUND": (Refused, "no_method"),
    "NOT_FOUND": (Refused, "not_found"),
    "INVALID_REQUEST": (Refused, "bad_request"),
    "ERROR_ARGUMENT": (Refused, "bad_request"),
    "INVALID_ARG_VALUE": (Refused, "bad_request"),
    "INVALID_ARG_NAME": (Refused, "bad_request"),
    "WRONG_ENCODING": (Refused, "bad_request"),
    "ERROR_BATCH_LENGTH_EXCEEDED": (Refused, "bad_request"),
    "ERROR_BATCH_METHOD_NOT_ALLOWED": (Refused, "bad_request"),
    "ERROR_MANIFEST_IS_NOT_AVAILABLE": (Refused, "bad_request"),
}

# Old methods fail with an empty code and a text; only these texts say more than "refused".
_LEGACY_TEXTS: dict[str, _Meaning] = {
    "access denied": (Refused, "no_access"),
    "not found": (Refused, "not_found"),
}

LONGEST_TEXT = 300


def classify(code: str, status: int, text: str, method: str, *, after: float = 0.0) -> PortalError:
    """The error that tells the caller what to do about a failed call.

    Args:
        code: the portal's code in any case; "" and "0" say nothing.
        status: HTTP status; 200 for a failed command of a batch.
        text: the portal's description, repeated in the message.
        after: seconds to wait, where the portal told them.
    """
    kind, key = _meaning(code.upper(), status, text)
    params = _params(method, code, status, masked(text)[:LONGEST_TEXT])
    if issubclass(kind, RetryLater):
        return kind(f"portal.{key}", after=after, **params)
    return kind(f"portal.{key}", **params)


def _params(method: str, code: str, status: int, text: str) -> dict[str, Any]:
    reason = ", ".join(filter(None, (code, text))) or f"HTTP {status}"
    return {"method": method, "code": code, "status": status, "text": text, "reason": reason}


def _meaning(code: str, status: int, text: str) -> _Meaning:
    if code in _MEANINGS:
        return _MEANINGS[code]
    # ERROR_CORE is anything: a data base that failed comes as 500, or within a batch only as this text.
    if "sql query error" in text.lower():
        return RetryLater, "server_failed"
    return _LEGACY_TEXTS.get(text.strip().rstrip(".!").lower()) or _meaning_of_status(status)


def _meaning_of_status(status: int) -> _Meaning:
    if status == 429 or status >= 500:
        return RetryLater, "server_failed"
    if status == 401:
        return Unauthorized, "bad_credentials"
    return Refused, "refused"


def classify_page(status: int, method: str, *, broken: bool, new_host: str, after: float = 0.0) -> PortalError:
    """The error for an answer that is not JSON.

    Args:
        broken: whether the body looks like JSON cut short, or is empty.
        new_host: host of the Location header, where the portal has moved.
    """
    params = {**_params(method, "", status, ""), "host": new_host}
    if status == 429 or status >= 500:
        return RetryLater("portal.server_failed", after=after, **params)
    if 300 <= status < 400:
        return UnexpectedAnswer("portal.moved", **params)
    if status == 401:
        return Unauthorized("portal.bad_credentials", **params)
    if status == 403:
        return Refused("portal.blocked", **params)
    if status == 200 and broken:
        return RetryLater("portal.cut_short", **params)
    return UnexpectedAnswer("portal.no_json", **params)
