"""The cache file: open, read, write. One writer, any number of readers (WAL)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlite_utils import Database
from sqlite_utils.utils import sqlite3

from b24kpi.cache import schema
from b24kpi.cache.rows import Cell, RowsReader, columns, rows_reader
from b24kpi.errors import CacheError
from b24kpi.portal.entities import Entity, Field

if TYPE_CHECKING:
    from b24kpi.cache.far_connection import FarConnection, Prepare

APPLICATION_ID = 0x62323435  # marks the file as ours

# Some builds of SQLite overwrite what is deleted with zeros, which costs as much as writing it; nothing here is secret.
# A commit that brings the log to 32 MB copies it into the file and waits for the disk. What a usual sync changes is
# less, and is copied when the file is closed (https://www.sqlite.org/wal.html#ckpt).
PRAGMAS = (
    *("journal_mode = WAL", "synchronous = NORMAL", "temp_store = MEMORY", "cache_size = -16384"),
    *("secure_delete = OFF", "wal_autocheckpoint = 8192"),
)

SORTERS = 2  # threads that sort beside the one that makes an index
_SORTING = ("temp_store = FILE", f"threads = {SORTERS}", "cache_size = -65536")
BIG = 200_000_000  # bytes

# Where a lead is deleted the portal empties the links of what was made of it, without a trace (read from its source).
# What came of a lead stays so: an empty link never replaces a known one, another lead's number does (leads get merged).
STICKY = {"deal": ("lead_id",), "contact": ("lead_id",), "company": ("lead_id",)}


class _Connection(sqlite3.Connection):
    """A connection that tells a listener of each statement before it is run."""

    listener: Callable[[str], None] | None = None

    def execute(self, sql: str, *params: Any) -> Any:
        if self.listener is not None:
            self.listener(sql)
        return super().execute(sql, *params)


class Store:
    """The SQLite cache.

    Tables and their meaning: `cache.schema`. Moments are UTC epoch seconds, money is in hundredths of its currency.

    Attributes:
        is_held: whether all statements see one state of the file now, see `one_state.held`.
    """

    def __init__(self, path: Path | str) -> None:
        """Open or create the file.

        Raises:
            CacheError: it is no database of ours, or was written by a newer b24kpi.
        """
        self.path = Path(path)
        self.is_held = False
        self._writing: dict[tuple[str, tuple[Field, ...]], tuple[RowsReader, str]] = {}
        connection = None
        try:
            connection = sqlite3.connect(
                self.path, timeout=30, isolation_level=None, check_same_thread=False, factory=_Connection
            )
            self._prepare(connection)
            self.db, self._connection = Database(connection, execute_plugins=False), connection
            if not schema.is_current(self.db):
                with self.transaction():
                    schema.create(self.db)
        except (sqlite3.DatabaseError, CacheError) as error:
            if connection is not None:
                connection.close()
            if isinstance(error, CacheError):
                raise
            raise CacheError("cache.unusable", path=str(path), problem=str(error)) from None

    def _prepare(self, connection: Any) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        owner = connection.execute("PRAGMA application_id").fetchone()[0]
        has_tables = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
        if has_tables and owner != APPLICATION_ID:
            raise CacheError("cache.foreign", path=str(self.path))
        if version > schema.VERSION:
            raise CacheError("cache.newer", path=str(self.path))
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        if (owner, version) != (APPLICATION_ID, schema.VERSION):  # both write the file's header
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {schema.VERSION}")

    def close(self) -> None:
        """End the use of the file."""
        self.db.conn.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nested ones belong to the outermost."""
        if self.db.conn.in_transaction:
            yield
            return
        try:
            self.db.conn.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            raise CacheError("cache.locked", path=str(self.path)) from None
        try:
            yield
        except BaseException:
            self.db.conn.execute("ROLLBACK")
            raise
        self.db.conn.execute("COMMIT")

    @contextmanager
    def reader(self) -> Iterator[Any]:
        """A connection that only reads, for whatever thread."""
        address = f"{self.path.resolve().as_uri()}?mode=ro"
        connection = sqlite3.connect(address, uri=True, timeout=30, isolation_level=None, check_same_thread=False)
        with closing(connection):
            yield connection

    @contextmanager
    def sorting(self) -> Iterator[Any]:
        """A connection by which indexes of big tables are made: it sorts parts in files, on several processors at once.

        The usual one, which holds all in memory, where the file is small or a transaction is open.
        """
        if not self.is_big:
            yield self.db.conn
            return
        with closing(sqlite3.connect(self.path, timeout=30, isolation_level=None)) as connection:
            for pragma in (*PRAGMAS, *_SORTING):
                connection.execute(f"PRAGMA {pragma}")
            yield connection

    @contextmanager
    def beside(self, prepare: "Prepare") -> Iterator["FarConnection | None"]:
        """A second connection, in a process of its own; None where the file is small, a transaction is open, or no
        process can be started.

        Its own tables lie in a file that SQLite makes, and that is gone with it however the process ends. It reads and
        writes the cache's tables as well, attached as `cache`.

        Args:
            prepare: what is done with it first.
        """
        if not self.is_big:
            yield None
            return
        from b24kpi.cache.far_connection import far_connection

        with ExitStack() as stack:
            connection = None
            with suppress(OSError):  # where the system starts no other process
                connection = stack.enter_context(far_connection(self.path, prepare))
            yield connection

    @property
    def is_big(self) -> bool:
        """Whether the cache is worth, and open to, several connections at once."""
        return self.path.exists() and self.path.stat().st_size > BIG and not self.db.conn.in_transaction

    def listen(self, listener: Callable[[str], None]) -> None:
        """From now on the listener is told of each statement before it is run, so that it can bring what that reads."""
        self._connection.listener = listener

    def tell(self, statement: str) -> None:
        """Tell the listener, if there is one, of a statement that another connection is going to run."""
        if self._connection.listener is not None:
            self._connection.listener(statement)

    @contextmanager
    def unheard(self) -> Iterator[None]:
        """Meanwhile no listener is told of anything."""
        listener, self._connection.listener = self._connection.listener, None
        try:
            yield
        finally:
            self._connection.listener = listener

    def query(self, sql: str, params: Sequence[Cell] | Mapping[str, Cell] = ()) -> list[tuple[Any, ...]]:
        """Rows of a statement as tuples."""
        return self.db.conn.execute(sql, params).fetchall()

    def dicts(self, sql: str, params: Sequence[Cell] | Mapping[str, Cell] = ()) -> list[dict[str, Any]]:
        """Rows of a statement as dicts."""
        cursor = self.db.conn.execute(sql, params)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def upsert(self, entity: Entity, rows: Iterable[Mapping[str, Any]], *, seen_at: int) -> int:
        """Write REST rows; rows that say nothing new are not touched. Returns how many rows changed or came.

        Written by hand: the guard makes unchanged rows five times cheaper than a plain upsert, and keeps `seen_at`.
        """
        writing = self._writing.get((entity.name, entity.fields))
        if writing is None:
            writing = rows_reader(entity), _upsert_statement(entity)
            self._writing[entity.name, entity.fields] = writing
        read, statement = writing
        return max(int(self.db.conn.executemany(statement, read(list(rows), seen_at)).rowcount), 0)

    def mark_deleted(self, entity: Entity, ids: Sequence[Cell], *, seen_at: int) -> None:
        """Keep rows that are gone from the portal, with the moment at which that was seen."""
        self.db.conn.executemany(
            f"UPDATE {entity.table} SET deleted_at = ? WHERE {entity.key_column} = ? AND {_live(entity)}",
            ((seen_at, identifier) for identifier in ids),
        )

    def live_keys(self, entity: Entity, after: int | None = None, last: int | None = None) -> list[Cell]:
        """Keys of the rows that are not marked deleted; of those after < key <= last, where given."""
        where = _live(entity, after, last)
        return [row[0] for row in self.query(f"SELECT {entity.key_column} FROM {entity.table} WHERE {where}")]

    def live_ids(self, entity: Entity, after: int, last: int) -> set[int]:
        """Ids of the rows with after < id <= last that are not marked deleted."""
        return {int(key) for key in self.live_keys(entity, after, last) if key is not None}

    def live_key(self, entity: Entity, after: int, last: int, place: int) -> int | None:
        """The key at a place, from 0, among the rows with after < key <= last that are not marked deleted."""
        rows = self.query(
            f"SELECT {entity.key_column} FROM {entity.table} WHERE {_live(entity, after, last)} "
            f"ORDER BY {entity.key_column} LIMIT 1 OFFSET {place}"
        )
        return int(rows[0][0]) if rows else None

    def count_live(self, entity: Entity, after: int | None = None, last: int | None = None) -> int:
        """How many rows are not marked deleted; of those after < key <= last, where given."""
        return int(self.query(f"SELECT COUNT(*) FROM {entity.table} WHERE {_live(entity, after, last)}")[0][0])


