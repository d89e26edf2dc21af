"""The filter engine of controllers (`crm.item.list`, `crm.stagehistory.list`, `crm.type.list`).

It checks every key: an unknown field, a prefix it does not know, an array where none may stand are 400
INVALID_ARG_VALUE. An empty `@` matches no row. Nested groups: `{"0": {"logic": "OR", "0": {…}, "1": {…}}}`.
https://apidocs.bitrix24.com/api-reference/crm/universal/crm-item-list.html , the rest read from the portal's source.
"""

from collections.abc import Callable, Mapping
from typing import Any

from b24kpi.demo import filters_legacy, php
from b24kpi.demo.declaration import Field
from b24kpi.demo.filters_legacy import OPERATIONS, Condition, Operation, split_key
from b24kpi.demo.php import Array
from b24kpi.demo.portal_time import UnreadableMoment, parse_date
from b24kpi.demo.rest import NotEmulated, RestError

Fields = Mapping[str, Field]
ParseMoment = Callable[[str], int]
_WITH_ARRAYS = ("", "=", "!=", "@", "!@")
_NUMBERS = ("id", "int", "link", "user", "money", "double", "bool")


def where(fields: Fields, wanted: Array, parse_moment: ParseMoment) -> list[Condition]:
    """The conditions of a filter over public names. Raises RestError INVALID_ARG_VALUE, NotEmulated."""
    group = _group(fields, wanted, parse_moment)
    return [group] if group else []


def order(fields: Fields, wanted: Array) -> str:
    """ORDER BY; names are case-sensitive, unknown ones are ignored."""
    parts = [
        f"{fields[name].name} {'DESC' if php.to_string(way).upper() == 'DESC' else 'ASC'}"
        for name, way in wanted.items()
        if isinstance(name, str) and name in fields
    ]
    return f" ORDER BY {', '.join(parts)}" if parts else ""


def invalid(key: str) -> RestError:
    """400 INVALID_ARG_VALUE in the documented words."""
    return RestError("INVALID_ARG_VALUE", f"Invalid filter: field '{key}' is not allowed in filter")


def _group(fields: Fields, wanted: Array, parse_moment: ParseMoment) -> Condition | None:
    logic = str(wanted.get("logic", wanted.get("LOGIC", "AND"))).upper()
    if logic not in ("AND", "OR"):
        raise RestError("INVALID_ARG_VALUE", "Invalid filter: logic")
    parts = []
    for key, value in wanted.items():
        if key in ("logic", "LOGIC"):
            continue
        part = _nested(fields, value, parse_moment) if isinstance(key, int) else _one(fields, key, value, parse_moment)
        if part:
            parts.append(part)
    if not parts:
        return None
    sql = f" {logic} ".join(part.sql for part in parts)
    return Condition(f"({sql})", tuple(param for part in parts for param in part.params))


def _nested(fields: Fields, value: Any, parse_moment: ParseMoment) -> Condition | None:
    if not isinstance(value, dict):
        raise RestError("INVALID_ARG_VALUE", "Invalid filter: a group must be an array")
    return _group(fields, value, parse_moment)


def _one(fields: Fields, key: str, value: Any, parse_moment: ParseMoment) -> Condition:
    prefix, name = split_key(key)
    field = fields.get(name)
    operation = OPERATIONS.get(prefix)
    if field is None or operation is None:
        raise invalid(name or key)
    if field.kind == "json":
        raise NotEmulated(f"a filter by {name}")
    if not isinstance(value, dict):
        return _single(field, operation, value, parse_moment)
    if prefix not in _WITH_ARRAYS:
        raise invalid(name)
    return _list(field, operation, value, parse_moment)


def _list(field: Field, operation: Operation, value: Array, parse_moment: ParseMoment) -> Condition:
    if not value and operation.negative:
        raise NotEmulated("an empty list under a negation")
    native = tuple(_value(field, item, parse_moment) for item in value.values())
    verb = "NOT IN" if operation.negative else "IN"
    return Condition(f"{field.name} {verb} ({', '.join('?' * len(native))})", native)


def _single(field: Field, operation: Operation, value: Any, parse_moment: ParseMoment) -> Condition:
    empty = value is None or (php.to_string(value) == "" and field.kind not in _NUMBERS)
    if empty and operation.compare == "=":
        nothing = f"coalesce({field.name}, '') = ''" if value is not None else f"{field.name} IS NULL"
        return Condition(f"NOT ({nothing})" if operation.negative else nothing)
    if operation.compare == "LIKE":
        return _like(field, operation, value)
    native = _value(field, value, parse_moment)
    collate = " COLLATE NOCASE" if isinstance(native, str) else ""
    condition = Condition(f"{field.name} {operation.compare} ?{collate}", (native,))
    if not operation.negative:
        return condition
    return Condition(f"({field.name} IS NULL OR NOT ({condition.sql}))", condition.params)


def _like(field: Field, operation: Operation, value: Any) -> Condition:
    if field.kind not in ("string", "status"):
        raise NotEmulated(f"LIKE on {field.name}")
    return filters_legacy.like(field, operation, php.to_string(value))


def _value(field: Field, value: Any, parse_moment: ParseMoment) -> Any:
    if isinstance(value, dict):
        raise invalid(field.name)
    if field.kind in ("money", "double"):
        return php.to_float(value)
    if field.kind == "bool":
        return int(value == "Y" or php.to_int(value) == 1)
    if field.kind in _NUMBERS:
        return php.to_int(value)
    return _moment(field, php.to_string(value), parse_moment)


def _moment(field: Field, text: str, parse_moment: ParseMoment) -> Any:
    try:
        if field.kind == "datetime":
            return parse_moment(text)
        return parse_date(text) if field.kind == "date" else text
    except UnreadableMoment:
        raise NotEmulated(f"the moment {text!r} in a filter") from None
