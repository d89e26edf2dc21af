"""Tables of a cache file, to be compared: rows as tuples in the order of their columns, sorted."""

from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils.utils import sqlite3

from b24kpi.app import App
from b24kpi.cache.journal import Journal
from b24kpi.cache.store import Store
from b24kpi.facts.definition import load_facts
from b24kpi.portal.entities import ENTITIES

Rows = list[tuple[Any, ...]]
RAW = sorted({entity.table for entity in ENTITIES})
FACTS = sorted(fact.table for fact in load_facts().values())
# Who won and is no longer there: all of it is remembered.
OF_THE_PAST = {"fact_employee"}
BOOKKEEPING = {"seen_at", "deleted_at"}

# What a cache knows better than one that was filled later: who was responsible then, rates and purchase prices of then.
REMEMBERED = {
    *("manager_id", "created_manager_id", "acquired_manager_id", "money", "fx_approx"),
    *("covered_money", "purchase_money"),
    *("manager", "creator", "mark"),  # the same in the course of deals
}
# What the portal forgets of a lead's deal, contact and company once the lead is deleted; a deal without customer is
# then no longer talked about with that lead.
ORIGINS = {"lead_id", "party"}


def live_rows(cache: Path, without: Collection[str] = ()) -> dict[str, Rows]:
    """The rows of every stream's table that are not marked as deleted, without the cache's own columns."""
    return read(cache, dict.fromkeys(RAW, "WHERE deleted_at IS NULL"), without={*BOOKKEEPING, *without})


def make_all_facts(app: App) -> None:
    """Also those that nobody has asked for; from then on they are followed."""
    app._store.query(f"SELECT 1 -- {' '.join(FACTS)}")


def fact_rows(cache: Path, without: Collection[str] = ()) -> dict[str, Rows]:
    """The rows of every fact, which were made before."""
    wanted = [table for table in FACTS if not without or table not in OF_THE_PAST]
    return read(cache, dict.fromkeys(wanted, ""), without=without)


def everything(cache: Path) -> dict[str, Rows]:
    """All rows of streams, histories, rates and facts, with all columns."""
    with opened(cache) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    kept = [table for table in tables if table not in ("run", "stream") and not table.startswith("sqlite_")]
    return read(cache, dict.fromkeys(kept, ""), without=())


def deleted_ids(cache: Path, table: str, key: str = "id") -> set[int]:
    """Ids of rows marked as deleted."""
    with opened(cache) as connection:
        return {row[0] for row in connection.execute(f"SELECT {key} FROM {table} WHERE deleted_at IS NOT NULL")}


def query(cache: Path, sql: str) -> Rows:
    """Rows of a statement."""
    with opened(cache) as connection:
        return connection.execute(sql).fetchall()  # type: ignore[no-any-return]


def forget_facts(cache: Path) -> None:
    """Have all facts computed anew at the next occasion."""
    with Store(cache) as store:
        Journal(store).set_meta({"facts_fingerprint": ""})


def read(cache: Path, conditions: dict[str, str], *, without: Collection[str]) -> dict[str, Rows]:
    found = {}
    with opened(cache) as connection:
        for table, condition in conditions.items():
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] not in without]
            rows = connection.execute(f"SELECT {', '.join(columns)} FROM {table} {condition}").fetchall()
            found[table] = sorted(rows, key=repr)
    return found


@contextmanager
def opened(cache: Path) -> Iterator[Any]:
    """A connection for reading that is closed, too."""
    with closing(sqlite3.connect(f"file:{cache}?mode=ro", uri=True)) as connection:
        yield connection
