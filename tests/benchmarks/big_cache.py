"""A cache file full of the rows of `big_portal`, kept in a folder for the next run."""

import hashlib
from pathlib import Path

from b24kpi.cache import schema
from b24kpi.cache.journal import COMPLETE, Journal, StreamState
from b24kpi.cache.store import Store
from b24kpi.portal.entities import ENTITIES
from tests.benchmarks.big_portal import AS_OF, tables


def big_cache(folder: Path, deals: int) -> Path:
    """The file for so many deals; made where it is not there. It holds raw rows, no facts, no indexes."""
    path = folder / f"portal-{deals}-{_edition()}.sqlite"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.unlink(missing_ok=True)
        with Store(unfinished) as store:
            _fill(store, deals)
        unfinished.rename(path)
    return path


def _fill(store: Store, deals: int) -> None:
    store.db.conn.execute("PRAGMA synchronous = OFF")
    with store.transaction():
        for table, (columns, rows) in tables(deals).items():
            marks = ", ".join("?" * len(columns.split(",")))
            store.db.conn.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows())
        journal = Journal(store)
        for entity in ENTITIES:
            journal.save(StreamState(entity.name, COMPLETE, complete_until=AS_OF))
    store.db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _edition() -> str:
    """Other rows make another file; what the schema has gained since, `Store` adds to an older one."""
    from tests.benchmarks import big_portal

    return hashlib.sha256(Path(big_portal.__file__).read_bytes() + bytes([schema.VERSION])).hexdigest()[:8]
