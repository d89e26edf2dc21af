"""Addresses of webhooks."""

import pytest

from b24kpi.errors import BadInput
from b24kpi.portal.auth import Webhook
from b24kpi.portal.secret import masked

GOOD = [
    ("https://example.bitrix24.eu/rest/1/s3cretc0de/", "example.bitrix24.eu", 1),
    ("  https://example.bitrix24.eu/rest/17/s3cretc0de\n", "example.bitrix24.eu", 17),
    ("https://crm.example.com:8443/rest/1/s3cretc0de/", "crm.example.com:8443", 1),
    ("http://127.0.0.1:8000/rest/1/s3cretc0de/", "127.0.0.1:8000", 1),
    ("http://127.3.2.1/rest/1/s3cretc0de/", "127.3.2.1", 1),
    ("http://[::1]:8000/rest/1/s3cretc0de/", "[::1]:8000", 1),
    ("http://localhost:8000/rest/1/s3cretc0de/", "localhost:8000", 1),
]

BAD = [
    ("", "webhook_address"),
    ("s3cretc0de", "webhook_address"),
    ("example.bitrix24.eu/rest/1/s3cretc0de/", "webhook_address"),
    ("ftp://example.bitrix24.eu/rest/1/s3cretc0de/", "webhook_address"),
    ("https:///rest/1/s3cretc0de/", "webhook_address"),
    ("https://known.eu@other.eu/rest/1/s3cretc0de/", "webhook_address"),
    ("https://example.bitrix24.eu:port/rest/1/s3cretc0de/", "webhook_address"),
    ("https://[::1/rest/1/s3cretc0de/", "webhook_address"),
    ("https://example.bitrix24.eu/rest/1/s3cret c0de/", "webhook_address"),
    ("http://example.bitrix24.eu/rest/1/s3cretc0de/", "webhook_insecure"),
    ("http://localhost.example.eu/rest/1/s3cretc0de/", "webhook_insecure"),
    ("http://10.0.0.1/rest/1/s3cretc0de/", "webhook_insecure"),
    ("http://127.evil.eu/rest/1/s3cretc0de/", "webhook_insecure"),
    ("https://example.bitrix24.eu/", "webhook_path"),
    ("https://example.bitrix24.eu/rest/s3cretc0de/", "webhook_path"),
    ("https://example.bitrix24.eu/rest/admin/s3cretc0de/", "webhook_path"),
    ("https://example.bitrix24.eu/rest/1/s3cretc0de/profile.json", "webhook_path"),
    ("https://example.bitrix24.eu/rest/1/s3cretc0de/?x=1", "webhook_path"),
    ("https://example.bitrix24.eu/rest/1/s3cretc0de/#x", "webhook_path"),
    ("https://example.bitrix24.eu/rest/1/../s3cretc0de/", "webhook_path"),
]


@pytest.mark.parametrize(("url", "host", "user_id"), GOOD)
def test_an_address_as_the_portal_shows_it_is_taken(url: str, host: str, user_id: int) -> None:
    """With or without the final slash; plain http only on this machine."""
    webhook = Webhook.parse(url)
    assert (webhook.host, webhook.user_id) == (host, user_id)
    assert webhook.endpoint("profile").reveal() == url.strip().rstrip("/") + "/profile"


@pytest.mark.parametrize(("url", "key"), BAD)
def test_anything_else_is_refused_without_showing_the_code(url: str, key: str) -> None:
    """The message tells what is wrong, and keeps the secret; so does what the error hangs on."""
    with pytest.raises(BadInput) as caught:
        Webhook.parse(url)
    error = caught.value
    assert error.message_id == f"portal.{key}"
    assert "s3cret" not in f"{error} {error!r} {error.params} {error.__cause__} {error.__context__}"


def test_a_webhook_does_not_show_its_code() -> None:
    """Neither as text, nor in a traceback's values."""
    webhook = Webhook.parse("https://example.bitrix24.eu/rest/1/s3cretc0de/")
    endpoint = webhook.endpoint("profile")
    assert "s3cret" not in f"{webhook} {webhook!r} {endpoint} {endpoint!r} {vars(webhook)}"


@pytest.mark.parametrize("address", ["/rest/1/s3cret/x", "https://a.eu/rest/1/s3cret", "/rest/api/1/s3cret/main.x?y"])
def test_codes_are_hidden_in_any_text(address: str) -> None:
    """Whoever quotes an address, the code is gone."""
    assert "s3cret" not in masked(f"POST {address} failed")
