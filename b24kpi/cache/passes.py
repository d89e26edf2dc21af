"""One pass over one stream that is walked by ids: what it has to read, and what becomes of each page.

Pages come in any order. Rows, the ranges that are still unread and the candidates for deletion of a page change in one
transaction, so a run may be cut off anywhere: the next one reads what is left.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from b24kpi.cache.journal import COMPLETE, Journal, StreamState
from b24kpi.cache.progress import Progress, StreamResult
from b24kpi.cache.store import Store
from b24kpi.errors import PortalError
from b24kpi.portal.crew import Reading
from b24kpi.portal.entities import Entity
from b24kpi.portal.keys import Bounds, KeyRange, Page
from b24kpi.portal.spans import Span, Spans

# DATE_MODIFY has a resolution of a second and is set before commit: changes this old are read once more.
OVERLAP = 300


class Pass(Protocol):
    """What a sync does with a stream."""

    entity: Entity
    result: StreamResult

    def readings(self) -> list[Reading]:
        """What there is to read."""

    def keep(self, page: Page) -> None:
        """Store a page."""

    def finish(self) -> None:
        """All is read."""

    def fail(self, error: PortalError) -> None:
        """Not all could be read."""


class FullPass:
    """All ids. What the cache holds and the portal no longer shows is found afterwards, see `deletions`.

    Attributes:
        was_resumed: an earlier run began it, so that rows which that run has read may have changed since.
    """

    def __init__(self, store: Store, entity: Entity, edge: Bounds, now: int, progress: Progress) -> None:
        self.entity = entity
        self.result = StreamResult(entity.name, optional=entity.optional)
        self._store = store
        self._journal = Journal(store)
        self._progress = progress
        self._edge = edge
        self._now = now
        self._begun = False
        self._is_told = False
        self.was_resumed = self._journal.stream(entity.name).pass_started is not None
        self._state, self._unread = self._plan()
        self._ids = self._unread.ids

    def readings(self) -> list[Reading]:
        """The unread ranges, where there are any."""
        self.start()
        spans = tuple(self._unread)
        return [Reading(self.entity, spans, density=self._edge.density)] if spans else []

    def start(self) -> None:
        """Tell how much there is to read, once."""
        if not self._is_told:
            self._progress.start(self.entity.name, self._ids)
        self._is_told = True

    @property
    def unread(self) -> tuple[Span, ...]:
        """The ranges after < id <= upto that are still to be read."""
        return tuple(self._unread)

    @property
    def density(self) -> float:
        """`Bounds.density` of the stream."""
        return self._edge.density

    @property
    def high(self) -> int:
        """The greatest id of the pass."""
        return self._edge.high

    @property
    def is_first(self) -> bool:
        """Whether the stream has never been read to its end."""
        return self._state.complete_until is None

    def keep(self, page: Page) -> None:
        """Store a page, in one transaction with what it proves."""
        if not self._begun:  # apart, so that a page that cannot be stored does not take it back
            with self._store.transaction():
                self._begin()
        with self._store.transaction():
            changed = self._store.upsert(self.entity, page.rows, seen_at=self._now)
            self._journal.mark_read(self.entity.name, page.after, page.last)
        self._unread.remove(page.after, page.last)
        self.result.changed += changed
        self.result.rows += len(page.rows)
        self._progress.advance(self.entity.name, len(page.rows), self._ids - self._unread.ids)

    def keep_newer(self, page: Page) -> None:
        """Store rows from behind the pass; the journal knows nothing of them."""
        with self._store.transaction():
            self.result.changed += self._store.upsert(self.entity, page.rows, seen_at=self._now)
        self.result.rows += len(page.rows)

    def finish(self) -> None:
        """All ids are read."""
        with self._store.transaction():
            self._begin()
            self._journal.set_unread(self.entity.name, ())
            finished = replace(self._state, state=self.result.state, complete_until=self._state.pass_started)
            high = max(self._edge.high, finished.high)
            self._journal.save(replace(finished, high=high, pass_started=None, pass_after=None))

    def fail(self, error: PortalError) -> None:
        """Note why; the next run goes on with the ranges that are unread."""
        self.result.failed(error)
        with self._store.transaction():
            self._begin()
            self._journal.save(replace(self._state, state=self.result.state))

    def _plan(self) -> tuple[StreamState, Spans]:
        """An unfinished pass goes on with what it left, and with ids given out since."""
        state, edge = self._journal.stream(self.entity.name), self._edge
        unread = Spans()
        after = min(edge.low, 1) - 1
        if state.pass_started is not None:
            unread = Spans(self._journal.unread(self.entity.name))
            after = state.pass_after or 0
        unread.add(after, edge.high)
        # Beyond the bounds there is nothing to read.
        unread.clip(edge.low - 1, edge.high)
        started = self._now if state.pass_started is None else state.pass_started
        return replace(state, pass_started=started, pass_after=max(after, edge.high)), unread

    def _begin(self) -> None:
        """Note the pass with its first page, so that a stream nobody came to is as before."""
        if self._begun:
            return
        name = self.entity.name
        self._journal.set_unread(name, self._unread)
        self._journal.save(self._state)
        self._begun = True


class IncrementalPass:
    """New ids, the newest ones once more, and whatever was modified since the last pass.

    Args:
        first: the ranges to read with the first page of each, or why there is none.
    """

    def __init__(
        self,
        store: Store,
        entity: Entity,
        edge: Bounds,
        first: Sequence[tuple[KeyRange, Page | PortalError]],
        now: int,
        progress: Progress,
    ) -> None:
        self.entity = entity
        self.result = StreamResult(entity.name, optional=entity.optional)
        self._store = store
        self._journal = Journal(store)
        self._progress = progress
        self._edge = edge
        self._first = first
        self._now = now

    def readings(self) -> list[Reading]:
        """What the first pages, which are stored, leave to be read."""
        self._progress.start(self.entity.name, 0)
        left = []
        for stretch, page in self._first:
            after = stretch.after
            if isinstance(page, Page):
                self.keep(page)
                after = page.last
            if after < stretch.upto:
                left.append(Reading(self.entity, ((after, stretch.upto),), stretch.since, self._edge.density))
        return left

    def keep(self, page: Page) -> None:
        """Store a page."""
        with self._store.transaction():
            self.result.changed += self._store.upsert(self.entity, page.rows, seen_at=self._now)
        self.result.rows += len(page.rows)
        self._progress.advance(self.entity.name, len(page.rows), 0)

    def finish(self) -> None:
        """All changes up to the start of this pass are known."""
        state = self._journal.stream(self.entity.name)
        high = max(self._edge.high, state.high)
        with self._store.transaction():
            self._journal.save(replace(state, state=COMPLETE, high=high, complete_until=self._now))

    def fail(self, error: PortalError) -> None:
        """Note why; the next run looks at the same ranges again."""
        self.result.failed(error)
        with self._store.transaction():
            self._journal.save(replace(self._journal.stream(self.entity.name), state=self.result.state))


def needs_full(entity: Entity, state: StreamState, full: bool) -> bool:
    """Streams without a date of change and without re-reading (users) are walked whole each time: they are small."""
    resumable = state.complete_until is not None and state.pass_started is None
    return full or not resumable or not (entity.modified or entity.reread)


def incremental_ranges(entity: Entity, state: StreamState, edge: Bounds) -> list[KeyRange]:
    """What an incremental pass has to look at."""
    ranges = []
    after = max(state.high - entity.reread, edge.low - 1)
    if edge.high > after:
        ranges.append(KeyRange(entity, after, edge.high))
    if entity.modified and state.high > 0 and state.complete_until is not None:
        upto = min(state.high, edge.high)
        ranges.append(KeyRange(entity, max(edge.low - 1, 0), upto, state.complete_until - OVERLAP))
    return ranges
