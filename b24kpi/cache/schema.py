"""Tables of the cache, derived from the declarations in `portal.entities`.

Each stream's table has its columns plus

* `seen_at`: moment of the portal at which this state of the row was first read,
* `deleted_at`: moment at which the row was found to be gone; NULL while it is there.

Earlier values of tracked fields go to `<table>_history` by trigger: a row says what held until `valid_to`, the end of
the last complete pass that still saw it, and `replaced_at` when the next values were seen, or that it was after the
last sync. Once the facts have been
built for the first time, triggers also note owners whose facts have to be computed again in `touched`, and rows that
are new in `arrival`, so that `cache.as_of` can tell what was known at any moment.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

from sqlite_utils import Database

from b24kpi.cache.rows import columns
from b24kpi.portal.entities import ENTITIES, Entity, Kind

VERSION = 1

_OWN_TABLES = files(__package__).joinpath("own_tables.sql").read_text(encoding="utf-8")

_TYPES = dict.fromkeys(Kind, "INTEGER") | {
    **dict.fromkeys((Kind.TEXT, Kind.DATE, Kind.SEVERAL), "TEXT"),
    Kind.REAL: "REAL",
}


# Columns of our own tables that older files lack.
_ADDED = {"cost": {"kind": "TEXT NOT NULL DEFAULT 'marketing'"}}

# After the first load: indexes that exist while millions of rows arrive cost six times the load. Name → what it is on.
_INDEXES = {
    # All that facts read of a step: those of one deal lie all over a table that is in the order of time.
    # The owner comes first, since what differs first is compared fastest.
    "stage_step_course": (
        "stage_step (owner_id, entity_type_id, created_time, id, category_id, stage_semantic_id, stage_id)"
    ),
    "deal_lead": "deal (lead_id) WHERE lead_id > 0",
    "contact_lead": "contact (lead_id) WHERE lead_id > 0",
    "company_lead": "company (lead_id) WHERE lead_id > 0",
    "lead_company": "lead (company_id) WHERE company_id > 0",
    "lead_contact": "lead (contact_id) WHERE contact_id > 0",
    # All that is asked of the activities of a lead or deal: they lie all over a table that is in the order of time.
    "activity_life": (
        "activity (owner_type_id, owner_id, deleted_at, created, completed, last_updated, deadline, "
        "start_time, provider_id, direction, result_status, responsible_id, author_id)"
    ),
    # The same of what the telephony says of an activity.
    "call_talk": (
        "call (crm_activity_id, deleted_at, call_type, call_failed_code, call_duration) WHERE crm_activity_id > 0"
    ),
    "product_row_owner": "product_row (owner_id)",
    "product_row_product": "product_row (product_id) WHERE product_id > 0",
}
# Of older files.
_FORMER_INDEXES = ("stage_step_owner", "stage_step_life", "activity_owner", "activity_course", "call_activity")

# table → (kind of owner, SQL of its id in terms of a row)
_OWNERS = {
    "deal": (("deal", "{row}.id", ""),),
    "stage_step": (("deal", "{row}.owner_id", "{row}.entity_type_id = 2"),),
    "lead": (("lead", "{row}.id", ""), ("deal_of_lead", "{row}.id", "")),
    "contact": (("lead", "{row}.lead_id", "{row}.lead_id > 0"), ("contact", "{row}.id", "")),
    "company": (("lead", "{row}.lead_id", "{row}.lead_id > 0"), ("company", "{row}.id", "")),
    "cost": (("cost", "0", ""),),
    "activity": (
        ("activity", "{row}.id", ""),
        ("deal_work", "{row}.owner_id", "{row}.owner_type_id = 2 AND {row}.owner_id > 0"),
        ("lead_work", "{row}.owner_id", "{row}.owner_type_id = 1 AND {row}.owner_id > 0"),
        ("contact_work", "{row}.owner_id", "{row}.owner_type_id = 3 AND {row}.owner_id > 0"),
        ("company_work", "{row}.owner_id", "{row}.owner_type_id = 4 AND {row}.owner_id > 0"),
    ),
    "call": (("call", "{row}.id", ""), ("activity", "{row}.crm_activity_id", "{row}.crm_activity_id > 0")),
    "task": (("task", "{row}.id", ""),),
    "plan": (("plan", "0", ""),),
    "product_row": (("deal", "{row}.owner_id", "{row}.owner_type_id = 2"),),
    "product": (("product", "{row}.id", ""),),
    "offer": (("product", "{row}.id", ""),),
    "user": (("user", "{row}.id", ""),),
}


def create(db: Database, entities: Collection[Entity] = ENTITIES) -> None:
    """Create what is missing; add columns that a newer declaration brings, and have their streams read whole again."""
    for statement in _OWN_TABLES.split(";\n"):
        db.conn.execute(statement)  # executescript would end the transaction that we are in
    for table, added in _ADDED.items():
        _add_missing(db, table, added)
    for entity in entities:
        _create_table(db, entity)
    for table in dict.fromkeys(entity.table for entity in entities if entity.tracked):
        _create_history(db, [entity for entity in entities if entity.table == table])
    db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('schema', ?)", [_digest(entities)])


def is_current(db: Database) -> bool:
    """Whether `create` has nothing to do, so that a reader need not wait for a writer."""
    if not db.table("meta").exists():
        return False
    found = db.conn.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    return found is not None and found[0] == _digest(ENTITIES)


def _digest(entities: Iterable[Entity]) -> str:
    shapes = [(entity.name, entity.table, _column_types(entity), entity.tracked) for entity in entities]
    return hashlib.sha256(f"{_OWN_TABLES}{shapes}".encode()).hexdigest()


def column_type(kind: Kind) -> str:
    """The SQL type in which values of a kind are kept."""
    return _TYPES[kind]


def create_indexes(connection: Any, tables: Collection[str]) -> None:
    """Create the indexes of some tables by which facts are computed; again is harmless."""
    for statement in indexing(tables):
        connection.execute(statement)


def indexing(tables: Collection[str]) -> Iterator[str]:
    """The same as statements; those that take away former indexes come first."""
    for name in _FORMER_INDEXES:
        yield f"DROP INDEX IF EXISTS {name}"
    for name, what in _INDEXES.items():
        if what.partition(" ")[0] in tables:
            yield f"CREATE INDEX IF NOT EXISTS {name} ON {what}"


def watch_changes(db: Database) -> None:
    """From now on changed rows leave their owners in `touched`."""
    for table, owners in _OWNERS.items():
        for event, rows in (("INSERT", ("new",)), ("UPDATE", ("old", "new"))):
            inserts = " ".join(_touch(owner, row) for row in rows for owner in owners)
            name = f"touch_{table}_{event.lower()}"
            _renew_trigger(db, name, f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {inserts} END")
    for entity in ENTITIES:
        db.execute(
            f"CREATE TRIGGER IF NOT EXISTS arrive_{entity.table} AFTER INSERT ON {entity.table} "
            f"BEGIN {_arrive(entity)} END"
        )


def row_key(entity: Entity, row: str) -> str:
    """SQL of what identifies a row among those of its table, as text."""
    return " || ':' || ".join(f"{row}.{name}" for name in entity.primary_key) + " || ''"


def _arrive(entity: Entity) -> str:
    table, key = entity.table, row_key(entity, "new")
    return (
        f"INSERT INTO arrival SELECT '{table}', {key}, new.seen_at WHERE new.seen_at IS NOT NULL "
        f"AND NOT EXISTS (SELECT 1 FROM arrival WHERE table_name = '{table}' AND row_key = {key});"
    )


def watch_owners(db: Database, entity: Entity) -> None:
    """From now on owners that are new or change have to be asked for their rows of the stream."""
    assert entity.owned
    db.execute(f"CREATE INDEX IF NOT EXISTS {entity.table}_owner ON {entity.table} ({entity.owned.key})")
    owner, condition = f"new.{entity.owned.column}", f"stream = '{entity.name}' AND id = new.{entity.owned.column}"
    for event in ("INSERT", "UPDATE"):
        db.execute(
            f"CREATE TRIGGER IF NOT EXISTS ask_{entity.name}_{event.lower()} AFTER {event} ON {entity.owned.table} "
            f"WHEN {owner} > 0 BEGIN INSERT INTO unasked SELECT '{entity.name}', {owner} "
            f"WHERE NOT EXISTS (SELECT 1 FROM unasked WHERE {condition}); END"
        )


def _touch(owner: tuple[str, str, str], row: str) -> str:
    kind, identifier, condition = (part.format(row=row) for part in owner)
    # OR IGNORE would not hold here: within a trigger the conflict clause of the statement that fired it counts.
    return (
        f"INSERT INTO touched SELECT '{kind}', {identifier} WHERE {condition or 1} "
        f"AND NOT EXISTS (SELECT 1 FROM touched WHERE kind = '{kind}' AND id = {identifier});"
    )


def _create_table(db: Database, entity: Entity) -> None:
    wanted = _column_types(entity)
    if entity.table not in db.table_names():
        definitions = [f"{name} {kind}" for name, kind in wanted.items()]
        key = ", ".join(entity.primary_key)
        if len(entity.primary_key) == 1 and wanted[entity.primary_key[0]] == "INTEGER":
            definitions = [d + " PRIMARY KEY" if d == f"{key} INTEGER" else d for d in definitions]
        else:
            definitions.append(f"PRIMARY KEY ({key})")
        db.execute(f"CREATE TABLE {entity.table} ({', '.join(definitions)}) STRICT")
    elif _add_missing(db, entity.table, wanted):
        read_again(db, [other.name for other in ENTITIES if other.table == entity.table])


def _add_missing(db: Database, table: str, wanted: Mapping[str, str]) -> list[str]:
    """Returns the names of the columns that were added."""
    present = set(db.table(table).columns_dict)
    added = [name for name in wanted if name not in present]
    for name in added:
        db.execute(f"ALTER TABLE {table} ADD COLUMN {name} {wanted[name]}")
    return added


def read_again(db: Database, streams: Iterable[str]) -> None:
    """Fill new columns by full passes: their start is put where the streams are known to be complete."""
    for name in streams:
        db.execute(
            "UPDATE stream SET pass_started = COALESCE(pass_started, complete_until), pass_after = 0 WHERE name = ?",
            [name],
        )
        db.execute("DELETE FROM stream_range WHERE stream = ?", [name])


def _column_types(entity: Entity) -> dict[str, str]:
    kinds = {f.column: _TYPES[f.kind] for f in entity.fields}
    types = {name: kinds.get(name, "INTEGER") for name in columns(entity)}
    return types | {"seen_at": "INTEGER", "deleted_at": "INTEGER"}


def _create_history(db: Database, streams: Sequence[Entity]) -> None:
    """The history of one table, which several streams may share."""
    table, key = streams[0].table, streams[0].primary_key
    tracked = [*dict.fromkeys(f.column for entity in streams for f in entity.tracked), "deleted_at"]
    kinds = {name: kind for entity in streams for name, kind in _column_types(entity).items()}
    definitions = [f"{name} {kinds[name]} NOT NULL" for name in key]
    definitions += ["valid_to INTEGER NOT NULL", "replaced_at INTEGER", *(f"{name} {kinds[name]}" for name in tracked)]
    db.execute(f"CREATE TABLE IF NOT EXISTS {table}_history ({', '.join(definitions)}) STRICT")
    _add_missing(db, f"{table}_history", {name: kinds[name] for name in tracked} | {"replaced_at": "INTEGER"})
    db.execute(f"CREATE INDEX IF NOT EXISTS {table}_history_id ON {table}_history ({', '.join((*key, 'valid_to'))})")
    _renew_trigger(db, f"keep_{table}", _keeper(streams, tracked))


def _renew_trigger(db: Database, name: str, wanted: str) -> None:
    """Put a trigger in the place of an older one; what is as wanted stays, so that opening a file writes nothing."""
    present = db.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?", [name]).fetchone()
    if present is None or present[0] != wanted:
        db.execute(f"DROP TRIGGER IF EXISTS {name}")
        db.execute(wanted)


def _keeper(streams: Sequence[Entity], tracked: Sequence[str]) -> str:
    """The trigger that keeps a row's earlier tracked values."""
    table, key = streams[0].table, streams[0].primary_key
    names, sources = ", ".join((*key, "valid_to", "replaced_at", *tracked)), ", ".join(f"'{e.name}'" for e in streams)
    return f"""CREATE TRIGGER keep_{table} BEFORE UPDATE ON {table}
        WHEN ({_prefixed("old", tracked)}) IS NOT ({_prefixed("new", tracked)})
        BEGIN
            INSERT INTO {table}_history ({names}) VALUES (
                {_prefixed("old", key)},
                MAX(COALESCE(old.seen_at, 0), COALESCE(
                    (SELECT MIN(complete_until) FROM stream WHERE name IN ({sources})), old.seen_at, 0)),
                MAX(COALESCE(new.seen_at, 0), COALESCE(new.deleted_at, 0),
                    COALESCE((SELECT MAX(seen_until) + 1 FROM knowledge), 0)),
                {_prefixed("old", tracked)});
        END"""


def _prefixed(prefix: str, names: Iterable[str]) -> str:
    return ", ".join(f"{prefix}.{name}" for name in names)
