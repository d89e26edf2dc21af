"""Streams whose list shows only the rows of owners that are named: product rows of deals, products that rows name.

Who has to be asked about is kept in the table `unasked`: everybody at first, then by trigger those that are new or have
changed, and of the others a share at each run, so that nobody is left out for more than `Owned.days`: rows have no date
of change, and to change one need not change its owner (bitrix24-rest.md, 7.11). An owner leaves the table in the
transaction that stores his rows, so a run may be cut off anywhere. Rows of his that are no longer shown are gone.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import ceil

from b24kpi.cache import schema
from b24kpi.cache.asking import Asker
from b24kpi.cache.daily_counts import daily_count
from b24kpi.cache.journal import COMPLETE, Journal, StreamState
from b24kpi.cache.progress import NO_PERMISSION, Progress, StreamResult
from b24kpi.cache.store import Store
from b24kpi.clock import Clock
from b24kpi.errors import Interrupted, PortalError, Refused, Unauthorized
from b24kpi.portal.client import Portal
from b24kpi.portal.declaration import Entity, Owned
from b24kpi.portal.keys import PAGE, Row
from b24kpi.portal.owners import Question, read_answer
from b24kpi.portal.protocol import BATCH_SIZE, Answer

__all__ = ["OwnedStreams"]

_log = logging.getLogger(__name__)

DAY = 86_400
# So many rows a command should bring: a page is 50, and one that is full costs another command.
AIM = 40
FIRST_OWNERS = 20

_Page = tuple[list[Row], Question | None]


class OwnedStreams:
    """Reads streams of owned rows, each after the stream of its owners.

    Args:
        now: the moment of the portal at which the sync began, epoch seconds.
    """

    def __init__(
        self, store: Store, portal: Portal, clock: Clock, progress: Progress, stop: Callable[[], bool], now: int
    ) -> None:
        self._store = store
        self._journal = Journal(store)
        self._portal = portal
        self._clock = clock
        self._progress = progress
        self._stop = stop
        self._now = now
        self._asker = Asker(portal, clock)

    def run(self, entities: Sequence[Entity], *, full: bool = False) -> dict[str, StreamResult]:
        """Read the streams; one that fails does not keep the others from being read.

        Raises:
            Unauthorized: the webhook is no longer valid.
            Interrupted: told to stop; what was read is kept.
        """
        return {entity.name: self._read(entity, full) for entity in entities}

    def _read(self, entity: Entity, full: bool) -> StreamResult:
        result = StreamResult(entity.name, optional=entity.optional)
        began, asked = self._clock.monotonic(), self._portal.requests
        self._begin(entity, full)
        try:
            self._ask(entity, result)
            self._finish(entity)
        except (Unauthorized, Interrupted):
            raise
        except PortalError as error:
            result.failed(error)
            with self._store.transaction():
                self._journal.save(replace(self._journal.stream(entity.name), state=result.state))
        result.requests, result.seconds = self._portal.requests - asked, self._clock.monotonic() - began
        self._progress.finish(entity.name, result.state)
        _log.info("synced stream=%s rows=%d changed=%d", entity.name, result.rows, result.changed)
        return result

    # --- who has to be asked about

    def _begin(self, entity: Entity, full: bool) -> None:
        state, owned = self._journal.stream(entity.name), _owned(entity)
        is_new = state.complete_until is None and state.pass_started is None
        with self._store.transaction():
            if full or is_new or state.pass_after == 0:
                schema.watch_owners(self._store.db, entity)
                self._store.db.execute(f"INSERT OR IGNORE INTO unasked SELECT '{entity.name}', id FROM ({_all(owned)})")
                self._journal.save(replace(state, pass_started=state.pass_started or self._now, pass_after=1))
                self._save_turn(entity, 0, self._now)
            elif state.pass_started is None:
                self._take_turn(entity, owned)

    def _take_turn(self, entity: Entity, owned: Owned) -> None:
        """Those whose turn it is to be asked about again, changed or not."""
        after, until = self._turn(entity)
        count = daily_count(
            self._store,
            f"owners_of_{entity.name}",
            self._now,
            lambda: int(self._store.query(f"SELECT COUNT(*) FROM ({_all(owned)})")[0][0]),
        )
        due = owners_due(count, self._now - until, owned.days)
        if due == 0:
            return
        turn = f"SELECT id FROM ({_all(owned)}) WHERE id > {after} ORDER BY id LIMIT {due}"
        found, last = self._store.query(f"SELECT COUNT(*), MAX(id) FROM ({turn})")[0]
        self._store.db.execute(f"INSERT OR IGNORE INTO unasked SELECT '{entity.name}', id FROM ({turn})")
        until = max(until, self._now - owned.days * DAY) + owned.days * DAY * found // count
        self._save_turn(entity, last if found == due else 0, min(until, self._now) if found else until)

    def _turn(self, entity: Entity) -> tuple[int, int]:
        query = "SELECT refreshed_after, CAST(refreshed_until AS INTEGER) FROM upkeep WHERE stream = ?"
        rows = self._store.query(query, (entity.name,))
        return rows[0] if rows else (0, self._now)

    def _save_turn(self, entity: Entity, after: int, until: int) -> None:
        self._store.db.execute(
            "INSERT OR REPLACE INTO upkeep (stream, compared, seconds, refreshed_after, refreshed_until) "
            "VALUES (?, 0, 0, ?, ?)",
            [entity.name, after, until],
        )

    # --- asking

    def _ask(self, entity: Entity, result: StreamResult) -> None:
        owned = _owned(entity)
        among = self._among(entity, owned)
        total = self._left(entity)
        self._progress.start(entity.name, total)
        asked = 0
        while among and (owners := self._next(entity, len(among), result.rows, asked)):
            self._ask_about(entity, owners, among, result)
            asked += sum(len(group) for group in owners)
            self._progress.advance(entity.name, 0, min(asked, total))
            if self._stop():
                raise Interrupted("cache.interrupted")

    def _among(self, entity: Entity, owned: Owned) -> list[int | None]:
        """The ids of the directory of which one has to be named each time; [None] where there is no such thing.

        Raises:
            PortalError: the directory could not be read.
        """
        if owned.among is None:
            return [None]
        directory = owned.among[1]
        if (state := self._journal.stream(directory).state) != COMPLETE:
            raise _no_directory(entity, directory, state)
        live = f"SELECT id FROM {directory} WHERE deleted_at IS NULL AND {owned.among_where} ORDER BY id"
        return [row[0] for row in self._store.query(live)]

    def _left(self, entity: Entity) -> int:
        return int(self._store.query("SELECT COUNT(*) FROM unasked WHERE stream = ?", (entity.name,))[0][0])

    def _next(self, entity: Entity, times: int, rows: int, asked: int) -> list[list[int]]:
        """The owners of a batch in groups; each group is asked about so many times."""
        size = min(PAGE, max(1, AIM * asked // max(rows, 1))) if asked else FIRST_OWNERS
        groups = max(BATCH_SIZE // times, 1)
        ids = [
            row[0]
            for row in self._store.query(
                "SELECT id FROM unasked WHERE stream = ? ORDER BY id LIMIT ?", (entity.name, size * groups)
            )
        ]
        return [ids[start : start + size] for start in range(0, len(ids), size)]

    def _ask_about(
        self, entity: Entity, groups: Sequence[Sequence[int]], among: Sequence[int | None], result: StreamResult
    ) -> None:
        """Read all rows of these owners; one of whom a page failed stays unasked."""
        rows: dict[int, list[Row]] = defaultdict(list)
        failed: dict[int, PortalError] = {}
        questions = [
            (place, Question(entity, tuple(group), each)) for place, group in enumerate(groups) for each in among
        ]
        while questions:
            places = [place for place, _ in questions]
            found = self._answers([question for _, question in questions])
            questions = []
            for place, answer in zip(places, found, strict=True):
                if isinstance(answer, PortalError):
                    failed[place] = answer
                    continue
                rows[place] += answer[0]
                questions += [] if answer[1] is None else [(place, answer[1])]
        with self._store.transaction():
            for place, group in enumerate(groups):
                if place not in failed:
                    self._keep(entity, group, rows[place], result)
        for error in failed.values():
            raise error

    def _answers(self, questions: Sequence[Question]) -> list[_Page | PortalError]:
        def read(place: int, answer: Answer) -> _Page:
            return read_answer(questions[place], answer)

        return self._asker.ask([question.command for question in questions], read)

    def _keep(self, entity: Entity, owners: Sequence[int], rows: list[Row], result: StreamResult) -> None:
        owned, marks = _owned(entity), ", ".join(map(str, owners))
        result.rows += len(rows)
        result.changed += self._store.upsert(entity, rows, seen_at=self._now)
        shown = {int(row[entity.key]) for row in rows}
        known = self._store.query(
            f"SELECT {entity.key_column} FROM {entity.table} WHERE deleted_at IS NULL AND {owned.key} IN ({marks})"
        )
        gone = [row[0] for row in known if row[0] not in shown]
        self._store.mark_deleted(entity, gone, seen_at=self._now)
        result.changed += len(gone)
        self._store.db.execute(f"DELETE FROM unasked WHERE stream = '{entity.name}' AND id IN ({marks})")

    def _finish(self, entity: Entity) -> None:
        with self._store.transaction():
            self._journal.save(StreamState(entity.name, COMPLETE, complete_until=self._now))


def owners_due(count: int, seconds: float, days: int) -> int:
    """About how many owners to ask again: their share of the time, nothing below a page, a day's share at most.

    >>> owners_due(1_000_000, 1800, 6), owners_due(1_000_000, 5 * DAY, 6), owners_due(1_000, 1800, 6)
    (3472, 166667, 0)
    """
    due = int(count * min(seconds / (days * DAY), 1.0))
    return min(due, ceil(count / days)) if count and due >= min(PAGE, count) else 0


def _owned(entity: Entity) -> Owned:
    assert entity.owned
    return entity.owned


def _all(owned: Owned) -> str:
    """SQL of the ids of all owners; only of live rows."""
    return f"SELECT DISTINCT {owned.column} AS id FROM {owned.table} WHERE deleted_at IS NULL AND {owned.column} > 0"


def _no_directory(entity: Entity, directory: str, state: str) -> PortalError:
    kind = Refused if state == NO_PERMISSION else PortalError
    return kind("cache.no_directory", method=entity.method, directory=directory)
