"""Which rows a request to the BI connector asks for, with all that the connector silently passes over.

Read from the portal's source (biconnector module): an unknown operator, a REGEXP_ one or a filter without any drops
every condition, dateRange and the table's own one included; an unknown field drops its condition alone (case
matters); EXCLUDE with NUMERIC_ and BETWEEN with one value are dropped; an unparsable date is no bound.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from b24kpi.demo import php
from b24kpi.demo.bi_tables import MOMENTS, BiTable, Column
from b24kpi.demo.filters_legacy import Condition
from b24kpi.demo.portal_time import PortalZone, UnreadableMoment, parse_date

_COMPARISONS = {
    "NUMERIC_GREATER_THAN": ">",
    "NUMERIC_GREATER_THAN_OR_EQUAL": ">=",
    "NUMERIC_LESS_THAN": "<",
    "NUMERIC_LESS_THAN_OR_EQUAL": "<=",
}
_DAY = 86_399  # seconds from the first of a day to its last


class _DropsEverything(Exception):
    """A filter after which the connector applies none at all."""


@dataclass(frozen=True)
class Selection:
    """The conditions that reach the SQL, and whether the request's own are among them."""

    conditions: tuple[Condition, ...]
    is_filtered: bool


def select(table: BiTable, body: Mapping[str, Any], zone: PortalZone, *, shift: int = 0) -> Selection:
    """The rows that a request's dateRange and dimensionsFilters leave; `shift` is the data time zone, in seconds."""
    try:
        asked = [*_date_range(table, body, zone, shift), *_dimensions(table, body.get("dimensionsFilters"), zone)]
    except _DropsEverything:
        return Selection((), is_filtered=False)
    own = [Condition(table.condition)] if table.condition else []
    return Selection((*own, *asked), bool(asked))


# --- dateRange


def _date_range(table: BiTable, body: Mapping[str, Any], zone: PortalZone, shift: int) -> list[Condition]:
    wanted, config = body.get("dateRange"), body.get("configParams")
    name = config.get("timeFilterColumn") if isinstance(config, dict) else None
    column = table.columns.get(name) if isinstance(name, str) else None
    column = column if column and column.type in MOMENTS else table.first_date
    if column is None or not isinstance(wanted, dict):
        return []
    bounds = ((">=", wanted.get("startDate"), 0), ("<=", wanted.get("endDate"), _DAY))
    found = (_bound(column, sign, day, seconds - shift, zone) for sign, day, seconds in bounds)
    return [condition for condition in found if condition]


def _bound(column: Column, sign: str, day: Any, seconds: int, zone: PortalZone) -> Condition | None:
    try:
        text = parse_date(php.to_string(day))
        moment: object = text if column.type != "datetime" else zone.parse(text) + seconds
    except UnreadableMoment:
        return None
    return Condition(f"{column.sql} {sign} ?", (moment,))


# --- dimensionsFilters


def _dimensions(table: BiTable, groups: Any, zone: PortalZone) -> list[Condition]:
    found = []
    for group in groups if isinstance(groups, list) else ():
        parts = [_one(table, wanted, zone) for wanted in (group if isinstance(group, list) else ())]
        kept = [part for part in parts if part]
        if kept:
            sql = " OR ".join(part.sql for part in kept)
            found.append(Condition(f"({sql})", tuple(param for part in kept for param in part.params)))
    return found


def _one(table: BiTable, wanted: Any, zone: PortalZone) -> Condition | None:
    operator = php.to_string(wanted.get("operator")) if isinstance(wanted, dict) else ""
    make = _OPERATORS.get(operator)
    if make is None:
        raise _DropsEverything
    column = table.columns.get(php.to_string(wanted.get("fieldName")))
    excluded = wanted.get("type") == "EXCLUDE"
    if column is None or (excluded and operator in _COMPARISONS):
        return None
    given = wanted.get("values")
    values = [_value(column, value, zone) for value in (given if isinstance(given, list) else [given])]
    return make(column, operator, values, excluded)


def _value(column: Column, value: Any, zone: PortalZone) -> Any:
    """Moments are read in the server's zone, to the second."""
    if column.type == "int":
        return php.to_int(value)
    if column.type.startswith("decimal"):
        return php.to_float(value)
    text = php.to_string(value)
    try:
        if column.type == "datetime":
            return zone.parse(text, ignore_offset=True)
        return parse_date(text) if column.type in MOMENTS else text
    except UnreadableMoment:
        return None


_Maker = Callable[[Column, str, list[Any], bool], Condition | None]


def _in_list(column: Column, operator: str, values: list[Any], excluded: bool) -> Condition | None:
    """EXCLUDE loses the rows without a value where it is a number, keeps them where it is text."""
    collate = " COLLATE NOCASE" if column.type == "string" else ""
    sql = f"({column.sql}){collate} IN ({', '.join('?' * len(values))})"
    if not excluded:
        return Condition(sql, tuple(values))
    lax = f" OR {column.sql} IS NULL" if column.type == "string" else ""
    return Condition(f"(NOT {sql}{lax})", tuple(values))


def _compared(column: Column, operator: str, values: list[Any], excluded: bool) -> Condition | None:
    return Condition(f"{column.sql} {_COMPARISONS[operator]} ?", tuple(values[:1]))


def _between(column: Column, operator: str, values: list[Any], excluded: bool) -> Condition | None:
    if len(values) < 2:
        return None
    return Condition(f"{column.sql} {'NOT ' if excluded else ''}BETWEEN ? AND ?", tuple(values[:2]))


def _contains(column: Column, operator: str, values: list[Any], excluded: bool) -> Condition | None:
    sql = f"instr(fold(coalesce({column.sql}, '')), fold(?)) {'=' if excluded else '>'} 0"
    return Condition(sql, (php.to_string(values[0]),))


def _is_null(column: Column, operator: str, values: list[Any], excluded: bool) -> Condition | None:
    """0 and '' are nothing, too."""
    return Condition(f"coalesce({column.sql}, 0) {'NOT ' if excluded else ''}IN (0, '')")


_OPERATORS: Mapping[str, _Maker] = {
    "EQUALS": _in_list,
    "IN_LIST": _in_list,
    "CONTAINS": _contains,
    "IS_NULL": _is_null,
    "BETWEEN": _between,
    **dict.fromkeys(_COMPARISONS, _compared),
}
