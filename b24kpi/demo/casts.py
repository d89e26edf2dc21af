"""Values of `fields` on their way into rows: what REST accepts for each kind, as the portal stores it."""

from typing import Any

from b24kpi.demo import php
from b24kpi.demo.declaration import Field
from b24kpi.demo.php import Array
from b24kpi.demo.portal_time import PortalZone, UnreadableMoment, parse_date
from b24kpi.demo.rest import NotEmulated

Row = dict[str, Any]


def native(field: Field, value: Any, zone: PortalZone) -> Any:
    """The stored form of a value; '' empties. Raises NotEmulated for what the demo portal cannot read."""
    if isinstance(value, dict) and field.kind != "json":
        raise NotEmulated(f"an array written to {field.name}")
    if field.kind in ("datetime", "date"):
        return _moment(field, php.to_string(value), zone)
    if field.kind in _CASTS:
        return _CASTS[field.kind](value)
    return None if value is None else php.to_string(value)


def columns(fields: dict[str, Field], values: Array, zone: PortalZone, *, immutable: tuple[str, ...] = ()) -> Row:
    """Columns to write: unknown, read-only and immutable names are dropped, as the portal drops them."""
    found: Row = {}
    for name, value in values.items():
        field = fields.get(str(name))
        if field is not None and not field.read_only and field.name not in immutable:
            found[field.name] = native(field, value, zone)
    return found


def _moment(field: Field, text: str, zone: PortalZone) -> Any:
    if text == "":
        return None
    try:
        return parse_date(text) if field.kind == "date" else zone.parse(text)
    except UnreadableMoment:
        raise NotEmulated(f"the moment {text!r} in {field.name}") from None


def _number(value: Any) -> float | None:
    return None if value is None or value == "" else php.to_float(value)


def _integer(value: Any) -> int | None:
    return None if value is None or value == "" else php.to_int(value)


def _flag(value: Any) -> str:
    return "Y" if value in ("Y", True, "1", 1) else "N"


def _boolean(value: Any) -> int:
    return int(value in ("Y", True, "1", 1))


def _refuse(value: Any) -> Any:
    raise NotEmulated("writing structured fields")


_CASTS = {
    **dict.fromkeys(("money", "double"), _number),
    **dict.fromkeys(("id", "int", "link", "user"), _integer),
    "flag": _flag,
    "bool": _boolean,
    "json": _refuse,
}
