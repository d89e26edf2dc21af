"""Facts of an earlier moment are the facts that there were, whatever has happened to the rows since."""

from collections.abc import Mapping
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from b24kpi.cache.as_of import knowledge_at, note_knowledge
from b24kpi.cache.journal import COMPLETE, Journal, StreamState
from b24kpi.cache.store import Store
from b24kpi.facts.figures import Figures
from b24kpi.facts.past import past_facts
from b24kpi.facts.refresh import refresh
from b24kpi.portal.entities import ENTITIES
from tests.event_logs import AS_OF, REPORT_CURRENCY, ZONE, Tables, random_tables
from tests.facts.test_delta import Contents, facts
from tests.sql_engine import fill, insert

DEALS = 12
HOUR, DAY = 3600, 86_400
CHANGED = ("deal", "lead", "contact", "company", "stage_step", "status", "user")
UNTRACKED = {"id", "entity_type_id", "entity_id", "status_id", "name", "last_name", "date_create", "type_id", "seen_at"}
Row = Mapping[str, Any]


def synced(store: Store, moment: int) -> Contents:
    """Note that everything is known up to a moment, and make the facts of it."""
    with store.transaction():
        for entity in ENTITIES:
            Journal(store).save(StreamState(entity.name, COMPLETE, complete_until=moment))
    refresh(store, ZONE, REPORT_CURRENCY)
    note_knowledge(store)
    return facts(store)


def work(store: Store, rng: Random, moment: int) -> None:
    """Rows change, come, go and return, as a sync at this moment would write them."""
    donor = random_tables(rng.randrange(2**32), DEALS)
    with store.transaction():
        for _ in range(rng.randint(1, 15)):
            rng.choice((change_row, change_row, change_row, remove_or_restore, add_row, add_row, new_rate))(
                store, rng, donor, moment
            )


def change_row(store: Store, rng: Random, donor: Tables, moment: int) -> None:
    table = rng.choice(CHANGED)
    row, place = rng.choice(donor[table]), rng.choice(store.query(f"SELECT rowid FROM {table}"))[0]
    wanted = {
        "department_id" if name == "department" else name: None if value == "" else value
        for name, value in row.items()
        if name not in UNTRACKED | {"deleted_at"} and rng.random() < 0.5
    }
    known = store.db.table(table).columns_dict
    wanted = {name: value for name, value in wanted.items() if name in known} | {"seen_at": moment, "deleted_at": None}
    setting = ", ".join(f"{name} = ?" for name in wanted)
    store.db.conn.execute(f"UPDATE {table} SET {setting} WHERE rowid = ?", (*wanted.values(), place))


def remove_or_restore(store: Store, rng: Random, donor: Tables, moment: int) -> None:
    table = rng.choice(CHANGED)
    place, deleted_at = rng.choice(store.query(f"SELECT rowid, deleted_at FROM {table}"))
    change = "deleted_at = ?" if deleted_at is None else "deleted_at = NULL, seen_at = ?"
    store.db.conn.execute(f"UPDATE {table} SET {change} WHERE rowid = ?", (moment, place))


def add_row(store: Store, rng: Random, donor: Tables, moment: int) -> None:
    table = rng.choice(CHANGED[:5])
    number = store.query(f"SELECT MAX(id) + 1 FROM {table}")[0][0]
    insert(store, table, rng.choice(donor[table]) | {"id": number, "seen_at": moment, "deleted_at": None})


def new_rate(store: Store, rng: Random, donor: Tables, moment: int) -> None:
    """The rates of a day are those that its first sync saw."""
    last = store.query("SELECT MAX(as_of) FROM knowledge")[0][0]
    day, known = 20261201 + (moment - AS_OF) // DAY, 20261201 + (last - AS_OF) // DAY
    row = {"currency": rng.choice(["USD", "EUR", "JPY"]), "day": day, "amount": rng.randint(1, 500_000)}
    present = store.query("SELECT 1 FROM currency_rate WHERE currency = ? AND day = ?", (row["currency"], day))
    if day > known and not present:
        insert(store, "currency_rate", row | {"amount_cnt": 1})


def facts_of(store: Store, moment: int) -> Contents:
    known = knowledge_at(store, moment)
    assert known is not None
    with past_facts(store, known, ZONE, REPORT_CURRENCY, Figures()) as copy:
        return facts(copy)


@settings(max_examples=4)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(HOUR, 40 * HOUR), min_size=1, max_size=4))
def test_every_earlier_moment_keeps_its_facts(seed: int, pauses: list[int]) -> None:
    """Row for row: after each sync, and at any time up to the next one."""
    rng, moment = Random(seed), AS_OF
    with TemporaryDirectory() as folder, Store(Path(folder) / "cache.sqlite") as store:
        fill(store, random_tables(seed, DEALS), REPORT_CURRENCY)
        for table in CHANGED:
            store.db.conn.execute(f"UPDATE {table} SET seen_at = {AS_OF}, deleted_at = NULL")
        found = {moment: synced(store, moment)}
        for pause in pauses:
            moment += pause
            work(store, rng, moment)
            found[moment] = synced(store, moment)
        for then, expected in found.items():
            for asked in {then, then + rng.randrange(HOUR)}:
                assert facts_of(store, asked) == expected
