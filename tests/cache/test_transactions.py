"""All or nothing."""

from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from b24kpi.cache.store import Store
from b24kpi.errors import CacheError, UnexpectedAnswer
from b24kpi.portal.entities import DEAL, LEAD
from tests.cache.rest_rows import rest_row


class Cut(BaseException):
    """What a test ends a transaction with; no Exception, as Ctrl-C is none."""


def write_and_fail(store: Store) -> None:
    with store.transaction():
        store.upsert(DEAL, [rest_row(DEAL)], seen_at=1)
        raise Cut


def write_and_end_before_failing(store: Store) -> None:
    with store.transaction():
        store.upsert(DEAL, [rest_row(DEAL)], seen_at=1)
    raise Cut


def test_what_fails_leaves_nothing(store: Store) -> None:
    """Whatever the failure, an interruption too."""
    with pytest.raises(Cut):
        write_and_fail(store)
    assert store.count_live(DEAL) == 0
    with store.transaction():
        store.upsert(DEAL, [rest_row(DEAL)], seen_at=1)
    assert store.count_live(DEAL) == 1


def test_a_transaction_inside_another_belongs_to_it(store: Store) -> None:
    """What the inner one did goes with the outer one."""
    with pytest.raises(Cut), store.transaction():
        write_and_end_before_failing(store)
    assert store.count_live(DEAL) == 0


def test_a_page_with_a_bad_row_is_not_stored_in_part(store: Store) -> None:
    """The rows before it are not kept either."""
    rows = [rest_row(LEAD, 1), rest_row(LEAD, 2) | {"OPPORTUNITY": "much"}]
    with pytest.raises(UnexpectedAnswer), store.transaction():
        store.upsert(LEAD, rows, seen_at=1)
    assert store.count_live(LEAD) == 0


def test_a_cache_that_another_program_writes_is_said_to_be_locked(path: Path, store: Store) -> None:
    """After waiting for it in vain."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store.db.conn.execute("PRAGMA busy_timeout = 10")
    with pytest.raises(CacheError) as caught, store.transaction():
        pass
    other.close()
    assert caught.value.message_id == "cache.locked"
