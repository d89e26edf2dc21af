"""The webhook's code stays where it is."""

import logging
import traceback
from typing import Any

import pytest
import requests
import responses
from urllib3.exceptions import MaxRetryError, NewConnectionError

from b24kpi.errors import PortalError
from b24kpi.portal.client import Portal
from tests.portal.far_end import CODE, URL, open_portal

QUOTING = MaxRetryError(None, URL, NewConnectionError(None, URL))  # type: ignore[arg-type]
FAULTS: list[Any] = [
    *(kind(URL) for kind in (requests.ConnectionError, requests.ReadTimeout, requests.ConnectTimeout)),
    *(kind(URL) for kind in (requests.exceptions.ChunkedEncodingError, requests.exceptions.InvalidURL)),
    requests.ConnectionError(QUOTING),
    requests.exceptions.SSLError(f"CERTIFICATE_VERIFY_FAILED {URL}"),
    (302, {"Location": URL}, ""),
    (400, {}, f'{{"error": "ERROR_CORE", "error_description": "no {URL}profile"}}'),
    (502, {}, f"<html>{URL}</html>"),
    (200, {}, f'{{"result": "{URL}'),
    (404, {}, URL),
]


def failure(wire: responses.RequestsMock, fault: Any, **options: Any) -> PortalError:
    if isinstance(fault, Exception):
        wire.post(URL + "profile", body=fault)
    else:
        wire.post(URL + "profile", status=fault[0], headers=fault[1], body=fault[2])
    with pytest.raises(PortalError) as caught:
        open_portal(attempts=2).call("profile", **options)
    return caught.value


def chained(error: BaseException | None) -> list[BaseException]:
    return [error, *chained(error.__cause__), *chained(error.__context__)] if error else []


@pytest.mark.parametrize("idempotent", [True, False])
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_no_error_tells_the_code(
    wire: responses.RequestsMock, caplog: pytest.LogCaptureFixture, fault: Any, idempotent: bool
) -> None:
    """Not in its text, its values, its causes or its traceback, and not in the logs on the way."""
    caplog.set_level(logging.DEBUG)
    error = failure(wire, fault, idempotent=idempotent)
    told = [f"{link} {link!r} {vars(link)}" for link in chained(error)]
    assert CODE not in "".join([*told, *traceback.format_exception(error), caplog.text])
    assert error.message_id.startswith("portal.")


def test_urllib3_logs_addresses_without_the_code(caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG it writes down each request."""
    caplog.set_level(logging.DEBUG)
    open_portal().close()
    logging.getLogger("urllib3.connectionpool").debug(
        '%s "POST %s" %d', "https://x:443", f"/rest/1/{CODE}/profile", 200
    )
    assert 'x:443 "POST /rest/1/***/profile" 200' in caplog.text
    assert CODE not in caplog.text


def test_a_portal_does_not_show_the_code() -> None:
    """Nor anything that a debugger prints of it."""
    portal: Portal = open_portal()
    assert CODE not in f"{portal!r} {vars(portal)}"
