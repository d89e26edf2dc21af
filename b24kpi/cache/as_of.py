"""What the cache knew at an earlier moment: which moment that is, and a copy of the rows as they were known then.

Each sync notes in `knowledge` what it left: up to which moment everything is complete, and up to which moment what was
read belongs to it. A question as of T is answered from the last sync by T, by transaction time: rows that had arrived
by then, with the values that had been seen by then. So no later sync can change the answer. Before the first sync
nothing was known: there the rows of the first complete sync are cut at T by their own dates (see `cache.before_sync`).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from b24kpi.cache import schema
from b24kpi.cache.journal import COMPLETE, Journal
from b24kpi.cache.store import Store
from b24kpi.portal.entities import ENTITIES, Entity

# How the copy's file is called beside the cache while rows are copied.
_COPY = "past"

# What most KPIs are made of. Further streams may be read much later, when rows of the first sync are gone already.
_CORE = ("lead", "company", "contact", "deal", "lead_step", "deal_step", "activity", "status", "currency")

# Tables that are no rows of the portal or of people, or that are copied in a way of their own.
_BOOKKEEPING = {
    *("meta", "stream", "stream_range", "upkeep", "run", "vanished", "touched", "knowledge", "arrival"),
    "published_value",
}
_RATES = "currency_rate"


@dataclass(frozen=True)
class Knowledge:
    """What was known at some moment; moments are the portal's, UTC epoch seconds.

    Attributes:
        as_of: the moment up to which it was complete.
        seen_until: values read up to then belong to it.
        coverage: stream → `complete` or why not.
        cut: the moment that was asked for, where it lies before the first sync; None elsewhere.
    """

    as_of: int
    seen_until: int
    coverage: Mapping[str, str]
    cut: int | None = None

    @property
    def moment(self) -> int:
        """What is open is cut off here."""
        return self.as_of if self.cut is None else self.cut


def last_second(moment: date, zone: ZoneInfo) -> int:
    """The UTC epoch second that a question means: of a date its last local one, of a moment without offset the local.

    >>> last_second(date(2026, 3, 29), ZoneInfo("UTC")) - last_second(datetime(2026, 3, 29), ZoneInfo("UTC"))
    86399
    """
    if isinstance(moment, datetime):
        return int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp())
    return int(datetime.combine(moment + timedelta(days=1), time(), zone).timestamp()) - 1


def note_knowledge(store: Store) -> None:
    """Note what a sync has left; nothing before everything readable has been read once."""
    known = present_knowledge(store)
    if known is not None:
        store.db.execute(
            "INSERT OR REPLACE INTO knowledge (seen_until, as_of, coverage) VALUES (?, ?, ?)",
            [known.seen_until, known.as_of, json.dumps(dict(known.coverage))],
        )


def present_knowledge(store: Store) -> Knowledge | None:
    """What is known now; None before the first sync."""
    journal = Journal(store)
    as_of, seen_until = journal.as_of(), store.query("SELECT MAX(complete_until) FROM stream")[0][0]
    return None if as_of is None else Knowledge(as_of, seen_until, journal.coverage())


def first_known(store: Store) -> int | None:
    """Up to which moment everything was complete when the first sync was over; None before that."""
    found: int | None = store.query("SELECT MIN(as_of) FROM knowledge")[0][0]
    return found


def earlier_knowledge(store: Store, moment: int) -> Knowledge | None:
    """What was known at a moment of the portal; None where that is what is known now, or nothing is."""
    present = present_knowledge(store)
    return knowledge_at(store, moment) if present is not None and moment < present.seen_until else None


def knowledge_at(store: Store, moment: int) -> Knowledge | None:
    """What was known at a moment of the portal; None where nothing is known to this day."""
    found = _noted(store, "WHERE seen_until <= ? ORDER BY seen_until DESC LIMIT 1", moment)
    found = found or _noted(store, "WHERE as_of <= ? ORDER BY seen_until LIMIT 1", moment)
    if found:
        return found[0]
    every = _noted(store, "WHERE ? < as_of ORDER BY seen_until", moment)
    present = present_knowledge(store)
    if not every and present is not None:  # a cache of an older version
        every = [present]
    if not every:
        return None
    first = max(every, key=_streams_known)  # the first of the fullest
    return first if first.as_of <= moment else Knowledge(first.as_of, first.seen_until, first.coverage, cut=moment)


def _noted(store: Store, condition: str, moment: int) -> list[Knowledge]:
    rows = store.query(f"SELECT as_of, seen_until, coverage FROM knowledge {condition}", (moment,))
    return [Knowledge(as_of, seen_until, json.loads(coverage)) for as_of, seen_until, coverage in rows]


def _streams_known(known: Knowledge) -> int:
    return sum(known.coverage.get(name) == COMPLETE for name in _CORE)


def copy_rows(source: Store, target: Store, known: Knowledge, zone: ZoneInfo) -> None:
    """Fill an empty cache in a file of its own with the rows as they were known; of the source nothing is changed.

    Stage history, directories and links are those of then. Rates are those of the days up to then. Costs and other
    figures of people are the present ones.
    """
    connection = source.db.conn
    connection.execute(f"ATTACH ? AS {_COPY}", (str(target.path),))
    try:
        connection.execute("BEGIN")  # one state of the source, while others may write on
        try:
            _add_columns(source, target)
            given = {"seen": known.seen_until, "moment": known.moment, "day": _day(known.as_of, zone)}
            for statement in (*_of_streams(source), *_of_people(target), _PUBLISHED):
                connection.execute(statement, given)
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
    finally:
        connection.execute(f"DETACH {_COPY}")


def _add_columns(source: Store, target: Store) -> None:
    """Columns that the source has beyond the declarations."""
    for table in sorted({entity.table for entity in ENTITIES}):
        present = set(target.db.table(table).columns_dict)
        for row in source.dicts(f"PRAGMA main.table_info({table})"):
            if row["name"] not in present:
                source.db.conn.execute(f"ALTER TABLE {_COPY}.{table} ADD COLUMN {row['name']} {row['type']}")


def _day(moment: int, zone: ZoneInfo) -> int:
    return int(datetime.fromtimestamp(moment, zone).strftime("%Y%m%d"))


def _of_streams(source: Store) -> Iterator[str]:
    for table in sorted({entity.table for entity in ENTITIES}):
        streams = [entity for entity in ENTITIES if entity.table == table]
        names = [name for name in source.db.table(table).columns_dict if name not in ("seen_at", "deleted_at")]
        tracked = {f.column for entity in streams for f in entity.tracked}
        yield _rows_then(streams[0], names, tracked)
        if tracked:
            yield _history_then(streams[0], sorted(tracked))


def _rows_then(entity: Entity, names: Iterable[str], tracked: set[str]) -> str:
    """Rows that had arrived, each with the values that it was last seen with."""
    table = entity.table
    values = [f"CASE WHEN h.rowid IS NULL THEN r.{n} ELSE h.{n} END" if n in tracked else f"r.{n}" for n in names]
    deleted = "CASE WHEN r.deleted_at <= :seen THEN r.deleted_at END"
    earlier = ""
    if tracked:
        deleted = f"CASE WHEN h.rowid IS NULL THEN {deleted} ELSE h.deleted_at END"
        same = " AND ".join(f"e.{name} = r.{name}" for name in entity.primary_key)
        earlier = (
            f" LEFT JOIN main.{table}_history AS h ON h.rowid = (SELECT e.rowid FROM main.{table}_history AS e "
            f"WHERE {same} AND NOT {_was_replaced('e')} ORDER BY e.rowid LIMIT 1)"
        )
    return (
        f"INSERT INTO {_COPY}.{table} ({', '.join(names)}, seen_at, deleted_at) "
        f"SELECT {', '.join(values)}, MIN(r.seen_at, :seen), {deleted} FROM main.{table} AS r{earlier} "
        f"WHERE r.seen_at IS NULL OR r.seen_at <= :seen OR NOT EXISTS (SELECT 1 FROM main.arrival AS a "
        f"WHERE a.table_name = '{table}' AND a.row_key = {schema.row_key(entity, 'r')} AND a.seen_at > :seen)"
    )


def _history_then(entity: Entity, tracked: list[str]) -> str:
    names = ", ".join((*entity.primary_key, "valid_to", "replaced_at", *tracked, "deleted_at"))
    return (
        f"INSERT INTO {_COPY}.{entity.table}_history ({names}) SELECT {names} FROM main.{entity.table}_history AS e "
        f"WHERE {_was_replaced('e')} ORDER BY rowid"
    )


def _was_replaced(row: str) -> str:
    """SQL: whether later values had been seen; files of older versions tell only how long the earlier ones held."""
    return f"COALESCE({row}.replaced_at, {row}.valid_to + 1) <= :seen"


def _of_people(target: Store) -> Iterator[str]:
    """Rates up to the day; whatever else is in a cache that is not the portal's."""
    streams = {name for entity in ENTITIES for name in (entity.table, f"{entity.table}_history")}
    for table in sorted({*target.db.table_names()} - streams - _BOOKKEEPING):
        names = ", ".join(target.db.table(table).columns_dict)
        condition = f" AS r WHERE {_KNOWN_RATE}" if table == _RATES else ""
        yield f"INSERT INTO {_COPY}.{table} ({names}) SELECT {names} FROM main.{table}{condition}"


_PUBLISHED = (
    f"INSERT INTO {_COPY}.published_value SELECT * FROM main.published_value "
    "WHERE seen_until <= :seen AND as_of <= :moment"
)

# The rate of a currency that came later on the same day was not known yet.
_KNOWN_RATE = (
    "r.day <= :day AND NOT EXISTS (SELECT 1 FROM main.arrival AS a "
    "WHERE a.table_name = 'currency' AND a.row_key = r.currency AND a.seen_at > :seen)"
)
