"""Rows as REST shows them: legacy methods in strings, `crm.item.*` and controllers in native JSON values.

https://apidocs.bitrix24.com/api-reference/data-types.html , empty values and shifted dates read from the portal's
source and from the samples of the documentation.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from b24kpi.demo.declaration import Field
from b24kpi.demo.portal_time import PortalZone

Renderer = Callable[[Any], Any]


def legacy(fields: Sequence[Field], rows: Iterable[Sequence[Any]], zone: PortalZone) -> list[dict[str, Any]]:
    """Rows of `crm.*.list` and their kin: numbers as strings, empty moments as ''."""
    return _render([(field.name, _legacy(field.kind, zone)) for field in fields], rows)


def native(
    names: Sequence[str], fields: Sequence[Field], rows: Iterable[Sequence[Any]], zone: PortalZone
) -> list[dict[str, Any]]:
    """Rows of controllers under the given names: ints, JSON numbers, null where empty."""
    return _render([(name, _native(field.kind, zone)) for name, field in zip(names, fields, strict=True)], rows)


def _render(columns: list[tuple[str, Renderer | None]], rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    names = [name for name, _ in columns]
    changes = [(place, render) for place, (_, render) in enumerate(columns) if render is not None]
    answer = []
    for row in rows:
        values = list(row)
        for place, render in changes:
            values[place] = render(values[place])
        answer.append(dict(zip(names, values, strict=True)))
    return answer


# --- legacy


def _legacy(kind: str, zone: PortalZone) -> Renderer | None:
    if kind in ("datetime", "date"):
        show = zone.iso if kind == "datetime" else zone.shifted_midnight
        return lambda value: "" if value is None else show(value)
    return _LEGACY.get(kind)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _money(value: Any) -> str | None:
    return None if value is None else f"{value:.2f}"


def _double(value: Any) -> str | None:
    return None if value is None else f"{value:.10g}"


def _user_boolean(value: Any) -> Any:
    """Unset is false, as in the documented samples; set is '1' or '0'."""
    return False if value is None else str(value)


def _json(value: Any) -> Any:
    return [] if value is None else json.loads(value)


_LEGACY: dict[str, Renderer] = {
    **dict.fromkeys(("id", "int", "link", "user"), _text),
    "money": _money,
    "double": _double,
    "bool": _user_boolean,
    "json": _json,
}


# --- native


def _native(kind: str, zone: PortalZone) -> Renderer | None:
    if kind in ("datetime", "date"):
        show = zone.iso if kind == "datetime" else zone.shifted_midnight
        return lambda value: None if value is None else show(value)
    return _NATIVE.get(kind)


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _yes_or_no(value: Any) -> str | None:
    return None if value is None else "Y" if value else "N"


_NATIVE: dict[str, Renderer] = {"money": _number, "double": _number, "bool": _yes_or_no, "json": _json}
