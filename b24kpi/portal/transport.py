"""One HTTP exchange with the portal, its failures told without the address, which is a secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy

import requests
from requests.adapters import HTTPAdapter

from b24kpi import __version__
from b24kpi.errors import PortalError, RetryLater, UnexpectedAnswer
from b24kpi.portal.auth import Webhook

CONNECT_TIMEOUT = 10.0
HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    "User-Agent": f"b24kpi/{__version__}",
}


@dataclass(frozen=True)
class Reply:
    """What came over the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def open_session(webhook: Webhook, connections: int = 16) -> requests.Session:
    """A session that keeps its connections and that threads may share: it takes no cookies.

    A PHP session cookie would also make the portal answer the calls of all threads one after another.
    """
    session = requests.Session()
    session.mount("https://", HTTPAdapter(pool_maxsize=connections))
    session.mount("http://", HTTPAdapter(pool_maxsize=connections))
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.trust_env = not webhook.local  # a proxy cannot reach our loopback
    return session


def post(session: requests.Session, webhook: Webhook, method: str, body: bytes, read_timeout: float) -> Reply:
    """Send one call.

    Raises:
        RetryLater: no answer came; `portal.unreachable` where the call never left, so a write is safe to repeat.
        UnexpectedAnswer: the host's certificate is not to be trusted.
    """
    try:
        response = session.post(
            webhook.endpoint(method).reveal(),
            data=body,
            headers=HEADERS,
            timeout=(CONNECT_TIMEOUT, read_timeout),
            allow_redirects=False,
            verify=True,
        )
        return Reply(response.status_code, response.headers, response.content)
    except requests.RequestException as error:
        fault = _fault(error, method, webhook.host, read_timeout)
    # Raised out here, or the error that quotes the address would hang on ours as its context.
    raise fault


def _fault(error: requests.RequestException, method: str, host: str, read_timeout: float) -> PortalError:
    if isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return UnexpectedAnswer("portal.bad_certificate", method=method, host=host)
    if _never_left(error):
        return RetryLater("portal.unreachable", method=method, host=host)
    if isinstance(error, requests.Timeout):
        return RetryLater("portal.timed_out", method=method, host=host, seconds=round(read_timeout))
    return RetryLater("portal.connection_lost", method=method, host=host)


def _never_left(error: requests.RequestException) -> bool:
    """Whether the connection was never made: unknown host, refused, no route, TLS or proxy handshake."""
    if isinstance(
        error, (requests.exceptions.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.ProxyError)
    ):
        return True
    # urllib3 wraps what happened before the first byte into MaxRetryError with a NewConnectionError as its reason.
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return type(reason).__name__ in ("NewConnectionError", "NameResolutionError")
