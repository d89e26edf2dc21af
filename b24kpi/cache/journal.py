"""What ran, how far each stream is read, and what the cache knows of its portal."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from b24kpi.cache.store import Store
from b24kpi.clock import Clock
from b24kpi.errors import Interrupted
from b24kpi.portal.entities import BY_NAME
from b24kpi.portal.spans import Spans

COMPLETE = "complete"
NOT_LOADED = "not_loaded"


@dataclass(frozen=True)
class StreamState:
    """How far a stream is read; moments are the portal's, UTC epoch seconds.

    Attributes:
        state: `complete`, `not_loaded`, or why it could not be read.
        high: every row up to this id has been read at least once.
        complete_until: changes up to this moment are known; None before the first complete pass.
        pass_started, pass_after: an unfinished full pass; up to that id all is read but its unread ranges.
    """

    name: str
    state: str = NOT_LOADED
    high: int = 0
    complete_until: int | None = None
    pass_started: int | None = None
    pass_after: int | None = None


class Journal:
    """The bookkeeping tables of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def stream(self, name: str) -> StreamState:
        """What is known of a stream; of one that was never read, that."""
        rows = self._store.query(
            "SELECT name, state, high, complete_until, pass_started, pass_after FROM stream WHERE name = ?", (name,)
        )
        return StreamState(*rows[0]) if rows else StreamState(name)

    def save(self, state: StreamState) -> None:
        """Put a stream's state in the place of its former one."""
        self._store.db.execute(
            "INSERT OR REPLACE INTO stream (name, state, high, complete_until, pass_started, pass_after) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (state.name, state.state, state.high, state.complete_until, state.pass_started, state.pass_after),
        )

    def unread(self, name: str) -> list[tuple[int, int]]:
        """The ranges after < id <= upto that an unfinished pass has still to read."""
        return self._store.query("SELECT after, upto FROM stream_range WHERE stream = ? ORDER BY after", (name,))

    def set_unread(self, name: str, ranges: Iterable[tuple[int, int]]) -> None:
        """Put the unread ranges of a pass in the place of the former ones."""
        self._store.db.execute("DELETE FROM stream_range WHERE stream = ?", (name,))
        self._insert_unread(name, ranges)

    def mark_read(self, name: str, after: int, last: int) -> None:
        """The ids after < id <= last are read: take them out of the unread ranges."""
        front = self._store.db.conn.execute(
            "UPDATE stream_range SET after = ? WHERE stream = ? AND after = ? AND upto > ?", (last, name, after, last)
        )
        if front.rowcount:
            return
        found = self._store.query(
            "SELECT after, upto FROM stream_range WHERE stream = ? AND after < ? AND upto > ?", (name, last, after)
        )
        left = Spans(found)
        left.remove(after, last)
        self._store.db.conn.executemany(
            "DELETE FROM stream_range WHERE stream = ? AND after = ?", [(name, start) for start, _ in found]
        )
        self._insert_unread(name, left)

    def _insert_unread(self, name: str, ranges: Iterable[tuple[int, int]]) -> None:
        self._store.db.conn.executemany(
            "INSERT INTO stream_range (stream, after, upto) VALUES (?, ?, ?)",
            [(name, after, upto) for after, upto in ranges],
        )

    def coverage(self) -> dict[str, str]:
        """Stream → `complete`, or why not; also of streams that no run has come to yet."""
        known = dict(self._store.query("SELECT name, state FROM stream"))
        return {name: known.get(name, NOT_LOADED) for name in sorted(BY_NAME)}

    def as_of(self) -> int | None:
        """The moment of the portal up to which every readable stream is known; None before the first sync."""
        return self._store.query("SELECT MIN(complete_until) FROM stream WHERE state = ?", (COMPLETE,))[0][0]  # type: ignore[no-any-return]

    def meta(self, key: str, default: str = "") -> str:
        """What was noted under a key."""
        rows = self._store.query("SELECT value FROM meta WHERE key = ?", (key,))
        return str(rows[0][0]) if rows else default

    def set_meta(self, values: Mapping[str, str]) -> None:
        """Note values under their keys."""
        self._store.db.conn.executemany("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", values.items())

    def start_run(self, kind: str, now: float) -> int:
        """Note that a run has begun. Returns its number."""
        cursor = self._store.db.execute("INSERT INTO run (kind, started) VALUES (?, ?)", (kind, int(now)))
        return int(cursor.lastrowid or 0)

    def finish_run(self, run: int, *, now: float, requests: int, rows: int, state: str) -> None:
        """Note how a run has ended."""
        self._store.db.execute(
            "UPDATE run SET finished = ?, requests = ?, rows = ?, state = ? WHERE id = ?",
            (int(now), requests, rows, state, run),
        )


@contextmanager
def recorded(journal: Journal, clock: Clock, kind: str) -> Iterator[dict[str, object]]:
    """A line of the journal for a run, however it ends; what is put into the dict is noted with it."""
    run = journal.start_run(kind, clock.now())
    outcome: dict[str, object] = {"requests": 0, "rows": 0, "state": "failed"}
    try:
        yield outcome
        if outcome["state"] == "failed":
            outcome["state"] = "complete"
    except Interrupted:
        outcome["state"] = "interrupted"
        raise
    finally:
        journal.finish_run(run, now=clock.now(), **outcome)  # type: ignore[arg-type]
