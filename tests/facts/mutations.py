"""Random work of a portal on a filled cache: rows change, come, go, return, and name other owners than before."""

from random import Random
from typing import Any

from b24kpi.cache.journal import COMPLETE, Journal, StreamState
from b24kpi.cache.store import Store
from tests.event_logs import AS_OF, REPORT_CURRENCY, Tables, random_tables
from tests.event_ratings import with_answers
from tests.sql_engine import fill, insert

CHANGED = ("deal", "lead", "contact", "company", "activity", "call", "task")
RATE_DAYS = (20260215, 20260520, 20260801, 20261015, 20261129)
PRICES = (250_000, 411_111, 447_777, 500_000)


def filled_store(tables: Tables) -> Store:
    """A cache in memory that holds the rows as a first sync leaves them."""
    store = Store(":memory:")
    fill(store, tables, REPORT_CURRENCY)
    for table in (*CHANGED, "stage_step", "product", "offer"):
        store.db.conn.execute(f"UPDATE {table} SET seen_at = {AS_OF}")
    for stream in ("deal", "lead"):
        Journal(store).save(StreamState(stream, COMPLETE, complete_until=AS_OF))
    return store


def work(store: Store, seed: str, deals: int) -> None:
    """Up to a dozen changes, in one transaction as a sync makes them."""
    rng = Random(seed)
    number = rng.randrange(2**32)
    donor = with_answers(random_tables(number, deals), number)
    with store.transaction():
        for _ in range(rng.randint(0, 12)):
            rng.choice(CHANGES)(store, rng, donor)
        store.db.conn.execute("UPDATE stream SET complete_until = complete_until + ?", (rng.randint(0, 5000),))


def _change_row(store: Store, rng: Random, donor: Tables) -> None:
    """Some of its columns become those of another row."""
    table = rng.choice(CHANGED)
    row = rng.choice(donor[table] or [{}])
    names = [name for name in row if name != "id" and rng.random() < 0.4]
    if names:
        values = [row[name] if row[name] != "" else None for name in names]
        setting = ", ".join(f"{name} = ?" for name in names)
        store.db.conn.execute(f"UPDATE {table} SET {setting} WHERE id = ?", (*values, row["id"]))


def _toggle_deleted(store: Store, rng: Random, donor: Tables) -> None:
    table = rng.choice((*CHANGED, "stage_step"))
    row = rng.choice(donor[table] or [{"id": 0}])
    store.db.conn.execute(
        f"UPDATE {table} SET deleted_at = CASE WHEN deleted_at IS NULL THEN {AS_OF} END WHERE id = ?", (row["id"],)
    )


def _add_row(store: Store, rng: Random, donor: Tables) -> None:
    """A new row that refers to the rows that are there."""
    table = rng.choice((*CHANGED, "stage_step", "stage_step"))
    if donor[table]:
        row: dict[str, Any] = rng.choice(donor[table])
        insert(store, table, row | {"id": _next_id(store, table), "seen_at": AS_OF})


def _move_step(store: Store, rng: Random, donor: Tables) -> None:
    """A step of the history that now belongs to another deal, as after merging two."""
    step, deal = rng.choice(donor["stage_step"]), rng.choice(donor["deal"] or [{"id": 1}])
    store.db.conn.execute("UPDATE stage_step SET owner_id = ? WHERE id = ?", (deal["id"], step["id"]))


def _new_rates(store: Store, rng: Random, donor: Tables) -> None:
    newest = store.query("SELECT MAX(day) FROM currency_rate")[0][0]
    day = next((day for day in RATE_DAYS if day > newest), None)
    if day is not None:
        for code in ("USD", "EUR", "JPY"):
            insert(
                store, "currency_rate", {"currency": code, "day": day, "amount": rng.choice(PRICES), "amount_cnt": 1}
            )


def _change_costs(store: Store, rng: Random, donor: Tables) -> None:
    store.db.conn.execute("DELETE FROM cost WHERE id % 2 = ?", (rng.randint(0, 1),))
    for row in donor["cost"]:
        insert(store, "cost", row | {"currency": rng.choice(["UAH", "USD", "XXX"])})


def _change_goods(store: Store, rng: Random, donor: Tables) -> None:
    """Product rows and purchase prices become others, come, go, or belong to another deal."""
    table = rng.choice(("product_row", "product_row", "product", "offer"))
    row: dict[str, Any] = rng.choice(donor[table] or [{}])
    if row:
        row = row | {"seen_at": AS_OF}
        names = [name for name in row if name not in ("id", "owner_type_id")]
        setting = ", ".join(f"{name} = excluded.{name}" for name in names)
        key = "owner_type_id, id" if table == "product_row" else "id"
        store.db.conn.execute(
            f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))}) "
            f"ON CONFLICT ({key}) DO UPDATE SET {setting}",
            [None if value == "" else value for value in row.values()],
        )


def _change_users(store: Store, rng: Random, donor: Tables) -> None:
    """Somebody leaves, comes back or moves to another department."""
    person = rng.randint(1, 5)
    store.db.conn.execute(
        "UPDATE user SET active = ?, department_id = ? WHERE id = ?",
        (rng.randint(0, 1), rng.choice([10, 20, None]), person),
    )


def _next_id(store: Store, table: str) -> int:
    return int(store.query(f"SELECT COALESCE(MAX(id), 0) + 1 FROM {table}")[0][0])


CHANGES = (
    *(_change_row, _change_row, _change_row, _toggle_deleted, _add_row, _add_row, _move_step),
    *(_new_rates, _change_costs, _change_goods, _change_goods, _change_users),
)
