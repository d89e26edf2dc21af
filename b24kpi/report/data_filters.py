"""Filters of BI tools over a data set → an SQL condition with its parameters. Pure.

A filter is nested as Bitrix24 sends it: field → value, where the field may have a prefix, all of which have to hold;
or groups under numbers, of which with `LOGIC` = `OR` any has to. The prefixes are those of the lists of Bitrix24:
`=` (also none), `@` (one of), `>`, `>=`, `<`, `<=`, `><` (between two), `%` (contains), `=%` and `%=` (like, with %
for anything), each negated by `!`. A negation holds where the condition does not, so also of what is empty.
An empty text, and 0 by equality, mean what is empty, as in Bitrix24's own filters.

https://apidocs.bitrix24.com/api-reference/biconnector/connector/index.html names `filter`; its shape is read from the
portal's source
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from b24kpi.errors import BadInput
from b24kpi.report.data_sets import Column, Kind

Value = str | int | float | None
# What people come to by far, and SQLite does not refuse.
MOST_VALUES, LONGEST_VALUE, DEEPEST = 500, 1_000, 8

_KEY = re.compile(r"(!?)(>=|<=|><|=%|%=|@|%|>|<|=|)([A-Za-z][A-Za-z0-9_]*)", re.ASCII)
_DAY = r"(\d{4}-\d\d-\d\d|\d\d\.\d\d\.\d{4}|\d\d/\d\d/\d{4})"
_MOMENT = re.compile(rf"{_DAY}(?:[T ](\d\d?:\d\d(?::\d\d)?) ?([ap]m)?)?(Z|[+-]\d\d:\d\d)?", re.ASCII | re.IGNORECASE)
# The portal writes days as its country does: the point means the day first, the stroke the month.
_DAY_FORMATS = {"-": "%Y-%m-%d", ".": "%d.%m.%Y", "/": "%m/%d/%Y"}
_EMPTY = ("", "0")


@dataclass(frozen=True)
class Condition:
    """SQL in terms of a data set's row; `params` in the order of its question marks."""

    sql: str = "1"
    params: tuple[Value, ...] = ()


def condition(filter_: Mapping[Any, Any], find: Callable[[str], Column], zone: ZoneInfo) -> Condition:
    """What the rows have to fulfil.

    Args:
        find: name → column; raises BadInput for an unknown one.
        zone: of moments that tell no offset.

    Raises:
        BadInput: an unknown field or prefix, a value that does not fit its column, or too much of all.
    """
    if _size(filter_) > MOST_VALUES:
        raise BadInput("bi.filter_too_long", most=MOST_VALUES)
    return _Reading(find, zone).group(filter_, DEEPEST)


def _size(value: Any) -> int:
    """How many values there are."""
    return sum(map(_size, value.values())) if isinstance(value, Mapping) else 1


