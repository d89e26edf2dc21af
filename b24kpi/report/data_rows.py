"""Rows of a data set, as many as fit through: they are read and written one by one, never held."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from json import JSONEncoder
from typing import Any
from zoneinfo import ZoneInfo

from b24kpi.cache.store import Store
from b24kpi.errors import BadInput
from b24kpi.problems import nearest
from b24kpi.report.data_filters import Condition, condition
from b24kpi.report.data_sets import DATA_SETS, Column, DataSet, Kind

# More rows than any plan of Bitrix24 loads of a table; who asks for more of them has to say which.
MOST_ROWS = 1_000_000
_BUFFERED = 500


@dataclass(frozen=True)
class Asked:
    """What somebody wants of a data set.

    Attributes:
        select: names of columns, in the order of the answer; all where none is named.
        filter: see `data_filters`.
        limit: how many rows at most; None for all.
        names: name that the asker has given to a column → its code; both are understood.
    """

    select: Sequence[str] = ()
    filter: Mapping[Any, Any] = field(default_factory=dict)
    limit: int | None = None
    names: Mapping[str, str] = field(default_factory=dict)


def find_data_set(code: str) -> DataSet:
    """
    Raises:
        BadInput: there is none of this name.
    """
    found = DATA_SETS.get(code.lower())
    if found is None:
        raise BadInput("bi.unknown_table", table=code[:100], known=", ".join(DATA_SETS))
    return found


class Reading:
    """An answer: its header, and its rows as they are read.

    Args:
        zone: of moments; currency: of the report.

    Raises:
        BadInput: an unknown column, a wrong filter, or more rows than are given away at once.
    """

    def __init__(self, store: Store, data_set: DataSet, asked: Asked, zone: ZoneInfo, currency: str) -> None:
        self._store = store
        self._zone = zone
        self._data_set = data_set
        self._columns = {column.code: column for column in data_set.columns}
        self._names = {name.upper(): code.upper() for name, code in asked.names.items()}
        self._selected = list(dict.fromkeys(map(self._find, asked.select))) or list(data_set.columns)
        self._condition = condition(asked.filter, self._find, zone)
        self._limit = MOST_ROWS if asked.limit is None else min(asked.limit, MOST_ROWS)
        _register(store, currency)
        if asked.limit is None or asked.limit > MOST_ROWS:
            self._refuse_too_many()

    @property
    def header(self) -> list[str]:
        """Codes of the columns."""
        return [column.code for column in self._selected]

    def rows(self) -> Iterator[list[Any]]:
        """Each row in the order of the header; moments as ISO 8601 with offset, money as decimals."""
        shown = [_shown(column, self._zone) for column in self._selected]
        values = ", ".join(column.sql for column in self._selected)
        statement, params = self._statement(values)
        cursor = self._store.db.conn.execute(
            f"{statement} ORDER BY {self._data_set.order} LIMIT ?", (*params, self._limit)
        )
        while part := cursor.fetchmany(_BUFFERED):
            for row in part:
                yield [None if value is None else show(value) for show, value in zip(shown, row, strict=True)]

    def _statement(self, values: str) -> tuple[str, tuple[Any, ...]]:
        where: Condition = self._condition
        return f"SELECT {values} FROM {self._data_set.source} WHERE {where.sql}", where.params

    def _refuse_too_many(self) -> None:
        statement, params = self._statement("1")
        counted = self._store.query(f"SELECT COUNT(*) FROM ({statement} LIMIT ?)", (*params, MOST_ROWS + 1))
        if counted[0][0] > MOST_ROWS:
            raise BadInput("bi.too_many_rows", most=MOST_ROWS)

    def _find(self, name: str) -> Column:
        code = name.upper()
        found = self._columns.get(code) or self._columns.get(self._names.get(code, ""))
        if found is None:
            near = nearest(code, list(self._columns))
            raise BadInput("bi.unknown_column", column=name[:100], table=self._data_set.code, nearest=near)
        return found


def tables(search: str, language: str) -> list[dict[str, str]]:
    """Data sets whose code or name has a text in it, as BI Builder lists them."""
    wanted = search.casefold()
    named = ((each.code, each.title(language)) for each in DATA_SETS.values())
    return [{"code": code, "title": title} for code, title in named if wanted in f"{code}\n{title}".casefold()]


def columns(data_set: DataSet, language: str) -> list[dict[str, str]]:
    """The columns of a data set, as BI Builder lists them."""
    return [{"code": each.code, "name": each.title(language), "type": each.kind.shown} for each in data_set.columns]


def _register(store: Store, currency: str) -> None:
    """The functions that data sets and filters use."""
    connection = store.db.conn
    connection.create_function("folded", 1, _folded, deterministic=True)
    connection.create_function("report_currency", 0, lambda: currency, deterministic=True)


def _folded(text: Any) -> str | None:
    return None if text is None else str(text).casefold()


def _shown(column: Column, zone: ZoneInfo) -> Callable[[Any], Any]:
    """What makes a stored value one of the answer."""
    if column.kind is Kind.MOMENT:
        return lambda value: datetime.fromtimestamp(value, UTC).astimezone(zone).isoformat()
    if column.kind is Kind.DAY:
        return lambda value: f"{value // 10_000:04}-{value // 100 % 100:02}-{value % 100:02}"
    if column.kind is Kind.MONEY:
        return lambda value: value / 100
    return _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def as_lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """One JSON array of arrays, the header first, a row in a line."""
    encode = JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
    yield f"[{encode(list(header))}"
    for row in rows:
        yield f"\n,{encode(row)}"
    yield "\n]"
