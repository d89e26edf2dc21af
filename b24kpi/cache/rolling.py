"""Silent changes: every row is read again at least weekly, a slice of the ids at each run.

Bitrix24 changes some fields by plain SQL, without DATE_MODIFY and without an event: links to deleted rows, the bindings
of merged ones, flags of returning customers, codes of stages (read from the portal's source). A run reads the share of
a stream's rows that the time since the slice before is of PERIOD: a few requests where it runs every half hour.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from b24kpi.cache.asking import Asker
from b24kpi.cache.daily_counts import daily_count
from b24kpi.cache.rereading import read_stretches
from b24kpi.cache.store import Store
from b24kpi.portal.client import Portal
from b24kpi.portal.entities import Entity
from b24kpi.portal.keys import PAGE, KeyRange
from b24kpi.portal.protocol import BATCH_SIZE

_log = logging.getLogger(__name__)

DAY = 86_400.0
# A day less than a week, so that a night without runs breaks no promise.
PERIOD = 6 * DAY
BATCH = PAGE * BATCH_SIZE
BATCHES = 4


@dataclass(frozen=True)
class Cursor:
    """How far a stream was read again.

    Attributes:
        after: the id behind which the next slice begins.
        until: the moment up to which the rows due have been read, epoch seconds.
    """

    after: int
    until: float


@dataclass
class Refreshed:
    """What a slice has brought: rows read, rows that had changed, whether a row was no longer there."""

    rows: int = 0
    changed: int = 0
    missing: bool = False


def rows_due(live: int, behind: float) -> int:
    """How many of the rows of a stream to read now.

    Four batches at most, a day's share where a stream has fallen behind by more than a day; nothing below a page.

    Args:
        behind: seconds since the moment up to which the rows due have been read.

    >>> rows_due(1_000_000, 1800), rows_due(1_000_000, DAY), rows_due(1_000_000, 3 * DAY), rows_due(1_000, 1800)
    (3472, 10000, 166667, 0)
    """
    due = int(live * min(behind / PERIOD, 1.0))
    most = max(BATCHES * BATCH, ceil(live * DAY / PERIOD) if behind > DAY else 0)
    return min(due, most) if due >= min(PAGE, live) else 0


def moved_on(cursor: Cursor, rows: int, live: int, upto: int, now: float) -> Cursor:
    """The cursor after so many rows, of which the last range ended at `upto`; what is missed longest is forgiven."""
    until = max(cursor.until, now - PERIOD) + PERIOD * rows / live
    return Cursor(upto, min(until, now))


class Rolling:
    """Reads slices of streams again.

    Args:
        save: keeps the cursor of a stream.
    """

    def __init__(self, store: Store, portal: Portal, asker: Asker, save: Callable[[str, Cursor], None]) -> None:
        self._store = store
        self._portal = portal
        self._asker = asker
        self._save = save

    def run(self, entity: Entity, cursor: Cursor, *, high: int, now: float) -> Refreshed:
        """Read what is due; batch by batch, so that the next run goes on from the last one.

        Args:
            high: the id up to which the stream has been read.

        Raises:
            PortalError: a range could not be read; the cursor stands before it.
            Interrupted: told to stop.
        """
        result = Refreshed()
        live = daily_count(self._store, entity.name, now, lambda: self._store.count_live(entity, 0, high))
        due = rows_due(live, now - cursor.until)
        while due > 0:
            wanted = min(due, BATCH)
            known = self._slice(entity, cursor.after, high, wanted)
            ended = len(known) < wanted
            self._read(list(_pages(entity, cursor.after, known, high if ended else None)), known, result)
            cursor = moved_on(cursor, len(known), live, 0 if ended else known[-1], now)
            with self._store.transaction():
                self._save(entity.name, cursor)
            due = 0 if ended else due - len(known)
        if result.rows:
            _log.info("read again stream=%s rows=%d changed=%d", entity.name, result.rows, result.changed)
        return result

    def _slice(self, entity: Entity, after: int, high: int, rows: int) -> list[int]:
        """Ids of the next live rows."""
        last = self._store.live_key(entity, after, high, rows - 1)
        return sorted(self._store.live_ids(entity, after, high if last is None else last))

    def _read(self, stretches: Sequence[KeyRange], known: Sequence[int], result: Refreshed) -> None:
        left = set(known)
        for page in read_stretches(self._portal, self._asker, stretches):
            entity = stretches[0].entity
            with self._store.transaction():
                result.changed += self._store.upsert(entity, page.rows, seen_at=self._asker.now)
            result.rows += len(page.rows)
            left -= {int(row[entity.shown_key]) for row in page.rows}
        result.missing = result.missing or bool(left)


def _pages(entity: Entity, after: int, known: Sequence[int], end: int | None) -> Iterator[KeyRange]:
    """Ranges of a page of known rows each; the last one up to `end`, where the stream ends with it."""
    for start in range(0, len(known), PAGE):
        part = known[start : start + PAGE]
        last = start + PAGE >= len(known)
        upto = max(part[-1], end) if last and end is not None else part[-1]
        yield KeyRange(entity, after, upto)
        after = upto
