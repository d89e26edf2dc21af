"""REST rows → rows of the cache: typed, in column order, nothing guessed.

A page is turned column by column: what a field is like is looked up once a page instead of once a value, which
makes reading three times as fast.

Encodings of values: https://apidocs.bitrix24.com/data-types.html and, for the oddities, the portal's source.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import repeat
from operator import itemgetter
from typing import Any, Protocol

from b24kpi.errors import UnexpectedAnswer
from b24kpi.portal.entities import Entity, Kind

Cell = int | float | str | None
Rows = Sequence[Mapping[str, Any]]

# What reading a value of another kind ends in.
_FAULTS = (ValueError, TypeError, ArithmeticError)


class RowsReader(Protocol):
    """From REST rows to the tuples of their columns: constants, the fields as declared, then `further` values."""

    def __call__(self, rows: Rows, *further: Cell) -> Iterable[tuple[Cell, ...]]: ...


def rows_reader(entity: Entity) -> RowsReader:
    """A function that reads the rows of a stream; a field that the answer leaves out is NULL.

    Raises (the function):
        UnexpectedAnswer: a field is not what its kind says.
    """
    constants = tuple(entity.constants.values())
    names = [f.shown for f in entity.fields]
    readers = [_COLUMN_READERS[f.kind] for f in entity.fields]
    pick = itemgetter(*names)

    def read(rows: Rows, *further: Cell) -> Iterable[tuple[Cell, ...]]:
        if not rows:
            return ()
        try:
            values = list(zip(*map(pick, rows), strict=True))
        except KeyError:
            values = [tuple(row.get(name) for row in rows) for name in names]
        try:
            columns = [reader(column) for reader, column in zip(readers, values, strict=False)]
        except _FAULTS:
            raise _bad_row(entity, rows) from None
        return zip(*map(repeat, constants), *columns, *map(repeat, further), strict=False)

    return read


def columns(entity: Entity) -> tuple[str, ...]:
    """Column names in the order of a `RowsReader`'s tuples."""
    return (*entity.constants, *(f.column for f in entity.fields))


# --- single values


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


def _datetime(value: Any) -> int | None:
    if not isinstance(value, str) or not value or value.startswith("9999"):  # how the portal stores "no deadline"
        return None
    return _seconds(value)


def _seconds(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:  # this machine's zone would be a guess
        raise ValueError(text)
    return int(moment.timestamp())


def _date(value: Any) -> str | None:
    return _DAYS[value[:10]] if isinstance(value, str) and value else None


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


# --- columns: the usual values in one comprehension; a column with any other is read value by value


class _Known(dict[str, Any]):
    """Results of a function by its argument: much the same ones come again and again."""

    def __init__(self, compute: Callable[[str], Any], most: int) -> None:
        self._compute = compute
        self._most = most

    def __missing__(self, key: str) -> Any:
        if len(self) >= self._most:
            self.clear()
        value = self[key] = self._compute(key)
        return value


def _hour(text: str) -> int:
    if text.startswith("9999"):
        raise ValueError(text)
    return _seconds(f"{text[:14]}00:00{text[14:]}")


_DAYS = _Known(lambda text: date.fromisoformat(text).isoformat(), 10_000)
# "2024-09-02T18:" with "+02:00" → its first second; "37:18" → the seconds since.
_HOURS = _Known(_hour, 20_000)
_WITHIN_THE_HOUR = {f"{second // 60:02}:{second % 60:02}": second for second in range(3600)}


def _integer_column(values: Sequence[Any]) -> list[int | None]:
    return [None if value is None or value == "" or value is False else int(value) for value in values]


def _text_column(values: Sequence[Any]) -> list[str | None]:
    return [value if value and value.__class__ is str else _text(value) for value in values]


def _money_column(values: Sequence[Any]) -> list[int | None]:
    try:
        # "1500.00" without its point is the number of hundredths; Decimal takes ten times as long.
        return [
            int(value.replace(".", "", 1)) if value and value[-3:-2] == "." else _scaled(value, 100) for value in values
        ]
    except (TypeError, ValueError):
        return list(map(_money, values))


def _datetime_column(values: Sequence[Any]) -> list[int | None]:
    try:
        return [
            _HOURS[value[:14] + value[19:]] + _WITHIN_THE_HOUR[value[14:19]] if value else _datetime(value)
            for value in values
        ]
    except (KeyError, TypeError, ValueError, OverflowError):
        return list(map(_datetime, values))


def _date_column(values: Sequence[Any]) -> list[str | None]:
    try:
        return [_DAYS[value[:10]] if value else None for value in values]
    except (KeyError, TypeError):
        return list(map(_date, values))


def _each(reader: Callable[[Any], Cell]) -> Callable[[Sequence[Any]], Iterable[Cell]]:
    return lambda values: list(map(reader, values))


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
_COLUMN_READERS: dict[Kind, Callable[[Sequence[Any]], Iterable[Cell]]] = {
    **{kind: _each(reader) for kind, reader in _READERS.items()},
    Kind.INTEGER: _integer_column,
    Kind.TEXT: _text_column,
    Kind.MONEY: _money_column,
    Kind.DATETIME: _datetime_column,
    Kind.DATE: _date_column,
}


def _bad_row(entity: Entity, rows: Rows) -> UnexpectedAnswer:
    """The first value that is not what its kind says."""
    for row in rows:
        for f in entity.fields:
            try:
                _READERS[f.kind](row.get(f.shown))
            except _FAULTS:
                return _bad_value(entity, f.shown, row)
    return _bad_value(entity, "?", {})


def _bad_value(entity: Entity, field: str, row: Mapping[str, Any]) -> UnexpectedAnswer:
    return UnexpectedAnswer("cache.bad_value", method=entity.method, field=field, row=str(row.get(entity.shown_key)))
