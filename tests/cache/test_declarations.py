"""What every stream gets for being listed in ENTITIES: a table, guarded writing, history, tombstones."""

from typing import Any

import pytest

from b24kpi.cache.journal import COMPLETE, Journal, StreamState
from b24kpi.cache.rows import columns
from b24kpi.cache.store import Store
from b24kpi.portal.entities import ENTITIES, Entity, Kind
from tests.cache.rest_rows import VALUES, changed, free_fields, rest_row

every_entity = pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
tracking_entity = pytest.mark.parametrize("entity", [e for e in ENTITIES if e.tracked], ids=lambda entity: entity.name)
FIRST, THEN, LATER = 1000, 2000, 3000


def cells(store: Store, entity: Entity) -> list[dict[str, Any]]:
    return store.dicts(f"SELECT * FROM {entity.table} ORDER BY {entity.key_column}")


@every_entity
def test_the_table_has_the_declared_columns(store: Store, entity: Entity) -> None:
    """Typed as their kinds say, and strictly."""
    declared = {
        f.column: "TEXT" if f.kind in (Kind.TEXT, Kind.DATE, Kind.SEVERAL) else "INTEGER" for f in entity.fields
    }
    present = {row["name"]: row["type"] for row in store.dicts(f"PRAGMA table_info({entity.table})")}
    assert {name: present.get(name) for name in declared} == declared
    assert {*columns(entity), "seen_at", "deleted_at"} <= present.keys()
    assert store.query("SELECT strict FROM pragma_table_list WHERE name = ?", (entity.table,)) == [(1,)]


@every_entity
def test_writing_the_same_rows_again_changes_nothing(store: Store, entity: Entity) -> None:
    """The second pass over unchanged rows leaves even the moment at which they were seen."""
    rows = [rest_row(entity, 1), rest_row(entity, 2)]
    assert store.upsert(entity, rows, seen_at=FIRST) == 2
    before = cells(store, entity)
    assert store.upsert(entity, rows, seen_at=THEN) == 0
    assert cells(store, entity) == before


@every_entity
def test_a_changed_field_changes_one_row(store: Store, entity: Entity) -> None:
    """Any field, be it alone; the other row stays as it was."""
    for number, name in enumerate(free_fields(entity), 1):
        rows = [rest_row(entity, 2 * number), rest_row(entity, 2 * number + 1)]
        store.upsert(entity, rows, seen_at=FIRST)
        assert store.upsert(entity, [changed(entity, rows[0], name), rows[1]], seen_at=THEN) == 1, name
    assert {row["seen_at"] for row in cells(store, entity)} == {FIRST, THEN}


@tracking_entity
def test_an_earlier_value_stays_in_history(store: Store, entity: Entity) -> None:
    """With the end of the last complete pass that saw it."""
    row = rest_row(entity)
    store.upsert(entity, [row], seen_at=FIRST)
    Journal(store).save(StreamState(entity.name, COMPLETE, complete_until=THEN))
    for number, field in enumerate((f for f in entity.tracked if f.name != entity.key), 1):
        row = changed(entity, row, field.name)
        store.upsert(entity, [row], seen_at=THEN)
        last = store.dicts(f"SELECT * FROM {entity.table}_history ORDER BY rowid DESC LIMIT 1")[0]
        assert (last["valid_to"], last[field.column]) == (THEN, VALUES[field.kind][0][1])
        assert store.query(f"SELECT COUNT(*) FROM {entity.table}_history") == [(number,)]


@tracking_entity
def test_an_untracked_change_leaves_no_history(store: Store, entity: Entity) -> None:
    """History grows only where a KPI depends on it."""
    row = rest_row(entity)
    store.upsert(entity, [row], seen_at=FIRST)
    tracked = {field.name for field in entity.tracked}
    for name in free_fields(entity):
        if name not in tracked:
            store.upsert(entity, [changed(entity, row, name)], seen_at=THEN)
    assert store.query(f"SELECT COUNT(*) FROM {entity.table}_history") == [(0,)]


@every_entity
def test_a_row_that_is_gone_is_kept_and_marked(store: Store, entity: Entity) -> None:
    """With the moment at which that was seen first; it does not count as live."""
    store.upsert(entity, [rest_row(entity, 1), rest_row(entity, 2)], seen_at=FIRST)
    gone = store.live_keys(entity)[0]
    store.mark_deleted(entity, [gone], seen_at=THEN)
    store.mark_deleted(entity, [gone], seen_at=LATER)
    assert {row["deleted_at"] for row in cells(store, entity)} == {None, THEN}
    assert store.count_live(entity) == len(store.live_keys(entity)) == 1
    assert gone not in store.live_keys(entity)


@every_entity
def test_a_row_that_comes_back_is_live_again(store: Store, entity: Entity) -> None:
    """Out of the recycle bin, unchanged."""
    row = rest_row(entity)
    store.upsert(entity, [row], seen_at=FIRST)
    store.mark_deleted(entity, store.live_keys(entity), seen_at=THEN)
    assert store.upsert(entity, [row], seen_at=LATER) == 1
    assert [(row["deleted_at"], row["seen_at"]) for row in cells(store, entity)] == [(None, LATER)]


@pytest.mark.parametrize("entity", [e for e in ENTITIES if e.by_key], ids=lambda entity: entity.name)
def test_live_keys_of_a_range(store: Store, entity: Entity) -> None:
    """After the first, up to and with the last."""
    store.upsert(entity, [rest_row(entity, key) for key in (1, 2, 3, 4)], seen_at=FIRST)
    assert store.live_keys(entity, 1, 3) == [2, 3]
    assert store.live_keys(entity, last=1) == [1]
    assert store.live_keys(entity, 3) == [4]


def test_streams_of_one_table_do_not_touch_each_other(store: Store) -> None:
    """The histories of leads, deals and invoices count their ids apart."""
    lead_step, deal_step, _ = (entity for entity in ENTITIES if entity.table == "stage_step")
    for entity in (lead_step, deal_step):
        store.upsert(entity, [rest_row(entity)], seen_at=FIRST)
    store.mark_deleted(lead_step, [1], seen_at=THEN)
    assert (store.count_live(lead_step), store.count_live(deal_step)) == (0, 1)
