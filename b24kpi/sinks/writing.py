"""Carrying out a plan, whatever the place: batches of steps, each answer judged, until a look finds nothing to do.

A write whose answer was lost is never repeated blindly: the rows are read again and the push goes on from what is
missing.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from typing import Any, ClassVar, TypeVar

from b24kpi import locale
from b24kpi.errors import Interrupted, OutcomeUnknown, PortalError, Refused, RetryLater, UnexpectedAnswer
from b24kpi.portal.client import Portal
from b24kpi.portal.protocol import BATCH_SIZE, Answer, Command
from b24kpi.sinks.base import PushResult
from b24kpi.sinks.item_fields import Item
from b24kpi.sinks.item_plan import Deletion, Plan, Update, mark

_log = logging.getLogger(__name__)

# Seconds before each look for what a lost call may have made: the portal may still be at work on it.
SETTLING = (2.0, 5.0, 10.0)
PROBLEMS_SHOWN = 20

Step = Item | Update | Deletion
Rows = list[dict[str, Any]]
_Any = TypeVar("_Any")


@dataclass
class Tally:
    """What was asked for in this push, by the marks of the steps, and what failed for good: mark → reason."""

    created: set[str] = field(default_factory=set)
    updated: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    failed: dict[str, "Failure"] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """Why a step failed; `title` of its item and `reason` as the portal words it."""

    title: str
    reason: str


@dataclass
class Writer(ABC):
    """Writes steps as commands of a batch; what the place is, says who derives from it.

    Attributes:
        in_doubt: whether the last plan left anything of which nobody knows if it happened.
        hopeless: codes, upper case, with which the portal will take no item at all.
        missing: codes of a row that is not there any more; there: of one that was not expected.
    """

    portal: Portal
    stop: Callable[[], bool] | None = None
    tally: Tally = field(default_factory=Tally)
    in_doubt: bool = False

    hopeless: ClassVar[tuple[str, ...]] = ("ACCESS_DENIED",)
    missing: ClassVar[tuple[str, ...]] = ()
    there: ClassVar[tuple[str, ...]] = ()

    def carry_out(self, plan: Plan) -> None:
        """Do what the plan says; afterwards `in_doubt` tells whether one has to look again.

        Raises:
            Interrupted: told to stop, between two batches.
            Refused: the portal will take no item at all: rights or plan.
            PortalError: the portal was not to be reached.
        """
        self.in_doubt = False
        try:
            self.create(plan.create)
            self.each(plan.update, self.tally.updated)
            self.each(plan.delete, self.tally.deleted)
        except OutcomeUnknown:
            self.lost()

    def lost(self) -> None:
        """The answer to a batch never came: one has to look again."""
        self.in_doubt = True

    def give_up(self, step: Step, reason: str) -> None:
        """Count a step as failed."""
        self.tally.failed[mark(step)] = Failure(_title(step), reason)

    def create(self, items: Sequence[Item]) -> None:
        """Make the items, one with each command."""
        self.each(items, self.tally.created)

    def each(self, steps: Sequence[Step], asked: set[str]) -> None:
        """One command for each step; `asked` takes their marks."""
        for part in parts(steps, BATCH_SIZE):
            by_key = {f"s{place}": step for place, step in enumerate(part)}
            asked.update(mark(step) for step in part)
            for key, answer in self.batch({key: self.command(step) for key, step in by_key.items()}).items():
                self.judge(by_key[key], answer)

    @abstractmethod
    def command(self, step: Step) -> Command:
        """The command of a step."""

    def batch(self, commands: Mapping[str, Command]) -> dict[str, Answer | PortalError]:
        """Send a batch of writes.

        Raises:
            Interrupted: told to stop.
            PortalError: the batch as a whole failed.
        """
        if self.stop is not None and self.stop():
            raise Interrupted("sinks.interrupted")
        return self.portal.batch(commands, idempotent=False)

    def judge(self, step: Step, answer: Answer | PortalError | None) -> None:
        """What an answer means for its step."""
        if isinstance(answer, (RetryLater, UnexpectedAnswer)):
            self.in_doubt = True
        elif isinstance(answer, Refused) and self._is_gone(answer):
            # Someone deleted the row since we looked: what was to be deleted is, what was to be changed is new.
            self.in_doubt |= not isinstance(step, Deletion)
        elif isinstance(answer, Refused) and answer.code.upper() in self.there:
            self.in_doubt = True
        elif isinstance(answer, Refused) and answer.code.upper() not in self.hopeless:
            self.give_up(step, str(answer.params["reason"]))
        elif isinstance(answer, PortalError):
            raise answer

    def _is_gone(self, error: Refused) -> bool:
        return error.message_id == "portal.not_found" or error.code.upper() in self.missing


def equalize(
    writer: Writer, compare: Callable[[Rows], Plan], look: Callable[[], Rows], rows: Rows, language: str
) -> None:
    """Write and, once anything was left in doubt, look again, until a look finds nothing to do.

    Args:
        compare: rows → what is to be done, without what was given up.
        look: reads the rows anew; `rows`: as they are at first.

    Raises:
        Interrupted, PortalError: see `Writer.carry_out`.
    """
    patience = list(SETTLING)
    doubtful, left = False, inf
    while patience and (todo := compare(rows)).steps:
        writer.carry_out(todo)
        doubtful |= writer.in_doubt
        if not doubtful:
            return
        # Progress costs no patience, however often the portal stumbles.
        seconds = patience[0] if len(todo.steps) < left else patience.pop(0)
        left = len(todo.steps)
        _log.warning("push in doubt writer=%s left=%d", type(writer).__name__, left)
        writer.portal.pause(seconds)
        rows = look()
    for step in compare(rows).steps:
        writer.give_up(step, locale.text("sinks.unconfirmed", language))


@contextmanager
def explained(layer: str, remedy: Callable[[Refused], str], title: str) -> Iterator[None]:
    """Turn refusals that have a remedy into errors that name it.

    Args:
        layer: of the messages; `remedy` says which of them, "" for none.
        title: what the place is called on the portal.
    """
    try:
        yield
    except Refused as error:
        if (key := remedy(error)) == "":
            raise
        reason = str(error.params.get("reason", ""))
        raise Refused(f"{layer}.{key}", method=error.method, code=error.code, reason=reason, title=title) from error


def pushed(sink: str, where: str, wanted: Mapping[str, Item], tally: Tally, language: str) -> PushResult:
    """What a push has done, with the first failures told."""
    failed = tally.failed.keys()
    created, updated = tally.created - failed, tally.updated - tally.created - failed
    touched = tally.created | tally.updated | (failed & wanted.keys())
    return PushResult(
        sink,
        where,
        created=len(created),
        updated=len(updated),
        deleted=len(tally.deleted - failed),
        unchanged=len(wanted.keys() - touched),
        failed=len(failed),
        problems=tuple(_told(list(tally.failed.values()), language)),
    )


def made(portal: Portal, make: Callable[[], _Any], find: Callable[[], _Any | None], attempts: int = 2) -> _Any:
    """What `make` returns; where its answer was lost, what is found. Where nothing is, it is asked for once more.

    Raises:
        OutcomeUnknown: the last answer was lost too, and still nothing is there.
    """
    try:
        return make()
    except OutcomeUnknown:
        for seconds in SETTLING:
            portal.pause(seconds)
            if (found := find()) is not None:
                return found
        if attempts <= 1:
            raise
    return made(portal, make, find, attempts - 1)


def foreseen(sink: str, where: str, todo: Plan) -> PushResult:
    """What a push would do."""
    return PushResult(
        sink,
        where,
        created=len(todo.create),
        updated=len(todo.update),
        deleted=len(todo.delete),
        unchanged=todo.unchanged,
    )


def parts(steps: Sequence[_Any], size: int) -> Iterator[Sequence[_Any]]:
    """The steps in parts of so many at most."""
    return (steps[start : start + size] for start in range(0, len(steps), size))


def _told(failures: Sequence[Failure], language: str) -> Iterator[str]:
    for failure in failures[:PROBLEMS_SHOWN]:
        yield locale.text("sinks.item_failed", language, title=failure.title, reason=failure.reason)
    if (more := len(failures) - PROBLEMS_SHOWN) > 0:
        yield locale.text("sinks.more_failed", language, count=more)


def _title(step: Step) -> str:
    return step.item.title if isinstance(step, Update) else step.title
