"""The filter and order engine of the legacy lists (`crm.*.list`, `user.get`, `crm.status.list`).

Its habits, read from the portal's source (main/crm, CSqlUtil): an unknown field is dropped, so is an empty array; an
array means "any of", but under a comparison of numbers it casts to 1; `=` 0 or '' on a number also matches NULL;
a negation keeps NULL; `%` on a reference (crm_status, contact, company) is `=`. Prefixes:
https://apidocs.bitrix24.com/api-reference/crm/deals/crm-deal-list.html
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from b24kpi.demo import php
from b24kpi.demo.declaration import Field, Table
from b24kpi.demo.fields import MULTIFIELDS
from b24kpi.demo.php import Array
from b24kpi.demo.portal_time import PortalZone, UnreadableMoment, parse_date
from b24kpi.demo.rest import NotEmulated, RestError

_KEY = re.compile(r"([^A-Za-z0-9_]*)(.*)", re.DOTALL)
_NUMBERS = ("id", "int", "link", "user", "money", "double", "bool")
_REFERENCES = ("status", "link", "user", "flag")


@dataclass(frozen=True)
class Condition:
    """A piece of SQL with its parameters."""

    sql: str
    params: tuple[object, ...] = ()


@dataclass(frozen=True)
class Operation:
    """What a prefix asks for: an SQL comparison, or LIKE with the value between `before` and `after`."""

    compare: str
    negative: bool = False
    before: str = ""
    after: str = ""


_LIKE_ANYWHERE = Operation("LIKE", before="%", after="%")
OPERATIONS = {
    "": Operation("="),
    "=": Operation("="),
    "@": Operation("="),
    "!": Operation("=", negative=True),
    "!=": Operation("=", negative=True),
    "!@": Operation("=", negative=True),
    "<": Operation("<"),
    ">": Operation(">"),
    "<=": Operation("<="),
    ">=": Operation(">="),
    "%": _LIKE_ANYWHERE,
    "=%": Operation("LIKE"),
    "%=": Operation("LIKE"),
    "!%": Operation("LIKE", negative=True, before="%", after="%"),
    "!=%": Operation("LIKE", negative=True),
    "!%=": Operation("LIKE", negative=True),
}


def where(table: Table, wanted: Array, zone: PortalZone, *, refuse: tuple[str, ...] = ()) -> list[Condition]:
    """Conditions that all hold. `refuse` names fields the demo portal cannot filter by. Raises NotEmulated."""
    found = (_condition(table, str(key), value, zone, refuse) for key, value in wanted.items())
    return [condition for condition in found if condition is not None]


def order(table: Table, wanted: Array) -> str:
    """ORDER BY, or nothing; unknown fields are ignored, any direction but ASC means DESC."""
    known = [(str(name).upper(), php.to_string(way).upper()) for name, way in wanted.items()]
    parts = [f"{name} {'ASC' if way == 'ASC' else 'DESC'}" for name, way in known if name in table.fields]
    return f" ORDER BY {', '.join(parts)}" if parts else ""


def split_key(key: str) -> tuple[str, str]:
    """`!=STAGE_ID` → `!=`, `STAGE_ID`."""
    found = _KEY.match(key)
    return (found[1], found[2]) if found else ("", key)


def array_param(params: Array, name: str) -> Array:
    """`filter` under the spellings the legacy methods take; arrays only. Raises RestError."""
    for spelling in (name, name.upper(), name.capitalize(), f"ar{name.capitalize()}"):
        value = params.get(spelling)
        if value is not None:
            if not isinstance(value, dict):
                raise RestError("", f"Parameter '{name}' must be array.")
            return value
    return {}


# --- one condition


def _condition(table: Table, key: str, value: Any, zone: PortalZone, refuse: tuple[str, ...]) -> Condition | None:
    prefix, name = split_key(key)
    if name.upper() == "LOGIC" or name in refuse or name.isdigit():
        raise NotEmulated(f"a filter by {key}")
    field = table.fields.get(name)
    if value == {} or (field is None and name not in MULTIFIELDS):
        return None
    operation = OPERATIONS.get(prefix)
    if operation is None:
        raise NotEmulated(f"the filter prefix {prefix}")
    if field is None:
        return _by_multifield(table, prefix, name, value)
    if operation.compare == "LIKE" and field.kind in _REFERENCES:
        operation = Operation("=", operation.negative)
    return _any_of(field, operation, value, zone)


def _any_of(field: Field, operation: Operation, value: Any, zone: PortalZone) -> Condition:
    single = _maker(field, zone)
    if not isinstance(value, dict):
        return single(field, operation, value)
    if operation.compare in ("<", ">", "<=", ">="):
        if field.kind not in _NUMBERS:
            raise NotEmulated(f"an array compared with {field.name}")
        return single(field, operation, value)
    parts = [single(field, operation, item) for item in value.values()]
    if len(parts) > 1 and (quick := _in_list(field, operation, list(value.values()))):
        return quick
    glue = " AND " if operation.negative else " OR "
    sql = glue.join(part.sql for part in parts)
    return Condition(f"({sql})", tuple(param for part in parts for param in part.params))


def _in_list(field: Field, operation: Operation, values: list[Any]) -> Condition | None:
    """IN (…) for plain lists of ids, so that SQLite uses the key."""
    ids = [php.to_int(value) for value in values]
    if field.kind != "id" or operation != OPERATIONS["@"] or 0 in ids:
        return None
    return Condition(f"{field.name} IN ({', '.join('?' * len(ids))})", tuple(ids))


_Maker = Callable[[Field, Operation, Any], Condition]


def _maker(field: Field, zone: PortalZone) -> _Maker:
    if field.kind in _NUMBERS:
        return _number
    if field.kind == "json":
        raise NotEmulated(f"a filter by {field.name}")
    if field.kind in ("datetime", "date"):
        return lambda field, operation, value: _moment(field, operation, value, zone)
    return _string


def _number(field: Field, operation: Operation, value: Any) -> Condition:
    if operation.compare == "LIKE":
        raise NotEmulated(f"LIKE on the number {field.name}")
    number = php.to_float(value) if field.kind in ("money", "double") else php.to_int(value)
    if operation.compare != "=":
        return Condition(f"{field.name} {operation.compare} ?", (number,))
    if number == 0:
        none = f"({field.name} IS NULL OR {field.name} = 0)"
        return Condition(f"NOT {none}" if operation.negative else none)
    return _with_null(field, operation, Condition(f"{field.name} = ?", (number,)))


def _with_null(field: Field, operation: Operation, condition: Condition) -> Condition:
    if not operation.negative:
        return condition
    return Condition(f"({field.name} IS NULL OR NOT ({condition.sql}))", condition.params)


def _string(field: Field, operation: Operation, value: Any) -> Condition:
    text = php.to_string(value)
    if operation.compare == "LIKE":
        return like(field, operation, text)
    if operation.compare == "=" and text == "":
        empty = f"coalesce({field.name}, '') = ''"
        return Condition(f"NOT ({empty})" if operation.negative else empty)
    if field.kind in ("status", "flag"):
        condition = Condition(f"{field.name} {operation.compare} ? COLLATE NOCASE", (text,))
    else:
        condition = Condition(f"fold({field.name}) {operation.compare} fold(?)", (text,))
    return _with_null(field, operation, condition)


def like(field: Field, operation: Operation, text: str) -> Condition:
    """LIKE without regard to case; the value's own `%` counts only where the prefix says so."""
    if operation.before:
        text = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    pattern = f"{operation.before}{text}{operation.after}"
    return _with_null(field, operation, Condition(f"fold({field.name}) LIKE fold(?) ESCAPE '\\'", (pattern,)))


def _moment(field: Field, operation: Operation, value: Any, zone: PortalZone) -> Condition:
    text = php.to_string(value)
    if operation.compare == "LIKE":
        raise NotEmulated(f"LIKE on the moment {field.name}")
    if text == "":
        if operation.compare != "=":
            raise NotEmulated(f"a comparison of {field.name} with nothing")
        return Condition(f"{field.name} IS {'NOT ' if operation.negative else ''}NULL")
    try:
        moment: object = parse_date(text) if field.kind == "date" else zone.parse(text)
    except UnreadableMoment:
        raise NotEmulated(f"the moment {text!r} in a filter") from None
    return _with_null(field, operation, Condition(f"{field.name} {operation.compare} ?", (moment,)))


def _by_multifield(table: Table, prefix: str, name: str, value: Any) -> Condition:
    if prefix not in ("", "=") or isinstance(value, dict) or not table.entity_type_id:
        raise NotEmulated(f"the filter {prefix}{name}")
    sql = "SELECT ELEMENT_ID FROM multifield WHERE ENTITY_TYPE_ID = ? AND TYPE_ID = ? AND fold(VALUE) = fold(?)"
    return Condition(f"{table.key} IN ({sql})", (table.entity_type_id, name, php.to_string(value)))
