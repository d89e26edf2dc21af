"""The rows of the demo portal in one SQLite database: schema from the declarations, plain reading and writing.

One connection under one lock, so that any thread of the server may use it. Nothing here knows a rule of the CRM;
those stand in `side_effects`.
"""

import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import methodcaller
from typing import Any

from sqlite_utils.utils import sqlite3

from b24kpi.demo.declaration import KINDS, Field, Table
from b24kpi.demo.fields import ENTITY_TABLES, SMART_ITEM, TABLES

Row = dict[str, Any]
_values = methodcaller("values")
_PRAGMAS = ("synchronous = OFF", "cache_size = -65536", "mmap_size = 1073741824", "temp_store = MEMORY")
_PIECE = 1_000  # rows that a stream fetches at once
USER_FIELD_KINDS = {
    "string": "string",
    "integer": "int",
    "double": "double",
    "boolean": "bool",
    "date": "date",
    "datetime": "datetime",
    "money": "string",
    "enumeration": "int",
    "employee": "int",
    "crm_status": "string",
}
# Of these, userfieldconfig.add is emulated for the plain ones only.
LISTED_KINDS = ("enumeration", "employee", "crm_status")


class UnknownName(LookupError):
    """A table or column that the demo portal does not have."""


class Storage:
    """Tables of the portal by name; columns are named exactly as the REST fields."""

    def __init__(self, path: str = ":memory:") -> None:
        self.lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        for pragma in _PRAGMAS:
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.create_function("fold", 1, _fold, deterministic=True)
        self._depth = 0
        self._tables: dict[str, Table] = {}
        for table in TABLES.values():
            self.create_table(table)
        self._load_user_declarations()

    def close(self) -> None:
        """Ends the connection; a state in memory is gone."""
        with self.lock:
            self._connection.close()

    # --- schema

    def table(self, name: str) -> Table:
        """The declaration of a table. Raises UnknownName."""
        try:
            return self._tables[name]
        except KeyError:
            raise UnknownName(f"table {name}") from None

    def create_table(self, table: Table) -> None:
        """Creates what is declared, unless it is there already."""
        with self.lock:
            columns = ", ".join(_column(field, table.key) for field in table.fields.values())
            self._connection.execute(f"CREATE TABLE IF NOT EXISTS {table.name} ({columns})")
            self._create_indexes(table)
            self._tables[table.name] = table

    def _create_indexes(self, table: Table) -> None:
        for name, column in _indexes(table).items():
            # Texts compare without regard to case, as the portal's MySQL does.
            collate = " COLLATE NOCASE" if KINDS[table.fields[column].kind] == "TEXT" else ""
            self._connection.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {table.name} ({column}{collate})")

    @contextmanager
    def without_indexes(self) -> Iterator[None]:
        """For filling tables: indexes are dropped, and made anew at the end, which is faster than keeping them."""
        with self.lock:
            tables = list(self._tables.values())
            for name in [name for table in tables for name in _indexes(table)]:
                self._connection.execute(f"DROP INDEX IF EXISTS {name}")
            try:
                yield
            finally:
                for table in tables:
                    self._create_indexes(table)

    def drop_table(self, name: str) -> None:
        """Removes a table with its rows."""
        with self.lock:
            self._connection.execute(f"DROP TABLE {self.table(name).name}")
            del self._tables[name]

    def add_field(self, table_name: str, field: Field) -> None:
        """A user field: a new column of an existing table."""
        with self.lock:
            table = self.table(table_name)
            known = {row[1] for row in self._connection.execute(f"PRAGMA table_info({table.name})")}
            if field.name not in known:
                self._connection.execute(f"ALTER TABLE {table.name} ADD COLUMN {_column(field, table.key)}")
            self._tables[table_name] = table.with_field(field)

    def add_user_field(
        self,
        entity_id: str,
        name: str,
        user_type_id: str,
        *,
        label: str,
        items: Sequence[str] = (),
        multiple: str = "N",
        directory: str = "",
    ) -> list[int]:
        """A user field with its label and, as a list, its items; the ids of the items. Raises UnknownName.

        Values of the type crm_status are those of the reference list `directory`, such as INDUSTRY.
        """
        settings = {"entityId": entity_id, "fieldName": name, "userTypeId": user_type_id, "multiple": multiple}
        settings |= {"settings": json.dumps({"ENTITY_TYPE": directory})} if directory else {}
        labels = json.dumps({"uk": label}, ensure_ascii=False)
        with self.transaction():
            self.add_field(self.user_field_table(entity_id), _user_column(settings))
            number = self.create_row("user_field", {**settings, "editFormLabel": labels})
            return [
                self.create_row("user_field_item", {"userFieldId": number, "value": item, "sort": 100 * place})
                for place, item in enumerate(items, 1)
            ]

    def drop_field(self, table_name: str, name: str) -> None:
        """Removes a user field with its values."""
        with self.lock:
            table = self.table(table_name)
            self._connection.execute(f"ALTER TABLE {table.name} DROP COLUMN {name}")
            self._tables[table_name] = table.without_field(name)

    def create_item_table(self, entity_type_id: int) -> None:
        """The table of one smart process, `item_{entityTypeId}`."""
        name = item_table(entity_type_id)
        self.create_table(Table(name, SMART_ITEM.fields, "ID", SMART_ITEM.indexes, entity_type_id))

    def user_field_table(self, entity_id: str) -> str:
        """The table behind an entityId: `CRM_DEAL` → deal, `CRM_7` → items of smart process 7. Raises UnknownName."""
        tail = entity_id.removeprefix("CRM_")
        if tail.lower() in ENTITY_TABLES.values():
            return tail.lower()
        found = self.rows("smart_process", "id = ?", [int(tail)]) if tail.isdigit() else []
        if not found:
            raise UnknownName(f"entity {entity_id}")
        return item_table(found[0]["entityTypeId"])

    def _load_user_declarations(self) -> None:
        for process in self.rows("smart_process"):
            self.create_item_table(process["entityTypeId"])
        for field in self.rows("user_field"):
            self.add_field(self.user_field_table(field["entityId"]), _user_column(field))

    # --- reading

    def rows(self, table: str, where: str = "", params: Sequence[object] = ()) -> list[Row]:
        """Rows as dicts with native values, in the order of their keys; `where` is SQL. Raises UnknownName."""
        declared = self.table(table)
        condition = f" WHERE {where}" if where else ""
        names = list(declared.fields)
        sql = f"SELECT {', '.join(names)} FROM {table}{condition} ORDER BY {declared.key}"
        return [dict(zip(names, row, strict=True)) for row in self.select(sql, params)]

    def row(self, table: str, row_id: object) -> Row | None:
        """One row by its key, None where there is none."""
        found = self.rows(table, f"{self.table(table).key} = ?", [row_id])
        return found[0] if found else None

    def select(self, sql: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query as tuples."""
        with self.lock:
            return self._connection.execute(sql, params).fetchall()

    def stream(self, sql: str, params: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Rows of a query while it runs; between the pieces others may write."""
        with self.lock:
            cursor = self._connection.execute(sql, params)
        try:
            while found := self._piece(cursor):
                yield from found
        finally:
            with self.lock:
                cursor.close()

    def _piece(self, cursor: Any) -> list[tuple[Any, ...]]:
        with self.lock:
            return list(cursor.fetchmany(_PIECE))

    def scalar(self, sql: str, params: Sequence[object] = ()) -> Any:
        """The first value of the first row of a query, None where there is none."""
        found = self.select(sql, params)
        return found[0][0] if found else None

    # --- writing

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, for the calling thread alone; may be nested."""
        with self.lock:
            if self._depth == 0:
                self._connection.execute("BEGIN")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._end("ROLLBACK")
                raise
            self._end("COMMIT")

    def _end(self, verb: str) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._connection.execute(verb)

    def insert(self, table: str, rows: Iterable[Mapping[str, object]]) -> None:
        """Bulk load without side effects; missing columns get their declared defaults. Raises UnknownName."""
        with self.transaction():
            for names, group in groupby(rows, key=tuple):
                sql = self._insertion(table, names)
                self._connection.executemany(sql, map(tuple, map(_values, group)))

    def create_row(self, table: str, values: Mapping[str, object]) -> int:
        """One more row; its id, larger than any that ever was unless `values` brings one."""
        with self.lock:
            cursor = self._connection.execute(self._insertion(table, tuple(values)), tuple(values.values()))
            return int(cursor.lastrowid or 0)

    def change_row(self, table: str, row_id: object, values: Mapping[str, object]) -> None:
        """Sets columns of one row, without side effects. Raises UnknownName."""
        if not values:
            return
        names = self._known(table, tuple(values))
        setting = ", ".join(f"{name} = ?" for name in names)
        self.execute(f"UPDATE {table} SET {setting} WHERE {self.table(table).key} = ?", [*values.values(), row_id])

    def execute(self, sql: str, params: Sequence[object] | Mapping[str, object] = ()) -> None:
        """A statement without an answer."""
        with self.lock:
            self._connection.execute(sql, params)

    def _insertion(self, table: str, names: tuple[str, ...]) -> str:
        if not names:
            return f"INSERT INTO {self.table(table).name} DEFAULT VALUES"
        columns = ", ".join(self._known(table, names))
        return f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(names))})"

    def _known(self, table: str, names: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in names if name not in self.table(table).fields]
        if unknown:
            raise UnknownName(f"table {table} has no column {', '.join(map(str, unknown))}")
        return names


def _user_column(settings: Mapping[str, Any]) -> Field:
    """Values of a multiple field are kept as a JSON array."""
    kind = "json" if settings.get("multiple") == "Y" else USER_FIELD_KINDS[settings["userTypeId"]]
    return Field(settings["fieldName"], kind)


def _indexes(table: Table) -> dict[str, str]:
    """Columns by the name of their index."""
    return {f"{table.name}_{column.lower()}": column for column in table.indexes}


def item_table(entity_type_id: int) -> str:
    """The name of the table behind a smart process."""
    return f"item_{int(entity_type_id)}"


def _column(field: Field, key: str) -> str:
    if field.name == key:
        return f"{key} INTEGER PRIMARY KEY AUTOINCREMENT" if field.kind == "id" else f"{key} TEXT PRIMARY KEY"
    default = "" if field.default is None else f" DEFAULT {_literal(field.default)}"
    return f"{field.name} {KINDS[field.kind]}{default}"


def _literal(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)


def _fold(value: Any) -> Any:
    """Compares as the portal's MySQL collation does: without regard to case, in any alphabet."""
    return value.casefold() if isinstance(value, str) else value