def _live(entity: Entity, after: int | None = None, last: int | None = None) -> str:
    conditions = ["deleted_at IS NULL", *(f"{name} = {value}" for name, value in entity.constants.items())]
    if after is not None:
        conditions.append(f"{entity.key_column} > {after}")
    if last is not None:
        conditions.append(f"{entity.key_column} <= {last}")
    return " AND ".join(conditions)


def _upsert_statement(entity: Entity) -> str:
    names = columns(entity)
    rest = [name for name in names if name not in entity.primary_key]
    values = {name: _new_value(entity.table, name) for name in rest}
    assignments = ", ".join(f"{name} = {value}" for name, value in (*values.items(), ("seen_at", "excluded.seen_at")))
    old = ", ".join(f"{entity.table}.{name}" for name in rest)
    new = ", ".join(values.values())
    return (
        f"INSERT INTO {entity.table} ({', '.join(names)}, seen_at) VALUES ({', '.join('?' * (len(names) + 1))}) "
        f"ON CONFLICT ({', '.join(entity.primary_key)}) DO UPDATE SET {assignments}, deleted_at = NULL "
        f"WHERE ({old}) IS NOT ({new}) OR {entity.table}.deleted_at IS NOT NULL"
    )


def _new_value(table: str, column: str) -> str:
    """What an upsert writes into a column: an origin that the portal has emptied stays."""
    if column in STICKY.get(table, ()):
        emptied = f"COALESCE(excluded.{column}, 0) = 0 AND {table}.{column} > 0"
        return f"CASE WHEN {emptied} THEN {table}.{column} ELSE excluded.{column} END"
    return f"excluded.{column}"
