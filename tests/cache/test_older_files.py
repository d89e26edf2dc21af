"""A cache made by an older version of the declarations goes on working with the present ones."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.utils import sqlite3

from b24kpi.cache import schema
from b24kpi.cache.journal import COMPLETE, Journal, StreamState
from b24kpi.cache.store import APPLICATION_ID, Store
from b24kpi.portal.entities import DEAL, ENTITIES, Entity
from tests.cache.rest_rows import changed, rest_row

# of deals one whose earlier values are kept, one whose are not; of the history one that leads and deals share
ADDED = {"deal": ("source_id", "type_id"), "stage_step": ("stage_semantic_id",)}
READ = ("deal", "lead", "lead_step", "deal_step")


def before(entity: Entity) -> Entity:
    """The stream as it was declared once."""
    added = ADDED.get(entity.table, ())
    return replace(entity, fields=tuple(f for f in entity.fields if f.column not in added))


def older_file(path: Path, entities: Sequence[Entity]) -> None:
    """A cache with one deal, read to the moment 500."""
    database = Database(sqlite3.connect(path, isolation_level=None))
    database.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    schema.create(database, entities)
    database.conn.execute("INSERT INTO deal (id, stage_id, seen_at) VALUES (1, 'NEW', 400)")
    for name in READ:
        database.conn.execute(
            "INSERT INTO stream (name, state, high, complete_until) VALUES (?, ?, 1, 500)", (name, COMPLETE)
        )
    database.conn.close()


def test_a_new_column_appears_in_an_older_file(path: Path) -> None:
    """Empty in the rows that are there, and it can be written."""
    older_file(path, [before(entity) for entity in ENTITIES])
    with Store(path) as store:
        assert store.query("SELECT stage_id, source_id, type_id FROM deal") == [("NEW", None, None)]
        store.upsert(DEAL, [rest_row(DEAL)], seen_at=600)
        assert store.query("SELECT source_id, type_id FROM deal") == [("C5:NEW", "C5:NEW")]


def test_earlier_values_of_a_new_column_are_kept_from_then_on(path: Path) -> None:
    """History table and trigger follow the declaration."""
    older_file(path, [before(entity) for entity in ENTITIES])
    with Store(path) as store:
        row = rest_row(DEAL)
        store.upsert(DEAL, [row], seen_at=600)
        store.upsert(DEAL, [changed(DEAL, row, "SOURCE_ID")], seen_at=700)
        assert store.query("SELECT source_id FROM deal_history ORDER BY valid_to") == [(None,), ("C5:NEW",)]


def test_a_stream_with_a_new_column_is_read_whole_again(path: Path) -> None:
    """From the moment up to which it is known, so that nothing is thought to be newer than it is; others go on."""
    older_file(path, [before(entity) for entity in ENTITIES])
    with Store(path) as store:
        for name in ("deal", "lead_step", "deal_step"):
            again = StreamState(name, COMPLETE, 1, 500, pass_started=500, pass_after=0)
            assert Journal(store).stream(name) == again
        assert Journal(store).stream("lead") == StreamState("lead", COMPLETE, 1, 500)


def test_a_file_of_the_same_declarations_is_left_as_it_is(path: Path) -> None:
    """No stream is read again for nothing."""
    older_file(path, ENTITIES)
    with Store(path) as store:
        assert Journal(store).stream("deal") == StreamState("deal", COMPLETE, 1, 500)


def test_costs_of_an_older_file_are_marketing(path: Path) -> None:
    """The kind of a cost came later, and marketing was all there was."""
    database = Database(sqlite3.connect(path, isolation_level=None))
    database.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    schema.create(database, ENTITIES)
    database.conn.execute("ALTER TABLE cost DROP COLUMN kind")
    database.conn.execute("INSERT INTO cost VALUES (1, 20260601, 'WEB', '', 500, 'UAH')")
    database.conn.execute("UPDATE meta SET value = 'older' WHERE key = 'schema'")
    database.conn.close()
    with Store(path) as store:
        assert store.query("SELECT day, amount, kind FROM cost") == [(20260601, 500, "marketing")]
