"""Portal → cache: directories first, then a pass over each stream, several at the same time, resumable at any page.

What a pass reads and keeps is in `passes.py`, how its pages are read in `portal.crew`; here they are joined. One thread
writes: the others only read.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace

from b24kpi import locale
from b24kpi.cache.bulk import BulkLoad
from b24kpi.cache.journal import COMPLETE, Journal, StreamState
from b24kpi.cache.newest import fetch_newest
from b24kpi.cache.owned import OwnedStreams
from b24kpi.cache.passes import FullPass, IncrementalPass, Pass, incremental_ranges, needs_full
from b24kpi.cache.progress import (
    INCOMPLETE,
    MASS_DELETION,
    NO_PERMISSION,
    Progress,
    Silent,
    StreamResult,
    SyncResult,
)
from b24kpi.cache.store import Store
from b24kpi.clock import Clock
from b24kpi.errors import Interrupted, PortalError, RetryLater, Unauthorized
from b24kpi.portal.bulk import BulkSource
from b24kpi.portal.client import PATIENCE, Portal
from b24kpi.portal.crew import WORTH_A_WORD, Finished, Pages, Reading, read_ranges
from b24kpi.portal.entities import ENTITIES, Entity
from b24kpi.portal.reader import Bounds, KeyRange, Page, bounds_and_time, first_pages, read_whole

__all__ = [
    "INCOMPLETE",
    "MASS_DELETION",
    "NO_PERMISSION",
    "Progress",
    "Silent",
    "StreamResult",
    "Sync",
    "SyncResult",
]

_log = logging.getLogger(__name__)

# How often the bounds of a stream are asked for.
ROUNDS = 4

Edges = Mapping[str, Bounds | PortalError]
FirstPages = Mapping[str, Sequence[tuple[KeyRange, Page | PortalError]]]


class Sync:
    """One run over the streams.

    Args:
        language: of what `progress` is told in words.
        bulk: where first passes are read in bulk as far as that can be proven, see `bulk`.
    """

    def __init__(
        self,
        store: Store,
        portal: Portal,
        clock: Clock,
        *,
        progress: Progress | None = None,
        stop: Callable[[], bool] | None = None,
        language: str = "en",
        bulk: BulkSource | None = None,
    ) -> None:
        self._store = store
        self._bulk = bulk
        self._journal = Journal(store)
        self._portal = portal
        self._clock = clock
        self._progress = progress or Silent()
        self._stop = stop or (lambda: False)
        self._language = language

    def run(self, entities: Sequence[Entity] = ENTITIES, *, full: bool = False) -> SyncResult:
        """Read the streams; one that fails does not keep the others from being read.

        Raises:
            Unauthorized: no stream can be read with this webhook.
            Interrupted: `stop` said so; what was read is kept.
        """
        began, asked, waited = self._clock.monotonic(), self._portal.requests, self._portal.waited
        sent = self._bulk_requests
        edges, now = self._edges([entity for entity in entities if entity.by_key])
        first = self._first_pages(entities, edges, full)
        directories = [entity for entity in entities if not entity.by_key and entity.owned is None]
        results = {entity.name: self._directory(entity, now) for entity in directories}
        results |= self._rounds([entity for entity in entities if entity.by_key], edges, first, full, now)
        owned = OwnedStreams(self._store, self._portal, self._clock, self._progress, self._stop, now)
        results |= owned.run([entity for entity in entities if entity.owned is not None], full=full)
        sent = self._bulk_requests - sent
        return SyncResult(
            [results[entity.name] for entity in entities],
            requests=self._portal.requests - asked + sent,
            seconds=self._clock.monotonic() - began,
            waited=self._portal.waited - waited,
            bulk_requests=sent,
        )

    def _edges(self, entities: Sequence[Entity]) -> tuple[Edges, int]:
        """The bounds of the streams, and the portal's own time: watermarks never depend on this machine's clock."""
        edges: Edges = {}
        now = None
        if entities:
            edges, now = bounds_and_time(self._portal, entities)
        return edges, int(now or self._portal.call("server.time").time.now or self._clock.now())

    def _first_pages(self, entities: Iterable[Entity], edges: Edges, full: bool) -> FirstPages:
        """The first page of every incremental range, all in one request; most ranges end there."""
        ranges: list[KeyRange] = []
        for entity in entities:
            edge, state = edges.get(entity.name), self._journal.stream(entity.name)
            if isinstance(edge, Bounds) and not needs_full(entity, state, full):
                ranges += incremental_ranges(entity, state, edge)
        found: dict[str, list[tuple[KeyRange, Page | PortalError]]] = {}
        for stretch, page in zip(ranges, first_pages(self._portal, ranges), strict=True) if ranges else ():
            found.setdefault(stretch.entity.name, []).append((stretch, page))
        return found

    # --- directories

    def _directory(self, entity: Entity, now: int) -> StreamResult:
        result = StreamResult(entity.name, optional=entity.optional)
        began, asked = self._clock.monotonic(), self._portal.requests
        try:
            self._read_directory(entity, result, now)
        except Unauthorized:
            raise
        except PortalError as error:
            self._failed(result, error)
        result.requests = self._portal.requests - asked
        self._told(result, began)
        return result

    def _read_directory(self, entity: Entity, result: StreamResult, now: int) -> None:
        rows = read_whole(self._portal, entity)
        self._progress.start(entity.name, len(rows))
        with self._store.transaction():
            result.rows = len(rows)
            result.changed = self._store.upsert(entity, rows, seen_at=now)
            shown = {str(row[entity.shown_key]) for row in rows}
            gone = [key for key in self._store.live_keys(entity) if str(key) not in shown]
            self._store.mark_deleted(entity, gone, seen_at=now)
            result.changed += len(gone)
            self._journal.save(StreamState(entity.name, COMPLETE, complete_until=now))
        self._progress.advance(entity.name, len(rows), len(rows))

    def _failed(self, result: StreamResult, error: PortalError) -> None:
        result.failed(error)
        with self._store.transaction():
            self._journal.save(replace(self._journal.stream(result.name), state=result.state))

    # --- streams walked by ids

    def _rounds(
        self, entities: Sequence[Entity], edges: Edges, first: FirstPages, full: bool, now: int
    ) -> dict[str, StreamResult]:
        """Streams whose bounds the portal could not tell for now come after the others."""
        results: dict[str, StreamResult] = {}
        for left in reversed(range(ROUNDS)):
            late = [each for each in entities if left and isinstance(edges[each.name], RetryLater)]
            results |= self._streams([each for each in entities if each not in late], edges, first, full, now)
            if not late:
                break
            entities, edges = late, self._edges_again(late)
            first = self._first_pages(late, edges, full)
        return results

    def _edges_again(self, entities: Sequence[Entity]) -> Edges:
        seconds = max(self._portal.ready_in(entity.method) for entity in entities)
        if seconds > WORTH_A_WORD:
            self._waiting(entities[0].method, seconds)
        self._portal.pause(max(seconds, PATIENCE))
        try:
            return bounds_and_time(self._portal, entities)[0]
        except RetryLater as error:
            return {entity.name: error for entity in entities}

    def _streams(
        self, entities: Sequence[Entity], edges: Edges, first: FirstPages, full: bool, now: int
    ) -> dict[str, StreamResult]:
        began = self._clock.monotonic()
        results: dict[str, StreamResult] = {}
        passes: list[Pass] = []
        for entity in entities:
            edge = edges[entity.name]
            if isinstance(edge, PortalError):
                results[entity.name] = self._unbounded(entity, edge, began)
            elif needs_full(entity, self._journal.stream(entity.name), full):
                passes.append(FullPass(self._store, entity, edge, now, self._progress))
            else:
                begun = first.get(entity.name, ())
                passes.append(IncrementalPass(self._store, entity, edge, begun, now, self._progress))
        self._carry_out(passes, began)
        fetch_newest(self._portal, passes)
        results |= {each.entity.name: each.result for each in passes}
        self._catch_up(passes, edges, now)
        return results

    def _catch_up(self, passes: Iterable[Pass], edges: Edges, now: int) -> None:
        """What has changed since an earlier run began a pass that this one has finished."""
        resumed = [each for each in passes if isinstance(each, FullPass) and each.was_resumed]
        finished = {each.entity.name: each for each in resumed if each.result.state == COMPLETE}
        entities = [each.entity for each in finished.values()]
        changing = [each for each in entities if not needs_full(each, self._journal.stream(each.name), False)]
        if changing:
            first = self._first_pages(changing, edges, False)
            for name, later in self._streams(changing, edges, first, False, now).items():
                finished[name].result.add(later)

    def _unbounded(self, entity: Entity, error: PortalError, began: float) -> StreamResult:
        if isinstance(error, Unauthorized):
            raise error
        result = StreamResult(entity.name, optional=entity.optional)
        self._failed(result, error)
        self._told(result, began)
        return result

    def _carry_out(self, passes: Sequence[Pass], began: float) -> None:
        """Read what the passes want, all of them together, and store it page by page."""
        self._load_in_bulk(passes)
        readings: dict[int, tuple[Reading, Pass]] = {}
        for each in passes:
            readings |= {id(reading): (reading, each) for reading in each.readings()}
        left = {each.entity.name: [pair[1] for pair in readings.values()].count(each) for each in passes}
        for each in passes:
            if not left[each.entity.name]:
                self._finish(each, began)
        wanted = [reading for reading, _ in readings.values()]
        with closing(read_ranges(self._portal, wanted, waiting=self._waiting)) as events:
            for event in events:
                each = readings[id(event.reading)][1]
                if isinstance(event, Pages):
                    self._keep(each, event)
                    continue
                left[each.entity.name] -= 1
                self._note_error(each, event)
                if not left[each.entity.name]:
                    self._finish(each, began)

    @property
    def _bulk_requests(self) -> int:
        return self._bulk.requests if self._bulk is not None else 0

    def _load_in_bulk(self, passes: Sequence[Pass]) -> None:
        """What of the first passes can be read in bulk; the rest stays unread."""
        if self._bulk is None:
            return
        parts = (self._store, self._portal, self._bulk, self._clock, self._progress, self._stop, self._language)
        BulkLoad(*parts).run(passes)

    def _keep(self, each: Pass, event: Pages) -> None:
        """Store pages together: a transaction for each would cost as much as the rows."""
        each.result.requests += event.requests
        with self._store.transaction():
            for page in event.pages:
                self._keep_page(each, page)
                if self._stop():
                    break
        if self._stop():
            raise Interrupted("cache.interrupted")

    def _keep_page(self, each: Pass, page: Page) -> None:
        try:
            each.keep(page)
        except PortalError as error:  # a value that is not what it should be: its page stays unread
            each.result.error = each.result.error or error

    def _note_error(self, each: Pass, event: Finished) -> None:
        if isinstance(event.error, Unauthorized):
            raise event.error
        each.result.error = each.result.error or event.error

    def _finish(self, each: Pass, began: float) -> None:
        if each.result.error is not None:
            each.fail(each.result.error)
        else:
            each.finish()
        self._told(each.result, began)

    def _told(self, result: StreamResult, began: float) -> None:
        result.seconds = self._clock.monotonic() - began
        self._progress.finish(result.name, result.state)
        _log.info(
            "synced stream=%s rows=%d changed=%d state=%s", result.name, result.rows, result.changed, result.state
        )

    def _waiting(self, method: str, seconds: float) -> None:
        """Nothing can be asked for but what the portal's limits hold back."""
        self._progress.note(locale.text("cache.waiting", self._language, method=method, seconds=round(seconds)))
