"""What is left to read of several streams, what to ask for next, and what an answer leaves to be read. No I/O.

The unread ids of a stream are one set of ranges. A batch takes as many from its front as fifty pages hold where the
walk is, packed with the ends that earlier batches left; what it could not read goes back. So a batch is full whether
ids are dense or sparse, and nobody waits for somebody else's range.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from b24kpi.errors import IncompleteRead, PortalError, RetryLater, UnexpectedAnswer
from b24kpi.portal.codes import OPERATING, RATE_LIMIT
from b24kpi.portal.entities import Entity, Style
from b24kpi.portal.keys import Answers, KeyRange, Page, chain, proven_pages
from b24kpi.portal.protocol import BATCH_SIZE, Command
from b24kpi.portal.rhythm import Rhythm
from b24kpi.portal.spans import Span, Spans

_log = logging.getLogger(__name__)

# How often the same page, or the portal as a whole, may fail; how often a page may be wrong.
FAILURES = 7
WRONG_PAGES = 2
# A stream with more unreadable pages than this is given up.
HOLES = 5


@dataclass(frozen=True)
class Reading:
    """What to read of a stream: ranges of ids, in each after < id <= upto.

    Attributes:
        since: only rows modified at or after this moment, epoch seconds by the portal's clock.
        density: `Bounds.density`, if known: a good guess saves requests in the beginning.
    """

    entity: Entity
    spans: tuple[Span, ...]
    since: float | None = None
    density: float | None = None


@dataclass(frozen=True)
class Lot:
    """A part of a batch: a chain of pages over a range."""

    task: "Task"
    stretch: KeyRange
    pages: int


@dataclass(frozen=True)
class Plan:
    """The lots of one batch; `outages` are their tasks' counts of outages when it was made."""

    lots: tuple[Lot, ...]
    outages: tuple[int, ...]

    @property
    def commands(self) -> dict[str, Command]:
        """The commands of all lots, each with a key of its own."""
        found: dict[str, Command] = {}
        for number, lot in enumerate(self.lots):
            found |= chain(lot.stretch, lot.pages, f"c{number}p")
        return found

    @property
    def halts(self) -> bool:
        """Whether a command that fails ends the batch, since what follows in its chain would read nonsense.

        Not where that would stop another stream, nor where each of several chains may fail behind its end, as those of
        controllers do.
        """
        tasks = {id(lot.task): lot.task for lot in self.lots}
        entities = [task.reading.entity for task in tasks.values()]
        return len(entities) == 1 and (len(self.lots) == 1 or entities[0].style is Style.LEGACY)


@dataclass
class Task:
    """A reading under way.

    Attributes:
        flying: lots that have been asked for.
        resting: ranges that failed, with the moment at which they may be tried again.
        failed: first id of a page → how often it failed; `wrong` likewise.
        outages: how often in a row all that was asked of the portal failed; no attempt before `ready`.
        error: why the stream cannot be read to its end; `stopped` where the rest is not even tried.
    """

    reading: Reading
    unread: Spans
    rhythm: Rhythm
    flying: int = 0
    resting: list[tuple[float, Span]] = field(default_factory=list)
    failed: dict[int, int] = field(default_factory=dict)
    wrong: dict[int, int] = field(default_factory=dict)
    holes: int = 0
    outages: int = 0
    ready: float = 0.0
    told: bool = False
    stopped: bool = False
    error: PortalError | None = None

    @classmethod
    def of(cls, reading: Reading) -> "Task":
        """A reading of which nothing has been asked for yet."""
        density = None if reading.since is not None else reading.density or 1.0
        return cls(reading, Spans(reading.spans), Rhythm(density))

    @property
    def done(self) -> bool:
        """Whether nothing is left to be asked for or waited for."""
        return self.flying == 0 and not self.unread and not self.resting

    def wake(self, now: float) -> None:
        """Put back what has rested long enough."""
        for moment, span in self.resting:
            if moment <= now:
                self.unread.add(*span)
        self.resting = [(moment, span) for moment, span in self.resting if moment > now]

    def take(self, room: int) -> Lot:
        """The next lot, of at most `room` pages."""
        after, upto = self.unread.first
        alone = self.failed.get(after, 0) or self.wrong.get(after, 0)
        width, pages = self.rhythm.measure(upto - after, 1 if alone else room)
        after, upto = self.unread.take(width)
        self.flying += 1
        return Lot(self, KeyRange(self.reading.entity, after, upto, self.reading.since), pages)

    def give_up(self, error: PortalError) -> None:
        """Leave unread what is still unread."""
        self.error = self.error or error
        self.stopped = True
        self.unread, self.resting = Spans(), []

    def put_back(self, after: int, upto: int) -> None:
        """A range is unread after all."""
        if not self.stopped:
            self.unread.add(after, upto)