@dataclass(frozen=True)
class _Reading:
    find: Callable[[str], Column]
    zone: ZoneInfo

    def group(self, filter_: Mapping[Any, Any], depth: int) -> Condition:
        """Everything of a group, joined by its logic."""
        if depth == 0:
            raise BadInput("bi.filter_too_deep", most=DEEPEST)
        parts = list(self._parts(filter_, depth))
        if not parts:
            return Condition()
        logic = _logic(filter_)
        sql = f" {logic} ".join(f"({part.sql})" for part in parts)
        return Condition(sql, tuple(param for part in parts for param in part.params))

    def _parts(self, filter_: Mapping[Any, Any], depth: int) -> Iterator[Condition]:
        for key, value in filter_.items():
            if str(key).upper() == "LOGIC":
                continue
            if str(key).isdecimal():
                if not isinstance(value, Mapping):
                    raise BadInput("bi.bad_filter", field=str(key)[:50])
                yield self.group(value, depth - 1)
            else:
                yield self._single(str(key), value)

    def _single(self, key: str, value: Any) -> Condition:
        found = _KEY.fullmatch(key)
        if found is None:
            raise BadInput("bi.bad_filter", field=str(key)[:50])
        negated, operator, name = found.groups()
        column = self.find(name)
        made = self._compared(column, operator, _texts(key, value))
        return Condition(f"NOT COALESCE({made.sql}, 0)", made.params) if negated else made

    def _compared(self, column: Column, operator: str, texts: list[str]) -> Condition:
        if operator in ("", "=", "@"):
            return self._any_of(column, texts)
        if operator == "><":
            return self._between(column, texts)
        if len(texts) != 1:
            raise BadInput("bi.one_value", field=column.code)
        if "%" in operator:
            return self._like(column, f"%{_plain(texts[0], '%')}%" if operator == "%" else _plain(texts[0]))
        return Condition(f"{column.sql} {operator} ?", (self._value(column, texts[0]),))

    def _like(self, column: Column, pattern: str) -> Condition:
        if column.kind is not Kind.TEXT:
            raise BadInput("bi.text_only", field=column.code)
        return Condition(f"folded({column.sql}) LIKE folded(?) ESCAPE '\\'", (pattern,))

    def _any_of(self, column: Column, texts: list[str]) -> Condition:
        values = [value for text in texts if (value := self._equal_to(column, text)) is not None]
        parts = [f"{column.sql} IN ({', '.join('?' * len(values))})"] if values else []
        if any(text in _EMPTY for text in texts):
            parts.append(f"{column.sql} IS NULL")
        return Condition(" OR ".join(parts) or "0", tuple(values))

    def _equal_to(self, column: Column, text: str) -> Value:
        """None for what only means that something is empty."""
        if column.kind is not Kind.TEXT and (text == "" or (text == "0" and column.kind in (Kind.DAY, Kind.MOMENT))):
            return None
        return self._value(column, text)

    def _between(self, column: Column, texts: list[str]) -> Condition:
        if len(texts) != 2:
            raise BadInput("bi.two_values", field=column.code)
        low, high = (self._value(column, text) for text in texts)
        return Condition(f"{column.sql} BETWEEN ? AND ?", (low, high))

    def _value(self, column: Column, text: str) -> Value:
        """A value as the column stores it."""
        try:
            return text if column.kind is Kind.TEXT else self._stored(column.kind, text.strip())
        except (ValueError, ArithmeticError):
            raise BadInput("bi.bad_value", field=column.code, value=text[:50], type=column.kind.shown) from None

    def _stored(self, kind: Kind, text: str) -> Value:
        if kind is Kind.DAY:
            day = _moment(text, self.zone)[0]
            return day.year * 10_000 + day.month * 100 + day.day
        if kind is Kind.MOMENT:
            return int(_moment(text, self.zone)[1].timestamp())
        number = Decimal(text) * (100 if kind is Kind.MONEY else 1)
        if not number.is_finite():
            raise ValueError(text)
        return int(number) if number == number.to_integral_value() and abs(number) < 2**62 else float(number)


def _logic(filter_: Mapping[Any, Any]) -> str:
    given = next((value for key, value in filter_.items() if str(key).upper() == "LOGIC"), "AND")
    logic = str(given).upper()
    if logic not in ("AND", "OR"):
        raise BadInput("bi.bad_logic", value=str(given)[:50])
    return logic


def _texts(key: str, value: Any) -> list[str]:
    texts = list(value.values()) if isinstance(value, Mapping) else [value]
    if not texts or not all(isinstance(text, str) and len(text) <= LONGEST_VALUE for text in texts):
        raise BadInput("bi.bad_filter", field=key[:50])
    return texts


def _plain(text: str, further: str = "") -> str:
    """A text in which `_`, and what is given further, stands for nothing else."""
    return re.sub(rf"([\\_{further}])", r"\\\1", text)


def _moment(text: str, zone: ZoneInfo) -> tuple[date, datetime]:
    """The day as it is written, and the moment."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(text)
    written, clock, half, offset = found.groups()
    day = datetime.strptime(written, _DAY_FORMATS["-" if "-" in written else written[2]]).date()
    moment = datetime.combine(day, _clock(clock or "0:00", half or ""), zone)
    if offset:
        moment = datetime.fromisoformat(moment.replace(tzinfo=None).isoformat() + offset.upper().replace("Z", "+00:00"))
    return day, moment


def _clock(written: str, half: str) -> time:
    """`11:59:59` with `pm` is the last second before midnight."""
    hour, minute, second = map(int, f"{written}:00".split(":")[:3])
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(written)
        hour = hour % 12 + (12 if half.lower() == "pm" else 0)
    return time(hour, minute, second)
