"""User fields in the cache: a column in the table of their stream, and what their values mean.

A field that the settings ask for gets its column at the next sync, and its stream is read whole again to fill it. One
that they ask for no more loses it, so that no value of unknown age stays behind.
"""

from collections.abc import Collection, Iterable, Mapping

from b24kpi.cache import schema
from b24kpi.cache.store import Store
from b24kpi.portal.entities import BY_NAME, Entity, Kind
from b24kpi.portal.user_fields import FieldName, UserField


def keep(store: Store, fields: Iterable[UserField]) -> None:
    """Give these fields, and no others, their columns; note what their values mean."""
    wanted = {(each.name.stream, each.name.name): each for each in fields}
    with store.transaction():
        for (stream, name), kind in kinds(store).items():
            kept = wanted.get((stream, name))
            if kept is None or kept.kind != kind:
                store.db.execute(f"ALTER TABLE {BY_NAME[stream].table} DROP COLUMN {name.lower()}")
        filled = {(stream, name) for stream, name in labels(store) if wanted.get((stream, name)) is not None}
        filled -= {key for key, kind in kinds(store).items() if key in wanted and wanted[key].kind != kind}
        add_columns(store, wanted.values())
        _note(store, wanted.values(), filled)


def settle(store: Store) -> None:
    """Note which fields are filled now: those whose stream has been read to its end since they got their column."""
    with store.transaction():
        store.db.execute(
            "UPDATE user_field SET is_filled = 1 WHERE stream IN "
            "(SELECT name FROM stream WHERE complete_until IS NOT NULL AND pass_started IS NULL)"
        )


def extend(entities: Iterable[Entity], fields: Iterable[UserField]) -> list[Entity]:
    """The streams with the user fields that belong to them."""
    further = list(fields)
    return [
        entity.with_fields(each.as_field for each in further if each.name.stream == entity.name) for entity in entities
    ]


def add_columns(store: Store, fields: Iterable[UserField]) -> None:
    """Add the columns that are missing, and have their streams read whole again."""
    for each in fields:
        table = BY_NAME[each.name.stream].table
        if each.name.column not in store.db.table(table).columns_dict:
            store.db.execute(f"ALTER TABLE {table} ADD COLUMN {each.name.column} {schema.column_type(each.kind)}")
            schema.read_again(store.db, [each.name.stream])


def known(store: Store) -> list[UserField]:
    """Every user field that the cache has a column for."""
    rows = store.query("SELECT stream, name, kind, label, directory FROM user_field ORDER BY stream, name")
    return [
        UserField(FieldName(stream, name), Kind(kind), label, _items(store, stream, name), directory)
        for stream, name, kind, label, directory in rows
    ]


def kinds(store: Store) -> dict[tuple[str, str], Kind]:
    """(stream, code) → how its values are kept, of every user field that the cache has a column for."""
    rows = store.query("SELECT stream, name, kind FROM user_field ORDER BY stream, name")
    return {(stream, name): Kind(kind) for stream, name, kind in rows}


def labels(store: Store) -> dict[tuple[str, str], str]:
    """(stream, code) → the field's name for people, of those that every row has been read with."""
    rows = store.query("SELECT stream, name, label FROM user_field WHERE is_filled = 1")
    return {(stream, name): label for stream, name, label in rows}


def value_names(store: Store, stream: str, name: str) -> Mapping[str, str]:
    """Value → its name for people, for the values that have one; combinations of a multiple field included."""
    directory = store.query("SELECT directory FROM user_field WHERE stream = ? AND name = ?", (stream, name))
    names = _directory(store, directory[0][0]) if directory and directory[0][0] else _items(store, stream, name)
    if kinds(store).get((stream, name)) is Kind.SEVERAL and names:
        table = BY_NAME[stream].table
        values = store.query(f"SELECT DISTINCT {name.lower()} FROM {table} WHERE {name.lower()} IS NOT NULL")
        names = {value: ", ".join(names.get(part, part) for part in value.split(",")) for (value,) in values}
    return names


def _items(store: Store, stream: str, name: str) -> dict[str, str]:
    return dict(store.query("SELECT id, value FROM user_field_item WHERE stream = ? AND name = ?", (stream, name)))


def _directory(store: Store, directory: str) -> dict[str, str]:
    if directory == "user":
        sql = "SELECT CAST(id AS TEXT), TRIM(COALESCE(name, '') || ' ' || COALESCE(last_name, '')) FROM user"
        return {key: name for key, name in store.query(sql) if name}
    found = store.query("SELECT status_id, name FROM status WHERE entity_id = ?", (directory,))
    return {key: name for key, name in found if name}


def _note(store: Store, fields: Iterable[UserField], filled: Collection[tuple[str, str]]) -> None:
    store.db.execute("DELETE FROM user_field")
    store.db.execute("DELETE FROM user_field_item")
    for each in fields:
        key = (each.name.stream, each.name.name)
        store.db.execute(
            "INSERT INTO user_field (stream, name, kind, label, directory, is_filled) VALUES (?, ?, ?, ?, ?, ?)",
            (*key, str(each.kind), each.label, each.directory, int(key in filled)),
        )
        store.db.conn.executemany(
            "INSERT INTO user_field_item (stream, name, id, value) VALUES (?, ?, ?, ?)",
            ((*key, *item) for item in each.items.items()),
        )