class Workload:
    """The tasks of several readings, in their order."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        self.tasks = [Task.of(reading) for reading in readings]

    @property
    def done(self) -> bool:
        return all(task.done for task in self.tasks)

    def finished(self) -> list[Task]:
        """The tasks that are done and have not been told so far."""
        found = [task for task in self.tasks if task.done and not task.told]
        for task in found:
            task.told = True
        return found

    def methods(self, now: float) -> dict[str, float]:
        """Methods that there is something to ask of, with the seconds until then."""
        waits: dict[str, float] = {}
        for task in self.tasks:
            task.wake(now)
            if task.unread or task.resting:
                rested = 0.0 if task.unread else min(moment for moment, _ in task.resting) - now
                wait = max(rested, task.ready - now, 0.0)
                method = task.reading.entity.method
                waits[method] = min(wait, waits.get(method, wait))
        return waits

    def plan(self, now: float, methods: set[str]) -> Plan | None:
        """The next batch, of these methods only; None where nothing can be asked for now."""
        lots: list[Lot] = []
        free = 1.0
        for task in self.tasks:
            task.wake(now)
            if task.ready > now or task.reading.entity.method not in methods:
                continue
            while task.unread and (room := int(task.rhythm.room * free + 1e-9)) > 0:
                lot = task.take(min(room, BATCH_SIZE - sum(lot.pages for lot in lots)))
                lots.append(lot)
                free -= lot.pages / task.rhythm.room
        return Plan(tuple(lots), tuple(lot.task.outages for lot in lots)) if lots else None

    def answered(self, plan: Plan, answers: Answers, seconds: float, now: float) -> list[tuple[Task, list[Page]]]:
        """Take note of what a batch brought. Returns its pages."""
        found = []
        done = sum(not isinstance(answer, PortalError) for answer in answers.values())
        for number, (lot, outages) in enumerate(zip(plan.lots, plan.outages, strict=True)):
            own = {key: answer for key, answer in answers.items() if key.startswith(f"c{number}p")}
            pages, trouble = proven_pages(lot.stretch, own)
            found.append((lot.task, pages))
            lot.task.flying -= 1
            lot.task.rhythm.went_well(seconds, done)
            _learn(lot, pages)
            _settle(lot, pages, trouble, now, is_news=lot.task.outages == outages)
        return found

    def failed(self, plan: Plan, error: PortalError, now: float) -> None:
        """Take note of a batch that failed as a whole."""
        pages = sum(lot.pages for lot in plan.lots)
        for lot, outages in zip(plan.lots, plan.outages, strict=True):
            task = lot.task
            task.flying -= 1
            task.put_back(lot.stretch.after, lot.stretch.upto)
            if not isinstance(error, RetryLater):
                task.give_up(error)
            elif task.outages == outages:  # else it is the outage that is known already
                _bear(task, error, pages, now)


def _learn(lot: Lot, pages: list[Page]) -> None:
    if pages:
        lot.task.outages = 0
        lot.task.rhythm.learn(pages[-1].last - lot.stretch.after, sum(len(page.rows) for page in pages))


def _bear(task: Task, error: RetryLater, pages: int, now: float) -> None:
    task.outages += 1
    if task.outages >= FAILURES:
        task.give_up(error)
        return
    task.ready = now + max(error.after, 2.0 ** (task.outages - 1))
    if error.code.upper() not in (RATE_LIMIT, OPERATING):
        task.rhythm.went_badly(pages)


def _settle(lot: Lot, pages: list[Page], trouble: PortalError | None, now: float, *, is_news: bool) -> None:
    """Put back what a lot has left, the page that failed apart from the rest; `is_news` where no outage was known."""
    task = lot.task
    after = pages[-1].last if pages else lot.stretch.after
    if trouble is None:
        task.rhythm.held()
        task.put_back(after, lot.stretch.upto)
    else:
        _log.warning("page failed entity=%s after=%d error=%s", task.reading.entity.name, after, trouble)
        head = min(lot.stretch.upto, after + task.rhythm.page_width)
        task.put_back(head, lot.stretch.upto)
        _try_again(task, (after, head), trouble, now, is_news=is_news)


def _try_again(task: Task, head: Span, trouble: PortalError, now: float, *, is_news: bool) -> None:
    if isinstance(trouble, RetryLater) and trouble.code.upper() == OPERATING:
        task.put_back(*head)  # the limiter has parked the method
        if is_news:
            _bear(task, trouble, 0, now)
    elif isinstance(trouble, RetryLater):
        times = task.failed[head[0]] = task.failed.get(head[0], 0) + 1
        rest = max(trouble.after, 2.0 ** (times - 1) if times > 1 else 0.0)  # mostly it is over by then
        _rest_or_leave(task, head, now + rest, trouble if times >= FAILURES else None)
    elif isinstance(trouble, UnexpectedAnswer):
        task.rhythm.broke()
        times = task.wrong[head[0]] = task.wrong.get(head[0], 0) + 1
        _rest_or_leave(task, head, now, _incomplete(task, head) if times >= WRONG_PAGES else None)
    else:
        task.give_up(trouble)


def _rest_or_leave(task: Task, head: Span, moment: float, error: PortalError | None) -> None:
    if task.stopped:
        return
    if error is None:
        task.resting.append((moment, head))
        return
    task.error = task.error or error
    task.holes += 1
    if task.holes > HOLES:
        task.give_up(error)


def _incomplete(task: Task, head: Span) -> IncompleteRead:
    entity = task.reading.entity
    return IncompleteRead("portal.incomplete", method=entity.method, entity=entity.name, after=head[0])
