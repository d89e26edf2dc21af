"""What a sync does besides reading what is new: silent changes, renamed stages, rows that vanished.

Slices of all streams are read again at each run. Rows are compared by count where that was asked for, where a slice
missed a row, where rows are in doubt, and otherwise once an hour at most, more seldom where counting is slow: a
hundredth of the time goes into it, no more.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from b24kpi.cache.asking import Asker
from b24kpi.cache.deletions import Deletions, Finding
from b24kpi.cache.doubts import in_doubt, trust
from b24kpi.cache.journal import COMPLETE, Journal
from b24kpi.cache.progress import INCOMPLETE, MASS_DELETION, StreamResult, SyncResult
from b24kpi.cache.renames import follow_renames
from b24kpi.cache.rolling import DAY, Cursor, Rolling
from b24kpi.cache.store import Store
from b24kpi.clock import Clock
from b24kpi.errors import PortalError, Unauthorized
from b24kpi.portal.client import Portal
from b24kpi.portal.entities import Entity

_log = logging.getLogger(__name__)

HOUR = 3_600.0
# So many seconds pass before the next comparison for each one that the portal counted for the last.
REST = 100


@dataclass(frozen=True)
class Care:
    """What was done for a stream and when; moments are epoch seconds of this machine's clock."""

    compared: float
    seconds: float
    cursor: Cursor

    def is_due(self, now: float) -> bool:
        """Whether rows are to be compared by count."""
        return now - self.compared >= max(HOUR, REST * self.seconds)


class Upkeep:
    """Keeps the streams true that a sync has read; what it does is added to the sync's results."""

    def __init__(self, store: Store, portal: Portal, clock: Clock, result: SyncResult) -> None:
        self._store = store
        self._portal = portal
        self._clock = clock
        self._result = result
        self._streams = {stream.name: stream for stream in result.streams}
        self._journal = Journal(store)
        self._asker = Asker(portal, clock)

    def run(self, entities: Sequence[Entity], *, full: bool, compare: bool, confirmed: bool) -> None:
        """Care for streams; a comparison that nobody asked for and that fails is left for the next run.

        Args:
            full: the sync has just read all rows, so none is due to be read again.
            compare: compare by count, due or not.
            confirmed: rows that vanished are deleted, whatever it looks like.

        Raises:
            Unauthorized: the webhook is no longer valid.
            Interrupted: told to stop; what was done is kept.
        """
        began, waited = self._clock.monotonic(), self._portal.waited
        trust(self._store, at_first=True)
        follow_renames(self._store)
        ready = [entity for entity in entities if entity.by_key and self._is_read(entity.name)]
        missed = {entity.name for entity in ready if self._refresh(entity, full)}
        asked = full or compare or confirmed
        wanted = [entity for entity in ready if asked or entity.name in missed or self._is_due(entity.name)]
        if wanted:
            self._compare(wanted, asked, confirmed)
        self._result.waited += self._portal.waited - waited
        self._result.seconds += self._clock.monotonic() - began

    def _is_read(self, name: str) -> bool:
        """Whether all rows of a stream have been read, if perhaps too many have vanished since."""
        state = self._journal.stream(name)
        read = self._streams[name].state in (COMPLETE, MASS_DELETION) and state.complete_until is not None
        return read and state.pass_started is None

    # --- silent changes

    def _refresh(self, entity: Entity, full: bool) -> bool:
        """Read the slice of a stream that is due. Returns whether a row was no longer there.

        Streams that tell nothing of changes (users) are read whole by each sync.
        """
        now, care, stream = self._clock.now(), self._care(entity.name), self._streams[entity.name]
        if full:
            self._save(entity.name, replace(care, cursor=Cursor(0, now)))
        hurried = self._result.waited > 0 and now - care.cursor.until < DAY
        if full or hurried or stream.state != COMPLETE or not (entity.modified or entity.reread):
            return False
        return self._rolled(entity, care.cursor, stream, now)

    def _rolled(self, entity: Entity, cursor: Cursor, stream: StreamResult, now: float) -> bool:
        asked = self._portal.requests
        rolling = Rolling(self._store, self._portal, self._asker, self._save_cursor)
        try:
            refreshed = rolling.run(entity, cursor, high=self._journal.stream(entity.name).high, now=now)
        except Unauthorized:
            raise
        except PortalError as error:
            _log.warning("not read again stream=%s error=%s", entity.name, error)
            return False
        stream.rows += refreshed.rows
        stream.changed += refreshed.changed
        stream.requests += self._portal.requests - asked
        return refreshed.missing

    # --- rows that vanished

    def _is_due(self, name: str) -> bool:
        """Whether a stream is to be compared; one in doubt always is, so that each sync tells how it stands."""
        return in_doubt(self._store, name) or self._care(name).is_due(self._clock.now())

    def _compare(self, entities: Sequence[Entity], asked: bool, confirmed: bool) -> None:
        worked = self._asker.seconds
        try:
            findings = Deletions(self._store, self._portal, self._asker).run(entities, confirmed=confirmed)
        except Unauthorized:
            raise
        except PortalError as error:
            findings = {entity.name: Finding(error=error) for entity in entities}
        self._note_comparison(findings, self._asker.seconds - worked)
        for name, finding in findings.items():
            self._tell(self._streams[name], finding, asked)

    def _note_comparison(self, names: Collection[str], seconds: float) -> None:
        for name in names:
            self._save(name, replace(self._care(name), compared=self._clock.now(), seconds=seconds))

    def _tell(self, stream: StreamResult, finding: Finding, asked: bool) -> None:
        """Add what was found to the result of the sync."""
        stream.rows += finding.rows
        stream.changed += finding.changed + finding.deleted
        if finding.refused or (finding.error is not None and in_doubt(self._store, stream.name)):
            stream.state, stream.error = MASS_DELETION, finding.error
        elif finding.error is None:
            stream.state, stream.error = COMPLETE, None
        else:
            _log.warning("not compared stream=%s error=%s", stream.name, finding.error)
            if asked and stream.state == COMPLETE:
                stream.state, stream.error = INCOMPLETE, finding.error

    # --- when what was done

    def _care(self, name: str) -> Care:
        """A stream that nobody has cared for has just been read for the first time: all of it is fresh."""
        rows = self._store.query(
            "SELECT compared, seconds, refreshed_after, refreshed_until FROM upkeep WHERE stream = ?", (name,)
        )
        if rows:
            compared, seconds, after, until = rows[0]
            return Care(compared, seconds, Cursor(after, until))
        fresh = Care(self._clock.now(), 0.0, Cursor(0, self._clock.now()))
        self._save(name, fresh)
        return fresh

    def _save(self, name: str, care: Care) -> None:
        with self._store.transaction():
            self._store.db.execute(
                "INSERT OR REPLACE INTO upkeep (stream, compared, seconds, refreshed_after, refreshed_until) "
                "VALUES (?, ?, ?, ?, ?)",
                [name, care.compared, care.seconds, care.cursor.after, care.cursor.until],
            )

    def _save_cursor(self, name: str, cursor: Cursor) -> None:
        self._save(name, replace(self._care(name), cursor=cursor))
