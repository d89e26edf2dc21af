"""What BI Builder fetches from us: four addresses that it calls with the secret of its source, without any visitor.

The secret opens these alone. Who has it sees everything, as whoever builds dashboards does.
https://apidocs.bitrix24.com/api-reference/biconnector/connector/index.html
"""

import hmac
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from itertools import islice
from typing import Any

from flask import Blueprint, Response, g, jsonify, request
from werkzeug.wrappers import Response as AnyResponse

from b24kpi.errors import B24KpiError, BadInput
from b24kpi.fetching import Fetching
from b24kpi.portal.tokens import Tokens
from b24kpi.report.data_rows import Asked, as_lines, columns, find_data_set, tables
from b24kpi.sinks.bi_registration import SETTING
from b24kpi.web.nested_form import nested
from b24kpi.web.site import the_site

_log = logging.getLogger(__name__)

bi_source = Blueprint("bi_source", __name__, url_prefix="/bi")

# So many rows are sent together.
_ROWS = 200


@bi_source.before_request
def admit() -> AnyResponse | None:
    """Refuse who does not show the secret, without a word on why."""
    g.asked = nested(request.form.items(multi=True))
    connection = g.asked.get("connection")
    given = connection.get(SETTING) if isinstance(connection, Mapping) else None
    tokens: Tokens | None = g.portal
    wanted = "" if tokens is None else tokens.bi_secret.reveal()
    is_same = hmac.compare_digest(_bytes(given), _bytes(wanted))
    if is_same and wanted:
        return None
    _log.info("denied path=%s", request.path)
    return _answer({"error": "denied"}, 403)


@bi_source.post("/check")
def check() -> AnyResponse:
    """That we are reached, and the secret is right."""
    return _answer({"ok": True})


@bi_source.post("/tables")
def list_tables() -> AnyResponse:
    """The data sets whose name or code has `searchString` in it."""
    return _answer(tables(_text("searchString"), the_site().language))


@bi_source.post("/columns")
def list_columns() -> AnyResponse:
    """The columns of the data set `table`."""
    return _answer(columns(find_data_set(_text("table") or _text("name")), the_site().language))


@bi_source.post("/rows")
def send_rows() -> AnyResponse:
    """Rows of the data set `table`: those of `filter`, with the columns of `select`, `limit` of them at most."""
    asked = Asked(_names(), _filter(), _limit(), _given_names())
    data_set = find_data_set(_text("table"))
    with ExitStack() as stack:
        fetching = stack.enter_context(closing(Fetching(the_site().settings, language=the_site().language)))
        reading = fetching.rows_of(data_set, asked)
        response = Response(_together(as_lines(reading.header, reading.rows())), mimetype="application/json")
        response.call_on_close(stack.pop_all().close)
    return response


@bi_source.errorhandler(B24KpiError)
def tell(error: B24KpiError) -> AnyResponse:
    """What is wrong with a call, or why it cannot be answered now."""
    _log.info("failed path=%s error=%s", request.path, error)
    status = 400 if isinstance(error, BadInput) else 409 if error.message_id == "cache.empty" else 503
    return _answer({"error": error.message_id, "error_description": error.text(the_site().language)}, status)


# --- what is asked


def _text(name: str) -> str:
    value = g.asked.get(name, "")
    return value if isinstance(value, str) else ""


def _names() -> tuple[str, ...]:
    select = g.asked.get("select") or {}
    if not isinstance(select, Mapping) or not all(isinstance(name, str) for name in select.values()):
        raise BadInput("bi.bad_select")
    return tuple(select.values())


def _filter() -> Mapping[str, Any]:
    filter_ = g.asked.get("filter") or {}
    if not isinstance(filter_, Mapping):
        raise BadInput("bi.bad_filter", field="filter")
    return filter_


def _given_names() -> dict[str, str]:
    """Name in BI Builder → code."""
    fields = g.asked.get("mapFields") or {}
    if not isinstance(fields, Mapping):
        return {}
    return {name: code for code, name in fields.items() if isinstance(name, str)}


def _limit() -> int | None:
    """0 and nothing are no limit, as BI Builder sends them."""
    text = _text("limit").strip() if isinstance(g.asked.get("limit", ""), str) else "?"
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadInput("bi.bad_limit", value=text[:50])
    return int(text) or None


# --- answering


def _answer(content: Any, status: int = 200) -> AnyResponse:
    response = jsonify(content)
    response.status_code = status
    return response


def _together(lines: Iterable[str]) -> Iterator[str]:
    rest = iter(lines)
    while part := "".join(islice(rest, _ROWS)):
        yield part


def _bytes(text: object) -> bytes:
    return text.encode("utf-8", "replace") if isinstance(text, str) else b""
