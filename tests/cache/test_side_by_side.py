"""Two connections that read shares of one table see what one would see."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from b24kpi.cache.side_by_side import first_rows
from b24kpi.cache.store import Store

SHARES = tuple(f"SELECT MIN(id), SUM(opportunity) FROM deal WHERE id % 5 = {rest} AND id > :after" for rest in range(5))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A cache that counts as a big one."""
    monkeypatch.setattr("b24kpi.cache.store.BIG", 0)
    with Store(tmp_path / "cache #1.sqlite") as store:
        deals = ((number, number * 5, 1) for number in range(1, 11))
        store.db.conn.executemany("INSERT INTO deal (id, opportunity, seen_at) VALUES (?, ?, ?)", deals)
        yield store


def sums(store: Store, count: int = len(SHARES)) -> list[tuple[int, int]]:
    return list(first_rows(store, SHARES[:count], {"after": 1}))


@pytest.mark.parametrize("count", range(1, 6))
def test_rows_come_in_the_order_of_the_statements(store: Store, count: int) -> None:
    """However many there are."""
    assert sums(store, count) == [store.query(each, {"after": 1})[0] for each in SHARES[:count]]


def test_a_second_connection_takes_part(store: Store) -> None:
    """The store's own one runs the first, and of the others only what the second has not begun."""
    seen: list[str] = []
    store.db.conn.set_trace_callback(seen.append)
    sums(store)
    store.db.conn.set_trace_callback(None)
    assert 1 <= len([each for each in seen if "FROM deal" in each]) <= len(SHARES) - 2


def test_a_listener_hears_of_all_before_any_is_run(store: Store) -> None:
    """So that it can bring what they read, whichever connection runs them."""
    heard: list[str] = []
    store.listen(heard.append)
    with closing(first_rows(store, SHARES, {"after": 1})) as reading:
        next(reading)
        assert [each for each in heard if each in SHARES] == [*SHARES]


def test_what_is_not_committed_yet_is_read(store: Store) -> None:
    """Within a transaction of the store there is only its own connection."""
    with store.transaction():
        before = sums(store)
        store.db.conn.execute("UPDATE deal SET opportunity = opportunity + 1000")
        after = sums(store)
    more = [total - old for (_, total), (_, old) in zip(after, before, strict=True)]
    assert more == [2000, 1000, 2000, 2000, 2000]


def test_all_shares_are_of_one_state(store: Store) -> None:
    """What another program writes meanwhile is in none of them, and in all of the next reading."""
    before = sums(store)
    with closing(first_rows(store, SHARES, {"after": 1})) as reading, closing(sqlite3.connect(store.path)) as other:
        found = [next(reading)]
        other.execute("UPDATE deal SET opportunity = 0")
        other.commit()
        found += reading
    assert found == before
    assert {total for _, total in sums(store)} == {0}


def test_nobody_takes_part_whose_state_is_another(store: Store) -> None:
    """Somebody writes after the second connection has begun to read and before the first has."""
    with closing(sqlite3.connect(store.path)) as other:

        def write(statement: str) -> None:
            if statement == "BEGIN":
                other.execute("UPDATE deal SET opportunity = opportunity + 1")
                other.commit()

        store.db.conn.set_trace_callback(write)
        found = sums(store)
        store.db.conn.set_trace_callback(None)
    assert found == [store.query(each, {"after": 1})[0] for each in SHARES]


def test_a_reading_that_is_given_up_leaves_nothing_open(store: Store) -> None:
    """The next one may write."""
    with closing(first_rows(store, SHARES, {"after": 1})) as reading:
        next(reading)
    assert not store.db.conn.in_transaction
    with store.transaction():
        store.db.conn.execute("DELETE FROM deal")
    assert {total for _, total in sums(store)} == {None}


def test_a_fault_in_a_share_is_told(store: Store) -> None:
    """Whichever connection meets it."""
    for place in (1, 2):
        statements = [*SHARES[:place], "SELECT nothing FROM deal", *SHARES[place:]]
        with pytest.raises(sqlite3.OperationalError, match="nothing"):
            list(first_rows(store, statements, {"after": 1}))
        assert not store.db.conn.in_transaction
