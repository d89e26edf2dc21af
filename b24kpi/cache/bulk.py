"""The first load in bulk, over the portal's BI connector: pages of a full pass that are as proven as those of REST.

Ids are cut into slices. REST counts the rows of fifty slices in one request and shows the first fifty rows of each;
then the connector is asked for each slice. Its rows become a page of the pass where

- each has an id of the slice, and none comes twice;
- they are as many as REST counted just before: rows cannot come into a range of older ids, so an equal number of rows
  that are still there are the same rows. That holds for an administrator, of whom REST hides nothing;
- those that REST has shown are equal in every column, unless they were changed meanwhile;
- their moments, which have no offset, can be no others by all that REST has shown of the server's zone; the few for
  which that is not so are read by REST, one by one.

What is not proven stays unread in the pass, and REST goes on with it. Rows that change later are found by the first
incremental pass, as after any other full one: it goes back to the portal's time before the load.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from b24kpi import locale
from b24kpi.cache.asking import Asker
from b24kpi.cache.bulk_proof import compare, dated, moments
from b24kpi.cache.counts import read_count
from b24kpi.cache.journal import Journal
from b24kpi.cache.passes import FullPass, Pass
from b24kpi.cache.progress import Progress, StreamResult
from b24kpi.cache.rereading import read_rows
from b24kpi.cache.rows import Rows
from b24kpi.cache.store import Store
from b24kpi.clock import Clock
from b24kpi.errors import Interrupted, PortalError, Refused, Unauthorized, UnexpectedAnswer
from b24kpi.lazy import lazy
from b24kpi.portal.bulk import BulkSource, Slice, distinct
from b24kpi.portal.bulk_answer import Cells, OverLimit
from b24kpi.portal.bulk_tables import BulkTable, bulk_table
from b24kpi.portal.bulk_zone import ServerZone
from b24kpi.portal.client import Portal
from b24kpi.portal.keys import KeyRange, Page, page_command, rows_of
from b24kpi.portal.protocol import BATCH_SIZE, Answer, Command
from b24kpi.portal.spans import Spans

_log = logging.getLogger(__name__)

# The least plan lets 10 000 rows through; a fifth less is never an overrun. https://helpdesk.bitrix24.com/open/15424372/
MOST_ROWS = 8_000
# Other users of the connector wait meanwhile: they get a pause of this share of the time that a slice has taken.
PAUSE = 0.25
# Below so many ids, or where no more than so many rows are let through, REST is as quick.
LEAST = 100
# So many slices of a stream may turn out wrong before the rest of it is left to REST.
SURPRISES = 3


@dataclass(frozen=True)
class Counted:
    """What REST tells of a slice: how many rows it has, and the first of them; `moment` is when, by its clock."""

    stretch: KeyRange
    total: int
    sample: Rows
    moment: int


class BulkLoad:
    """Reads what it can of the first passes over streams that the connector has all of."""

    def __init__(
        self,
        store: Store,
        portal: Portal,
        source: BulkSource,
        clock: Clock,
        progress: Progress,
        stop: Callable[[], bool],
        language: str = "en",
    ) -> None:
        self._store = store
        self._portal = portal
        self._source = source
        self._clock = clock
        self._progress = progress
        self._stop = stop
        self._language = language
        self._asker = Asker(portal, clock)
        self._is_told = False

    @lazy
    def _zone(self) -> ServerZone:
        return ServerZone()

    def run(self, passes: Sequence[Pass]) -> None:
        """Read in bulk; whatever goes wrong with that is noted in the results and left to REST.

        Raises:
            Unauthorized: the webhook is no longer valid.
            Interrupted: told to stop; what was proven is kept.
        """
        for each in passes:
            table = bulk_table(each.entity)
            if table is None or not isinstance(each, FullPass) or not each.is_first:
                continue
            try:
                self._require_admin(table)
                self._load(each, table)
            except Refused as error:
                self._note(each.result, error)
                return
            except (Unauthorized, Interrupted):
                raise
            except PortalError as error:
                self._note(each.result, error)

    def _require_admin(self, table: BulkTable) -> None:
        if Journal(self._store).meta("admin") != "1":
            raise Refused("bulk.not_admin", method=table.name)

    def _load(self, each: FullPass, table: BulkTable) -> None:
        """One stream, fifty slices at a time.

        Raises:
            PortalError: the rest of the stream is for REST.
        """
        width = max(LEAST, int(self._source.slice_rows / each.density))
        left_out = Spans()
        surprises = 0
        while slices := list(self._cut(each, left_out, width)):
            self._start(each)
            wide = False
            for counted in self._count(each, slices):
                problem = self._page(each, table, counted)
                wide = isinstance(problem, OverLimit)
                if wide:
                    break
                if problem is not None:
                    left_out.add(counted.stretch.after, counted.stretch.upto)
                    surprises += 1
                    self._note(each.result, problem)
                    if surprises >= SURPRISES:
                        return
            if wide and (width := width // 2) * each.density < LEAST:
                raise OverLimit("bulk.over_limit", method=table.name, code="OVER_LIMIT")

    def _start(self, each: FullPass) -> None:
        if not self._is_told:
            self._progress.note(locale.text("bulk.reading", self._language))
        self._is_told = True
        each.start()

    def _cut(self, each: FullPass, left_out: Spans, width: int) -> Iterator[KeyRange]:
        """The next slices, as many as REST counts in one request."""
        spans = Spans(each.unread)
        for after, upto in left_out:
            spans.remove(after, upto)
        count = 0
        for after, upto in spans:
            while upto - after >= LEAST and count < BATCH_SIZE:
                last = upto if upto - after < width + LEAST else after + width
                yield KeyRange(each.entity, after, last)
                after, count = last, count + 1

    # --- what REST tells

    def _count(self, each: FullPass, slices: Sequence[KeyRange]) -> list[Counted]:
        """
        Raises:
            PortalError: one could not be counted.
        """

        def read(place: int, answer: Answer) -> Counted:
            stretch = slices[place]
            moment = int(answer.time.now or began)
            return Counted(stretch, read_count(stretch, answer).total, rows_of(stretch.entity, answer), moment)

        asked, began = self._portal.requests, self._clock.now()
        found = self._asker.ask([_counted(stretch) for stretch in slices], read)
        each.result.requests += self._portal.requests - asked
        for counted in found:
            if isinstance(counted, PortalError):
                raise counted
            self._learn(counted)
        return [counted for counted in found if isinstance(counted, Counted)]

    def _learn(self, counted: Counted) -> None:
        """What the sample tells of the server's zone."""
        names = moments(counted.stretch.entity)
        for row in counted.sample:
            for name in names:
                if isinstance(row.get(name), str) and row[name] and not row[name].startswith("9999"):
                    self._zone.learn(row[name])

    # --- slices

    def _page(self, each: FullPass, table: BulkTable, counted: Counted) -> PortalError | None:
        """Keep a slice as a page of its pass. Returns why that cannot be done.

        Raises:
            Refused: the connector lets us read nothing.
            Unauthorized, Interrupted: as everywhere.
        """
        asked, sent, began = self._portal.requests, self._source.requests, self._clock.monotonic()
        try:
            self._keep(each, counted.stretch, self._rows(table, counted))
        except (Refused, Unauthorized, Interrupted):
            raise
        except PortalError as error:
            return error
        finally:
            each.result.requests += self._portal.requests - asked + self._source.requests - sent
        if self._stop():
            raise Interrupted("cache.interrupted")
        self._clock.sleep(PAUSE * (self._clock.monotonic() - began))
        return None

    def _keep(self, each: FullPass, stretch: KeyRange, rows: list[dict[str, Any]]) -> None:
        each.keep(Page(rows, stretch.after, stretch.upto))
        each.result.bulk_rows += len(rows)

    def _rows(self, table: BulkTable, counted: Counted) -> list[dict[str, Any]]:
        """The rows of a slice as REST would show them, ascending.

        Raises:
            PortalError: they are not proven.
        """
        stretch, entity = counted.stretch, counted.stretch.entity
        if counted.total > MOST_ROWS:
            raise OverLimit("bulk.over_limit", method=table.name)
        if not counted.total:
            return []
        names = tuple(table.column(each.name) for each in entity.fields)
        wanted = Slice(table.name, names, stretch.after, stretch.upto, MOST_ROWS)
        found = distinct(self._received(table, wanted, counted.total), names.index("ID"), wanted)
        if len(found) != counted.total:
            raise _wrong(wanted)
        rows, doubtful = dated(entity, found, self._zone)
        compare(entity, rows, counted.sample, counted.moment, table.name)
        for page in read_rows(self._asker, entity, doubtful) if doubtful else ():
            rows |= {int(row[entity.shown_key]): row for row in page}
        if len(rows) != counted.total:  # one was deleted since
            raise _wrong(wanted)
        return [rows[key] for key in sorted(rows)]

    def _received(self, table: BulkTable, wanted: Slice, total: int) -> list[Cells]:
        """The rows that came, without those that REST hides; not many more than there can be."""
        kept: list[Cells] = []
        place, value = (wanted.columns.index(table.hidden[0]), table.hidden[1]) if table.hidden else (0, None)
        with closing(self._source.rows(wanted)) as rows:  # type: ignore[type-var]
            for row in rows:
                if value is None or row[place] != value:
                    kept.append(row)
                if len(kept) > total:
                    raise _wrong(wanted)
        return kept

    # --- what went wrong

    def _note(self, result: StreamResult, error: PortalError) -> None:
        """The first problem of a stream is told."""
        _log.warning("not in bulk stream=%s error=%s", result.name, error)
        if result.bulk_problem is None:
            result.bulk_problem = error
            self._progress.note(locale.text("bulk.instead", self._language, problem=error.text(self._language)))


def _counted(stretch: KeyRange) -> Command:
    """Count the rows of a range and show the first of them, all fields."""
    listing = page_command(stretch, stretch.after)
    return Command(listing.method, {**listing.params, "start": 0})


def _wrong(wanted: Slice) -> UnexpectedAnswer:
    return UnexpectedAnswer("bulk.wrong_rows", method=wanted.table, after=wanted.after, upto=wanted.upto)
