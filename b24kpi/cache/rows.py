"""REST rows → rows of the cache: typed, in column order, nothing guessed.

Encodings of values: https://apidocs.bitrix24.com/data-types.html and, for the oddities, the portal's source.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Any

from b24kpi.errors import UnexpectedAnswer
from b24kpi.portal.entities import Entity, Kind

Cell = int | float | str | None

# What reading a value of another kind ends in.
_FAULTS = (ValueError, TypeError, ArithmeticError)


def row_reader(entity: Entity) -> Callable[[Mapping[str, Any]], tuple[Cell, ...]]:
    """A function from a REST row to the tuple of its columns: constants first, then the fields as declared.

    A field that the answer leaves out is NULL.

    Raises (the function):
        UnexpectedAnswer: a field is not what its kind says.
    """
    constants = tuple(entity.constants.values())
    names = [f.name for f in entity.fields]
    readers = [_READERS[f.kind] for f in entity.fields]
    pick = itemgetter(*names)

    def read(row: Mapping[str, Any]) -> tuple[Cell, ...]:
        try:
            values = pick(row)
        except KeyError:
            values = tuple(row.get(name) for name in names)
        try:
            return (*constants, *[reader(value) for reader, value in zip(readers, values, strict=True)])
        except _FAULTS:
            raise _bad_row(entity, row) from None

    return read


def columns(entity: Entity) -> tuple[str, ...]:
    """Column names in the order of `row_reader`'s tuples."""
    return (*entity.constants, *(f.column for f in entity.fields))


def _integer(value: Any) -> int | None:
    if value is None or value == "" or value is False:  # a list field that nobody filled in may be false
        return None
    return int(value)


def _text(value: Any) -> str | None:
    if value is None or value == "" or value is False:
        return None
    return str(value)


def _money(value: Any) -> int | None:
    return _scaled(value, 100)


def _rate(value: Any) -> int | None:
    return _scaled(value, 10_000)


def _scaled(value: Any, scale: int) -> int | None:
    if value is None or value == "":
        return None
    return round(Decimal(str(value)) * scale)


@lru_cache(maxsize=100_000)
def _moment(text: str) -> int | None:
    if text.startswith("9999"):  # how the portal stores "no deadline"
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:  # this machine's zone would be a guess
        raise ValueError(text)
    return int(moment.timestamp())


def _datetime(value: Any) -> int | None:
    return _moment(value) if isinstance(value, str) and value else None


def _date(value: Any) -> str | None:
    return _day(value[:10]) if isinstance(value, str) and value else None


@lru_cache(maxsize=10_000)
def _day(text: str) -> str:
    return date.fromisoformat(text).isoformat()


def _boolean(value: Any) -> int | None:
    if value is None or value == "":
        return None
    return int(value in (True, "Y", "1", 1, "true"))


def _first(value: Any) -> int | None:
    return _integer(value[0]) if isinstance(value, list) and value else None


def _real(value: Any) -> float | None:
    return None if value is None or value == "" or value is False else float(value)


def _several(value: Any) -> str | None:
    """Numbers by size, texts by letters; a single value is taken as the only one."""
    values = value if isinstance(value, list) else [value]
    texts = {text for text in map(_text, values) if text is not None}
    by_size = all(text.isdecimal() for text in texts)
    return ",".join(sorted(texts, key=int if by_size else str)) or None


_READERS: dict[Kind, Callable[[Any], Cell]] = {
    Kind.INTEGER: _integer,
    Kind.TEXT: _text,
    Kind.MONEY: _money,
    Kind.RATE: _rate,
    Kind.DATETIME: _datetime,
    Kind.DATE: _date,
    Kind.BOOLEAN: _boolean,
    Kind.FIRST: _first,
    Kind.REAL: _real,
    Kind.SEVERAL: _several,
}


def _bad_row(entity: Entity, row: Mapping[str, Any]) -> UnexpectedAnswer:
    for f in entity.fields:
        try:
            _READERS[f.kind](row.get(f.name))
        except _FAULTS:
            return UnexpectedAnswer("cache.bad_value", method=entity.method, field=f.name, row=str(row.get(entity.key)))
    return UnexpectedAnswer("cache.bad_value", method=entity.method, field="?", row=str(row.get(entity.key)))
