"""Several streams read by several threads: each asks for one batch after another, one consumer gets the pages.

What the threads share is a `Workload` under one lock. Bodies wait as bytes until the consumer is about to need them,
so memory is bounded by a few batches however many requests are under way.
"""

import queue
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

from b24kpi.errors import Interrupted, PortalError, RetryLater
from b24kpi.portal.client import PATIENCE, Portal
from b24kpi.portal.keys import Answers, Page
from b24kpi.portal.lanes import Lanes
from b24kpi.portal.workload import Plan, Reading, Task, Workload

__all__ = ["Finished", "Pages", "Reading", "read_ranges"]

# Batches taken apart and not yet stored; a full one is some five megabytes as Python sees it.
UNPACKED = 2
# Answers below this many bytes never wait.
SMALL = 65_536
QUICK = 2
# From so many seconds on, waiting for the portal's limits is worth a word.
WORTH_A_WORD = 5.0

Waiting = Callable[[str, float], None]


@dataclass(frozen=True)
class Pages:
    """Pages of a reading that follow each other; `requests` counts the batch with its first pages."""

    reading: Reading
    pages: list[Page]
    requests: int = 0


@dataclass(frozen=True)
class Finished:
    """A reading is done: all of it, or as far as this error let it."""

    reading: Reading
    error: PortalError | None


def read_ranges(
    portal: Portal, readings: Sequence[Reading], *, lanes: int | None = None, waiting: Waiting | None = None
) -> Generator[Pages | Finished, None, None]:
    """The pages of the readings in no order, each proven; behind the last pages of a reading that it is finished.

    A page that failed is asked for again by itself; a stream that has unreadable pages goes on around them and
    finishes with the error. Close the iterator to stop the threads: they end with the answers they wait for.

    Args:
        lanes: how many requests at once at most.
        waiting: told a method and the seconds for which nothing can be asked of the portal but to wait for it.

    Raises:
        Interrupted: told to stop.
    """
    crew = _Crew(portal, Workload(readings), Lanes(most=lanes) if lanes else Lanes(), waiting)
    try:
        yield from crew.deliveries()
    finally:
        crew.close()


@dataclass
class _Batch:
    """What a thread hands over; `slot` where the consumer has to give a place back."""

    pages: list[tuple[Task, list[Page]]]
    finished: list[Task]
    slot: bool = False
    crash: BaseException | None = None


class _Crew:
    def __init__(self, portal: Portal, workload: Workload, lanes: Lanes, waiting: Waiting | None) -> None:
        self._portal = portal
        self._workload = workload
        self._lanes = lanes
        self._waiting = waiting
        self._turn = threading.Condition()
        self._ready: queue.SimpleQueue[_Batch] = queue.SimpleQueue()
        self._slots = threading.Semaphore(UNPACKED)
        self._threads: list[threading.Thread] = []
        self._flying = 0
        self._asleep = False
        self._closed = False
        self._told_until = 0.0

    def deliveries(self) -> Iterator[Pages | Finished]:
        left = len(self._workload.tasks)
        for task in self._workload.finished():
            left -= 1
            yield Finished(task.reading, task.error)
        self._hire()
        while left:
            batch = self._ready.get()
            if batch.crash is not None:
                raise batch.crash
            yield from _events(batch)
            left -= len(batch.finished)
            if batch.slot:
                self._slots.release()

    def close(self) -> None:
        """No more requests; wait for the answers under way."""
        with self._turn:
            self._closed = True
            self._turn.notify_all()
        for _ in self._threads:
            self._slots.release()
        for thread in self._threads:
            thread.join()

    def _hire(self) -> None:
        """One more thread, where there is work for it; called under the lock or before the first thread."""
        if len(self._threads) < self._lanes.count and not self._workload.done:
            thread = threading.Thread(target=self._work, name=f"reader {len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self) -> None:
        try:
            while (plan := self._next()) is not None:
                self._carry_out(plan)
        except BaseException as error:
            self._ready.put(_Batch([], [], crash=error))

    def _next(self) -> Plan | None:
        """The next batch to ask for; None where all is done."""
        while True:
            with self._turn:
                if self._closed or self._workload.done:
                    self._turn.notify_all()
                    return None
                plan, seconds = self._look()
                if plan is not None:
                    self._flying += 1
                    self._hire()
                    return plan
                if self._flying or self._asleep:
                    self._turn.wait(PATIENCE)
                    continue
                self._asleep = True
            try:
                self._portal.pause(min(seconds, PATIENCE))
            finally:
                self._asleep = False

    def _look(self) -> tuple[Plan | None, float]:
        """A batch, or for how long there is none."""
        if self._flying >= self._lanes.count:
            return None, PATIENCE
        now = self._portal.monotonic()
        waits = {
            method: max(wait, self._portal.ready_in(method)) for method, wait in self._workload.methods(now).items()
        }
        plan = self._workload.plan(now, {method for method, wait in waits.items() if wait <= 0})
        if plan is None and waits and not self._flying:
            self._tell(min(waits, key=lambda name: waits[name]), min(waits.values()), now)
        return plan, min(waits.values(), default=PATIENCE)

    def _tell(self, method: str, seconds: float, now: float) -> None:
        """Say once that nothing can be done but to wait."""
        if self._waiting is not None and seconds > WORTH_A_WORD and now >= self._told_until:
            self._told_until = now + seconds
            self._waiting(method, seconds)

    def _carry_out(self, plan: Plan) -> None:
        exchange = _Exchange(self._slots, self._portal.monotonic)
        answers = self._ask(plan, exchange)
        # Under one lock, so that the last page of a reading is handed over before the word that it is done.
        with self._turn:
            pages = self._noted(plan, answers, exchange)
            self._flying -= 1
            self._ready.put(_Batch(pages, self._workload.finished(), exchange.held))
            self._turn.notify_all()

    def _ask(self, plan: Plan, exchange: "_Exchange") -> Answers | PortalError:
        commands = plan.commands
        # A long chain that fails as a whole is rather shortened than repeated.
        attempts = QUICK if len(commands) > 1 else None
        try:
            return self._portal.batch(commands, halt=plan.halts, attempts=attempts, arrived=exchange.arrived)
        except Interrupted:
            raise
        except PortalError as error:
            return error

    def _noted(
        self, plan: Plan, answers: Answers | PortalError, exchange: "_Exchange"
    ) -> list[tuple[Task, list[Page]]]:
        now = self._portal.monotonic()
        if not isinstance(answers, PortalError):
            self._lanes.went_well(exchange.seconds, len(answers), self._flying, exchange.waited)
            return self._workload.answered(plan, answers, exchange.seconds, now)
        if isinstance(answers, RetryLater):
            self._lanes.went_badly()
        self._workload.failed(plan, answers, now)
        return []


class _Exchange:
    """Watches one batch on its way: how long it took, and that it waits for its turn before it is taken apart."""

    def __init__(self, slots: threading.Semaphore, monotonic: Callable[[], float]) -> None:
        self._slots = slots
        self._monotonic = monotonic
        self.seconds = 0.0
        self.waited = 0.0
        self.held = False

    def arrived(self, size: int, seconds: float) -> None:
        self.seconds = seconds
        if size >= SMALL and not self.held:
            began = self._monotonic()
            self._slots.acquire()
            self.waited = self._monotonic() - began
            self.held = True


def _events(batch: _Batch) -> Iterator[Pages | Finished]:
    requests = 1
    for task, pages in batch.pages:
        if pages:
            yield Pages(task.reading, pages, requests)
            requests = 0
    for task in batch.finished:
        yield Finished(task.reading, task.error)
