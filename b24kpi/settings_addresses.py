"""Checks of addresses in the settings; each gives the value back or raises an error that `settings_faults` words."""

import re
from urllib.parse import SplitResult, urlsplit

from pydantic_core import PydanticCustomError

from b24kpi.portal.auth import is_loopback


def one_way_in(webhook: str, client_id: str, client_secret: str) -> None:
    """A webhook or an application, and that with both of its keys."""
    if bool(client_id) != bool(client_secret):
        raise PydanticCustomError("half_an_application", "")
    if webhook and client_id:
        raise PydanticCustomError("two_ways_in", "")


def public_url(value: str) -> str:
    """An https address without a query, or nothing; http only of this machine."""
    parts = _address(value)
    if value and (parts is None or parts.query or parts.fragment):
        raise PydanticCustomError("bad_address", "{value}", {"value": value})
    return value.rstrip("/")


def script(value: str) -> str:
    """The address of a script; http only of this machine."""
    if _address(value) is None:
        raise PydanticCustomError("bad_address", "{value}", {"value": value})
    return value


def oauth_server(value: str) -> str:
    """An address of this machine, or nothing."""
    parts = _address(value)
    if value and (parts is None or not is_loopback(parts.hostname or "")):
        raise PydanticCustomError("bad_oauth_server", "{value}", {"value": value})
    return value.rstrip("/")


def _address(value: str) -> SplitResult | None:
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return None
    known = parts.hostname and not re.search(r"[@\s]", value)
    secure = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    return parts if known and secure else None
