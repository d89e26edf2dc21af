"""One HTTP exchange with the portal, its failures told without the address, which is a secret."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from b24kpi import __version__
from b24kpi.errors import PortalError, RetryLater, UnexpectedAnswer
from b24kpi.portal.access import Access, Grant
from b24kpi.portal.secret import AddressMask, Secret

_mask = AddressMask()

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


def open_session(access: Access) -> requests.Session:
    """A session for calls to the portal."""
    return bare_session(local=access.local)


def bare_session(*, local: bool, connections: int = 16) -> requests.Session:
    """A session that keeps its connections and that threads may share: it takes no cookies.

    A PHP session cookie would also make the portal answer the calls of all threads one after another.
    """
    session = requests.Session()
    session.mount("https://", HTTPAdapter(pool_maxsize=connections))
    session.mount("http://", HTTPAdapter(pool_maxsize=connections))
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.trust_env = not local  # a proxy cannot reach our loopback
    return session


def post(session: requests.Session, grant: Grant, method: str, body: bytes, read_timeout: float) -> Reply:
    """Send one call.

    Raises:
        RetryLater: no answer came; `portal.unreachable` where the call never left, so a write is safe to repeat.
        UnexpectedAnswer: the host's certificate is not to be trusted.
    """
    place = _Place(method, grant.host, read_timeout)
    return _exchange(session, requests.Request("POST", grant.endpoint(method).reveal(), HEADERS, data=body), place)


def get(session: requests.Session, address: Secret, method: str, read_timeout: float) -> Reply:
    """Ask for an address, which is a secret for what its query holds. Fails as `post` does."""
    place = _Place(method, urlsplit(address.reveal()).netloc, read_timeout)
    return _exchange(session, requests.Request("GET", address.reveal(), HEADERS), place)


@dataclass(frozen=True)
class _Place:
    """What a failure may tell of an exchange."""

    method: str
    host: str
    read_timeout: float


def _exchange(session: requests.Session, request: requests.Request, place: _Place) -> Reply:
    # At DEBUG urllib3 logs the address of each request, code and tokens and all.
    logging.getLogger("urllib3.connectionpool").addFilter(_mask)
    try:
        response = session.request(
            request.method,
            request.url,
            headers=request.headers,
            data=request.data,
            timeout=(CONNECT_TIMEOUT, place.read_timeout),
            allow_redirects=False,
            verify=True,
        )
        return Reply(response.status_code, response.headers, response.content)
    except requests.RequestException as error:
        fault = _fault(error, place)
    # Raised out here, or the error that quotes the address would hang on ours as its context.
    raise fault


def _fault(error: requests.RequestException, place: _Place) -> PortalError:
    method, host = place.method, place.host
    if isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return UnexpectedAnswer("portal.bad_certificate", method=method, host=host)
    if _never_left(error):
        return RetryLater("portal.unreachable", method=method, host=host)
    if isinstance(error, requests.Timeout):
        return RetryLater("portal.timed_out", method=method, host=host, seconds=round(place.read_timeout))
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
