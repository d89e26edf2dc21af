"""What REST makes of HTTP: parameters out of a request, an answer out of a payload."""

import json
from typing import Any

from b24kpi.demo import php
from b24kpi.demo.php import Array
from b24kpi.demo.rest import RestError
from b24kpi.demo.wire import Request, Response


def parameters(request: Request, query: str) -> Array:
    """GET and POST merged; JSON replaces top-level keys, malformed JSON counts as no parameters at all.

    Read from the portal's source. Raises RestError for bodies that the demo portal cannot read.
    """
    params = php.parse_str(query)
    if request.method != "POST":
        return params
    if request.content_type == "application/json":
        return {**params, **_json_params(request.body)}
    if request.content_type in ("", "application/x-www-form-urlencoded"):
        return {**params, **php.parse_str(request.body.decode("utf-8", "replace"))}
    raise RestError("NOT_EMULATED", f"The demo portal does not read {request.content_type}", 500)


def _json_params(body: bytes) -> Array:
    try:
        decoded = php.from_json(json.loads(body))
    except ValueError:
        return {}
    return decoded if isinstance(decoded, dict) else {}


def json_response(status: int, payload: Any) -> Response:
    """An answer of REST, with the headers of the portal's source."""
    body = json.dumps(payload, separators=(",", ":")).encode()
    headers = (
        ("Content-Type", "application/json; charset=utf-8"),
        ("Access-Control-Allow-Origin", "*"),
        ("X-Content-Type-Options", "nosniff"),
    )
    return Response(status, headers, body)
