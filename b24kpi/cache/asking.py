"""Many commands to the portal, packed into batches of a length that it bears."""

import logging
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from b24kpi.clock import Clock
from b24kpi.errors import PortalError, RetryLater, UnexpectedAnswer
from b24kpi.portal.client import Portal
from b24kpi.portal.protocol import BATCH_SIZE, Answer, Command

_log = logging.getLogger(__name__)

# Seconds a batch should take: its commands are worked off one after another, and the cloud cuts off after 60.
# https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch.html
AIM = 20.0
QUICK = 2
ATTEMPTS = 5

Read = TypeVar("Read")
_Placed = tuple[int, Command]


class Asker:
    """Asks commands that do not depend on each other, in batches that take about 20 seconds at most.

    Attributes:
        now: the portal's clock at the last answer, epoch seconds; this machine's before the first.
        seconds: how long the portal has worked for us, waiting for its limits left out.
    """

    def __init__(self, portal: Portal, clock: Clock) -> None:
        self.now = int(clock.now())
        self.seconds = 0.0
        self._portal = portal
        self._clock = clock
        self._size = BATCH_SIZE

    def ask(self, commands: Sequence[Command], read: Callable[[int, Answer], Read]) -> list[Read | PortalError]:
        """What `read` makes of each command's answer, given the command's place; in the order of the commands.

        A command that fails for a while, or whose answer `read` finds unexpected, is asked again; one that goes on
        failing has its error in its place.

        Raises:
            PortalError: the portal answers no batch, not even one of a single command.
            Interrupted: told to stop.
        """
        found: dict[int, Read | PortalError] = {}
        failures: Counter[int] = Counter()
        left = deque(enumerate(commands))
        while left:
            part = [left.popleft() for _ in range(min(self._size, len(left)))]
            answers = self._batch(part)
            if answers is None:
                left.extendleft(reversed(part))
                continue
            outcomes = {place: _outcome(place, answer, read) for (place, _), answer in zip(part, answers, strict=True)}
            failures.update(place for place, outcome in outcomes.items() if _passing(outcome))
            again = [placed for placed in part if _passing(outcomes[placed[0]]) and failures[placed[0]] < ATTEMPTS]
            found |= outcomes
            left.extend(again)
            if again:
                self._portal.pause(2.0 ** (max(failures[place] for place, _ in again) - 1))
        return [found[place] for place in range(len(commands))]

    def _batch(self, part: Sequence[_Placed]) -> "list[Answer | PortalError] | None":
        """The answers in the order of the commands; None where they were too many at once."""
        began, waited = self._clock.monotonic(), self._portal.waited
        commands = {f"c{place}": command for place, command in part}
        try:
            answers = self._portal.batch(commands, attempts=QUICK if len(part) > 1 else None)
        except RetryLater as error:
            if len(part) == 1:
                raise
            self._size = len(part) // 2
            _log.warning("batch failed commands=%d error=%s", len(part), error)
            return None
        self._learn(self._clock.monotonic() - began - (self._portal.waited - waited), len(part), answers.values())
        return [answers[key] for key in commands]

    def _learn(self, seconds: float, length: int, answers: Iterable[Answer | PortalError]) -> None:
        self.seconds += seconds
        bearable = int(length * AIM / seconds) if seconds > 0 else BATCH_SIZE
        self._size = max(1, min(BATCH_SIZE, 2 * self._size, bearable))
        moments = [answer.time.now for answer in answers if isinstance(answer, Answer) and answer.time.now]
        self.now = int(max(moments, default=self.now))


def _outcome(place: int, answer: Answer | PortalError, read: Callable[[int, Answer], Read]) -> Read | PortalError:
    if isinstance(answer, PortalError):
        return answer
    try:
        return read(place, answer)
    except UnexpectedAnswer as error:
        return error


def _passing(outcome: object) -> bool:
    """Whether asking again may help."""
    return isinstance(outcome, (RetryLater, UnexpectedAnswer))
