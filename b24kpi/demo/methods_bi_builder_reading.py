"""biconnector.*.get, .list, .fields: what an application reads of what it made itself.

https://apidocs.bitrix24.com/api-reference/biconnector/index.html
"""

import re
from collections.abc import Callable
from operator import itemgetter
from typing import Any

from b24kpi.demo import php
from b24kpi.demo.bi_builder_fields import RULES, fault
from b24kpi.demo.bi_builder_rows import builder_of, own_row, rows_of
from b24kpi.demo.php import Array
from b24kpi.demo.rest import PAGE, Call, NotEmulated, Reply
from b24kpi.demo.storage import Row

_KEY = re.compile(r"(>=|<=|!@|!=|=%|%=|>|<|@|%|=|!|)(\w+)")


def get_row(kind: str, call: Call) -> Reply:
    """biconnector.*.get: one `item`; a source comes with its connection and settings apart.

    A data set does not tell its source here, as in the sample.
    """
    row = own_row(call, kind, call.params.get("id"))
    shown = {name: value for name, value in row.items() if name not in ("client_id", "sourceId")}
    return Reply({"item": _source_item(call, shown) if kind == "source" else shown})


def _source_item(call: Call, row: Row) -> Row:
    connector = builder_of(call).connectors[row["connectorId"]]
    settings = [
        {**each, "value": row["settings"][each["code"]], "id": place}
        for place, each in enumerate(connector["settings"], 1)
    ]
    connection = {name: value for name, value in row.items() if name not in ("connectorId", "settings")}
    return {"connection": connection, "connectorId": row["connectorId"], "settings": settings}


def list_rows(kind: str, call: Call) -> Reply:
    """biconnector.*.list: fifty a `page`, numbers as texts, neither total nor next."""
    names = [rule.name for rule in RULES[kind] if rule.kind != "array"]
    select = [php.to_string(name) for name in _array(call, "select").values()] or names
    _check_allowed(select, names, "select")
    found = [row for row in rows_of(builder_of(call), kind).values() if row["client_id"] == call.caller.client_id]
    for key, value in _array(call, "filter").items():
        fits = _fitting(str(key), value, names)
        found = [row for row in found if fits(row)]
    for name, way in reversed(list(_array(call, "order").items())):
        _check_allowed([str(name)], names, "order")
        found.sort(key=itemgetter(str(name)), reverse=php.to_string(way).upper() == "DESC")
    page = max(php.to_int(call.params.get("page", 1)), 1)
    shown = found[(page - 1) * PAGE : page * PAGE]
    return Reply([{name: _text(row.get(name)) for name in select} for row in shown])


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _array(call: Call, name: str) -> Array:
    given = call.params.get(name, {})
    if not isinstance(given, dict):
        raise fault(f"VALIDATION_{name.upper()}_TYPE", f'Parameter "{name}" must be array.')
    return given


def _check_allowed(wanted: list[str], names: list[str], place: str) -> None:
    for name in wanted:
        if name not in names:
            text = f'Field "{name}" is not allowed in the "{place}".'
            raise fault(f"VALIDATION_FIELD_NOT_ALLOWED_IN_{place.upper()}", text)


def _fitting(key: str, value: Any, names: list[str]) -> Callable[[Row], bool]:
    found = _KEY.fullmatch(key)
    prefix, name = (found[1], found[2]) if found else ("", key)
    _check_allowed([name], names, "filter")
    wanted = [php.to_string(item) for item in value.values()] if isinstance(value, dict) else [php.to_string(value)]
    if prefix in ("", "=", "@", "!", "!=", "!@"):
        return lambda row: (php.to_string(row.get(name)) in wanted) != prefix.startswith("!")
    if prefix in ("%", "%=", "=%"):
        pattern = f"%{wanted[0]}%" if prefix == "%" else wanted[0]
        expression = re.compile(".*".join(map(re.escape, pattern.split("%"))), re.IGNORECASE | re.DOTALL)
        return lambda row: expression.fullmatch(php.to_string(row.get(name))) is not None
    raise NotEmulated(f"the filter {key} of biconnector")


def list_fields(kind: str, call: Call) -> Reply:
    """biconnector.*.fields; that of connectors is open to webhooks as well."""
    if kind != "connector":
        builder_of(call)
    return Reply({"fields": [rule.shown for rule in RULES[kind]]})
