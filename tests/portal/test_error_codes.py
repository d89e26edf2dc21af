"""What the portal's error codes mean for the caller."""

import pytest

from b24kpi import locale
from b24kpi.errors import PortalError, Refused, RetryLater, Unauthorized
from b24kpi.portal.codes import classify

CODES: list[tuple[str, int, type[PortalError]]] = [
    ("QUERY_LIMIT_EXCEEDED", 503, RetryLater),
    ("OPERATION_TIME_LIMIT", 429, RetryLater),
    ("OVERLOAD_LIMIT", 503, Refused),
    ("expired_token", 401, Unauthorized),
    ("invalid_token", 401, Unauthorized),
    ("NO_AUTH_FOUND", 401, Unauthorized),
    ("INVALID_CREDENTIALS", 403, Unauthorized),
    ("INVALID_CREDENTIALS", 401, Unauthorized),
    ("insufficient_scope", 403, Refused),
    ("insufficient_scope", 401, Refused),
    ("user_access_error", 403, Unauthorized),
    ("authorization_error", 401, Unauthorized),
    ("APPLICATION_NOT_FOUND", 401, Unauthorized),
    ("ERROR_OAUTH", 401, Unauthorized),
    ("CONNECTION_ERROR", 401, RetryLater),
    ("ACCESS_DENIED", 403, Refused),
    ("ACCESS_DENIED", 400, Refused),
    ("ACCESS_DENIED", 200, Refused),
    ("PAYMENT_REQUIRED", 401, Unauthorized),
    ("PORTAL_DELETED", 500, Unauthorized),
    ("PORTAL_DELETED", 410, Unauthorized),
    ("INVALID_REQUEST", 400, Refused),
    ("ERROR_METHOD_NOT_FOUND", 404, Refused),
    ("ERROR_BATCH_LENGTH_EXCEEDED", 200, Refused),
    ("ERROR_BATCH_METHOD_NOT_ALLOWED", 405, Refused),
    ("ERROR_MANIFEST_IS_NOT_AVAILABLE", 404, Refused),
    ("INTERNAL_SERVER_ERROR", 500, RetryLater),
    ("INTERNAL_SERVER_ERROR", 200, RetryLater),
    ("ERROR_UNEXPECTED_ANSWER", 500, RetryLater),
    ("ERROR_CORE", 500, RetryLater),
    ("ERROR_CORE", 400, Refused),
    ("ERROR_ARGUMENT", 400, Refused),
    ("INVALID_ARG_VALUE", 400, Refused),
    ("INVALID_ARG_NAME", 400, Refused),
    ("NOT_FOUND", 400, Refused),
    ("WRONG_AUTH_TYPE", 403, Refused),
    ("WRONG_LICENSE", 403, Refused),
    ("allowed_only_intranet_user", 403, Unauthorized),
    ("METHOD_CONFIRM_WAITING", 401, Refused),
    ("METHOD_CONFIRM_DENIED", 403, Refused),
    ("WRONG_ENCODING", 400, Refused),
    ("invalid_grant", 400, Unauthorized),
    ("invalid_client", 400, Unauthorized),
    ("wrong_client", 200, Unauthorized),
    ("NOT_INSTALLED", 401, Unauthorized),
    ("", 400, Refused),
    ("0", 400, Refused),
    ("100", 400, Refused),
    ("NEVER_SEEN", 400, Refused),
    ("NEVER_SEEN", 401, Unauthorized),
    ("NEVER_SEEN", 429, RetryLater),
    ("NEVER_SEEN", 503, RetryLater),
]


@pytest.mark.parametrize(("code", "status", "kind"), CODES)
def test_the_code_decides_and_the_status_only_after_it(code: str, status: int, kind: type[PortalError]) -> None:
    """503 is "slow down" or "blocked", 401 is "wrong webhook" or "missing scope": only the code tells."""
    error = classify(code, status, "text", "crm.deal.list")
    assert type(error) is kind
    assert (error.code, error.method) == (code, "crm.deal.list")


@pytest.mark.parametrize("code", ["query_limit_exceeded", "Query_Limit_Exceeded"])
def test_codes_are_compared_in_any_case(code: str) -> None:
    """The vendor writes some of them both ways."""
    assert isinstance(classify(code, 200, "", "profile"), RetryLater)


def test_a_failed_data_base_is_known_by_its_text_inside_a_batch() -> None:
    """There ERROR_CORE comes without its status 500."""
    assert isinstance(classify("ERROR_CORE", 200, "SQL query error!", "crm.deal.list"), RetryLater)


@pytest.mark.parametrize("language", locale.LANGUAGES)
@pytest.mark.parametrize(("code", "status", "kind"), CODES)
def test_every_message_names_method_and_reason(code: str, status: int, kind: type[PortalError], language: str) -> None:
    """In each language; no parameter is left over, none is empty."""
    text = classify(code, status, "", "crm.deal.list").text(language)
    assert text.startswith("crm.deal.list: ")
    assert "()" not in text
    assert "{" not in text


def test_a_long_text_of_the_portal_is_cut() -> None:
    """A stack trace in the description does not fill the log."""
    assert len(str(classify("ERROR_CORE", 400, "x" * 10_000, "profile"))) < 1_000
