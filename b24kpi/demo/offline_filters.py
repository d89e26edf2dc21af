"""Filters and orders over rows of the offline queue: `{">=ID": 1, "=EVENT_NAME": …}`, `{"ID": "DESC"}`."""

import operator
import re
from collections.abc import Callable
from typing import Any

from b24kpi.demo import php
from b24kpi.demo.offline_queue import Waiting
from b24kpi.demo.portal_time import PortalZone
from b24kpi.demo.rest import NotEmulated

_KEY = re.compile(r"(>=|<=|!=|>|<|=|!|@|)(\w+)")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "": operator.eq,
    "=": operator.eq,
    "!": operator.ne,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_VALUES: dict[str, Callable[[Waiting], Any]] = {
    "ID": lambda row: row.id,
    "TIMESTAMP_X": lambda row: row.at,
    "EVENT_NAME": lambda row: row.event,
    "MESSAGE_ID": lambda row: row.message_id,
    "PROCESS_ID": lambda row: row.process_id,
    "ERROR": lambda row: int(row.is_error),
}


def matching(wanted: Any, fields: tuple[str, ...], zone: PortalZone) -> Callable[[Waiting], bool]:
    """Whether a row fits a filter. Raises NotEmulated for other fields or operations."""
    given = wanted if isinstance(wanted, dict) else {}
    conditions = [_condition(str(key), value, fields, zone) for key, value in given.items()]
    return lambda row: all(condition(row) for condition in conditions)


def _condition(key: str, value: Any, fields: tuple[str, ...], zone: PortalZone) -> Callable[[Waiting], bool]:
    found = _KEY.fullmatch(key)
    if found is None or found[2] not in fields:
        raise NotEmulated(f"the filter {key} of offline events")
    read = _VALUES[found[2]]
    if found[1] == "@" or isinstance(value, dict):
        items = value.values() if isinstance(value, dict) else [value]
        among = [_native(found[2], item, zone) for item in items]
        return lambda row: (read(row) in among) != found[1].startswith("!")
    compare, native = _COMPARISONS[found[1]], _native(found[2], value, zone)
    return lambda row: compare(read(row), native)


def _native(name: str, value: Any, zone: PortalZone) -> Any:
    if name in ("ID", "ERROR"):
        return php.to_int(value)
    if name == "TIMESTAMP_X":
        return zone.parse(php.to_string(value))
    return php.to_string(value)


def choosing(
    wanted: Callable[[Waiting], bool], order: Any, fields: tuple[str, ...], limit: int
) -> Callable[[list[Waiting]], list[Waiting]]:
    """Picks the wanted rows in their order, the first `limit` of them (0: all)."""
    keys = [(str(name).upper(), php.to_string(way).upper() == "DESC") for name, way in order.items()]
    if unknown := [name for name, _ in keys if name not in fields]:
        raise NotEmulated(f"the order {unknown[0]} of offline events")

    def choose(rows: list[Waiting]) -> list[Waiting]:
        found = [row for row in rows if wanted(row)]
        for name, is_falling in reversed(keys):
            found.sort(key=_VALUES[name], reverse=is_falling)
        return found[:limit] if limit else found

    return choose
