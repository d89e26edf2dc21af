"""Portal → cache: a pass over each stream, resumable at any page.

A full pass walks all ids; what the cache holds and the portal no longer shows is marked as deleted when the pass is
complete. An incremental pass reads new ids (with the newest ones once more, since ids are given out before commit) and
then whatever was modified since the last pass, by the portal's clock and with an overlap. Rows, cursor and candidates
for deletion of a page change in one transaction, so a run may be cut off anywhere.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from b24kpi.cache.journal import COMPLETE, Journal, StreamState
from b24kpi.cache.store import Store
from b24kpi.clock import Clock
from b24kpi.errors import Interrupted, PortalError, Refused, Unauthorized
from b24kpi.portal.client import Portal
from b24kpi.portal.entities import ENTITIES, Entity
from b24kpi.portal.reader import Bounds, KeyRange, Page, bounds, first_pages, read_keys, read_whole

_log = logging.getLogger(__name__)

# DATE_MODIFY has a resolution of a second and is set before commit: changes this old are read once more.
OVERLAP = 300
# More rows than this share gone at once looks like lost rights rather than like work.
MASS_DISAPPEARANCE = 0.2
MASS_MINIMUM = 50

# The portal refuses everybody for a while, whatever their rights.
_SHUT = ("portal.overloaded", "portal.blocked")

NO_PERMISSION = "no_permission"
INCOMPLETE = "incomplete"
MASS_DELETION = "mass_deletion"


class Progress(Protocol):
    """Told how a sync goes on."""

    def start(self, stream: str, total_ids: int) -> None: ...
    def advance(self, stream: str, rows: int, done_ids: int) -> None: ...
    def finish(self, stream: str, state: str) -> None: ...
    def note(self, text: str) -> None: ...


class Silent:
    """Progress that nobody watches."""

    def start(self, stream: str, total_ids: int) -> None: ...
    def advance(self, stream: str, rows: int, done_ids: int) -> None: ...
    def finish(self, stream: str, state: str) -> None: ...
    def note(self, text: str) -> None: ...


@dataclass
class StreamResult:
    """How one stream was read: rows that came over the wire, rows that were new or different, HTTP requests."""

    name: str
    rows: int = 0
    changed: int = 0
    requests: int = 0
    seconds: float = 0.0
    state: str = COMPLETE
    error: PortalError | None = None


@dataclass
class SyncResult:
    """How a sync went; `complete` is False where some stream could not be read to its end."""

    streams: list[StreamResult] = field(default_factory=list)
    requests: int = 0
    seconds: float = 0.0
    waited: float = 0.0

    @property
    def rows(self) -> int:
        return sum(stream.rows for stream in self.streams)

    @property
    def changed(self) -> int:
        return sum(stream.changed for stream in self.streams)

    @property
    def complete(self) -> bool:
        return all(stream.state == COMPLETE for stream in self.streams)


class Sync:
    """One run over the streams."""

    def __init__(
        self,
        store: Store,
        portal: Portal,
        clock: Clock,
        *,
        progress: Progress | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> None:
        self._store = store
        self._journal = Journal(store)
        self._portal = portal
        self._clock = clock
        self._progress = progress or Silent()
        self._stop = stop or (lambda: False)

    def run(self, entities: Sequence[Entity] = ENTITIES, *, full: bool = False) -> SyncResult:
        """Read the streams; one that fails does not keep the others from being read.

        Raises:
            Unauthorized: no stream can be read with this webhook.
            Interrupted: `stop` said so; what was read is kept.
        """
        began, asked, waited = self._clock.monotonic(), self._portal.requests, self._portal.waited
        now = self._portal_now()
        edges = bounds(self._portal, [entity for entity in entities if entity.by_key])
        first = self._first_pages(entities, edges, full)
        result = SyncResult()
        for entity in entities:
            result.streams.append(self._stream(entity, edges.get(entity.name), first.get(entity.name, []), full, now))
        result.requests = self._portal.requests - asked
        result.waited = self._portal.waited - waited
        result.seconds = self._clock.monotonic() - began
        return result

    def _portal_now(self) -> int:
        """The portal's own time: watermarks never depend on this machine's clock."""
        return int(self._portal.call("server.time").time.now or self._clock.now())

    def _first_pages(
        self, entities: Iterable[Entity], edges: dict[str, Bounds | PortalError], full: bool
    ) -> dict[str, list[tuple[KeyRange, Page | PortalError]]]:
        """The first page of every incremental range, all in one request; most ranges end there."""
        ranges: list[KeyRange] = []
        for entity in entities:
            edge, state = edges.get(entity.name), self._journal.stream(entity.name)
            if isinstance(edge, Bounds) and not _needs_full(entity, state, full):
                ranges += _incremental_ranges(entity, state, edge)
        found: dict[str, list[tuple[KeyRange, Page | PortalError]]] = {}
        for stretch, page in zip(ranges, first_pages(self._portal, ranges), strict=True) if ranges else ():
            found.setdefault(stretch.entity.name, []).append((stretch, page))
        return found

    def _stream(
        self,
        entity: Entity,
        edge: Bounds | PortalError | None,
        first: list[tuple[KeyRange, Page | PortalError]],
        full: bool,
        now: int,
    ) -> StreamResult:
        result = StreamResult(entity.name)
        began, asked = self._clock.monotonic(), self._portal.requests
        try:
            if isinstance(edge, PortalError):
                raise edge
            if edge is None:
                self._whole(entity, result, now)
            elif _needs_full(entity, self._journal.stream(entity.name), full):
                self._full(entity, edge, result, now)
            else:
                self._incremental(entity, edge, first, result, now)
        except Unauthorized:
            raise
        except PortalError as error:
            self._failed(entity, error, result)
        result.requests = self._portal.requests - asked
        result.seconds = self._clock.monotonic() - began
        self._progress.finish(entity.name, result.state)
        _log.info(
            "synced stream=%s rows=%d changed=%d state=%s", entity.name, result.rows, result.changed, result.state
        )
        return result

    def _failed(self, entity: Entity, error: PortalError, result: StreamResult) -> None:
        result.error = error
        refused = isinstance(error, Refused) and error.message_id not in _SHUT
        result.state = NO_PERMISSION if refused else INCOMPLETE
        with self._store.transaction():
            self._journal.save(replace(self._journal.stream(entity.name), state=result.state))

    def _whole(self, entity: Entity, result: StreamResult, now: int) -> None:
        rows = read_whole(self._portal, entity)
        self._progress.start(entity.name, len(rows))
        with self._store.transaction():
            result.rows = len(rows)
            result.changed = self._store.upsert(entity, rows, seen_at=now)
            shown = {str(row[entity.key]) for row in rows}
            gone = [key for key in self._store.live_keys(entity) if str(key) not in shown]
            self._store.mark_deleted(entity, gone, seen_at=now)
            result.changed += len(gone)
            self._journal.save(StreamState(entity.name, COMPLETE, complete_until=now))
        self._progress.advance(entity.name, len(rows), len(rows))

    def _full(self, entity: Entity, edge: Bounds, result: StreamResult, now: int) -> None:
        state = self._journal.stream(entity.name)
        if state.pass_started is None:
            state = replace(state, pass_started=now, pass_after=min(edge.low, 1) - 1)
            with self._store.transaction():
                self._store.db.execute("DELETE FROM vanished WHERE stream = ?", (entity.name,))
                self._journal.save(state)
        after = state.pass_after or 0
        self._progress.start(entity.name, edge.high - after)
        for page in read_keys(
            self._portal, entity, after=max(after, edge.low - 1), upto=edge.high, density=edge.density
        ):
            state = self._keep_full_page(entity, replace(state, pass_after=page.last), page, result, now)
            self._progress.advance(entity.name, len(page.rows), page.last - after)
            self._check_stop()
        self._finish_full(entity, replace(state, high=max(edge.high, state.high)), edge, result, now)

    def _keep_full_page(
        self, entity: Entity, state: StreamState, page: Page, result: StreamResult, now: int
    ) -> StreamState:
        with self._store.transaction():
            changed = self._store.upsert(entity, page.rows, seen_at=now)
            self._note_vanished(entity, page)
            self._journal.save(state)
        result.rows += len(page.rows)
        result.changed += changed
        return state

    def _note_vanished(self, entity: Entity, page: Page) -> None:
        shown = {int(row[entity.key]) for row in page.rows}
        gone = [key for key in self._store.live_keys(entity, page.after, page.last) if key not in shown]
        self._store.db.conn.executemany(
            "INSERT OR IGNORE INTO vanished (stream, id) VALUES (?, ?)", ((entity.name, key) for key in gone)
        )

    def _finish_full(self, entity: Entity, state: StreamState, edge: Bounds, result: StreamResult, now: int) -> None:
        """Mark what vanished, unless so much did that rights were probably lost."""
        with self._store.transaction():
            gone = [row[0] for row in self._store.query("SELECT id FROM vanished WHERE stream = ?", (entity.name,))]
            gone += self._store.live_keys(entity, edge.high) + self._store.live_keys(entity, last=edge.low - 1)
            live = self._store.count_live(entity)
            suspicious = len(gone) > MASS_MINIMUM and len(gone) > MASS_DISAPPEARANCE * live
            if suspicious:
                result.state = MASS_DELETION
                result.error = PortalError("cache.mass_deletion", method=entity.method, count=len(gone), total=live)
            else:
                self._store.mark_deleted(entity, gone, seen_at=now)
                result.changed += len(gone)
            self._store.db.execute("DELETE FROM vanished WHERE stream = ?", (entity.name,))
            finished = replace(state, state=result.state, complete_until=state.pass_started)
            self._journal.save(replace(finished, pass_started=None, pass_after=None))

    def _incremental(
        self,
        entity: Entity,
        edge: Bounds,
        first: list[tuple[KeyRange, Page | PortalError]],
        result: StreamResult,
        now: int,
    ) -> None:
        state = self._journal.stream(entity.name)
        self._progress.start(entity.name, len(first))
        for number, (stretch, page) in enumerate(first, 1):
            after = stretch.after
            if isinstance(page, Page):
                self._keep(entity, page, result, now)
                after = page.last
            for following in read_keys(self._portal, entity, after=after, upto=stretch.upto, since=stretch.since):
                self._keep(entity, following, result, now)
                self._check_stop()
            self._progress.advance(entity.name, result.rows, number)
        with self._store.transaction():
            finished = replace(state, state=COMPLETE, high=max(edge.high, state.high), complete_until=now)
            self._journal.save(finished)

    def _keep(self, entity: Entity, page: Page, result: StreamResult, now: int) -> None:
        with self._store.transaction():
            result.changed += self._store.upsert(entity, page.rows, seen_at=now)
        result.rows += len(page.rows)

    def _check_stop(self) -> None:
        if self._stop():
            raise Interrupted("cache.interrupted")


def _needs_full(entity: Entity, state: StreamState, full: bool) -> bool:
    """Streams without a date of change and without re-reading (users) are walked whole each time: they are small.

    So is one of which too much had vanished, until its rows are back.
    """
    resumable = state.complete_until is not None and state.pass_started is None and state.state != MASS_DELETION
    return full or not resumable or not (entity.modified or entity.reread)


def _incremental_ranges(entity: Entity, state: StreamState, edge: Bounds) -> list[KeyRange]:
    ranges = []
    after = max(state.high - entity.reread, edge.low - 1)
    if edge.high > after:
        ranges.append(KeyRange(entity, after, edge.high))
    if entity.modified and state.high > 0 and state.complete_until is not None:
        upto = min(state.high, edge.high)
        ranges.append(KeyRange(entity, max(edge.low - 1, 0), upto, state.complete_until - OVERLAP))
    return ranges
