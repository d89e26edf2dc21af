"""Calls to the portal: one at a time or fifty in a batch, paced by the limiter, repeated where that may help."""

import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from b24kpi.clock import SYSTEM_CLOCK, Clock
from b24kpi.errors import Interrupted, OutcomeUnknown, PortalError, RetryLater, Unauthorized, UnexpectedAnswer
from b24kpi.portal.access import Access, Grant
from b24kpi.portal.codes import OPERATING, OUT_OF_DATE, RATE_LIMIT
from b24kpi.portal.ledger import Ledger
from b24kpi.portal.limiter import Bucket, Gate, Operating
from b24kpi.portal.protocol import Answer, Command, PortalTime, pack, unpack, unpack_batch
from b24kpi.portal.transport import open_session, post

# Told the size of an answer in bytes, and the seconds that it took.
Arrived = Callable[[int, float], None]

_log = logging.getLogger(__name__)
_backoff = wait_exponential_jitter(initial=1, max=60, jitter=1)

# Within this many seconds a waiting thread notices that it should stop.
PATIENCE = 1.0

# The portal or the network refused these before any work: repeating a write cannot do it twice.
_UNTOUCHED = (RATE_LIMIT, OPERATING)


class Portal:
    """A Bitrix24 portal seen through a webhook or as a local application. Thread-safe.

    Args:
        plan: "standard", "enterprise" or "self_hosted": how fast the portal lets itself be asked.
        session: another requests session, for tests and proxies; it is not closed by `close()`.
        read_timeout: seconds without a byte; the cloud itself gives up after 60.
        attempts: how often a call is tried at most.
        stop: asked while waiting; once it says True, calls raise Interrupted.
        ledger: where bucket and working times are kept; one in a file is shared by all processes that use it.

    Attributes:
        requests: HTTP requests sent.
        waited: seconds spent waiting for limits and between attempts.
    """

    def __init__(
        self,
        access: Access,
        *,
        clock: Clock = SYSTEM_CLOCK,
        plan: str = "standard",
        session: requests.Session | None = None,
        read_timeout: float = 90.0,
        attempts: int = 6,
        stop: Callable[[], bool] | None = None,
        ledger: Ledger | None = None,
    ) -> None:
        self.access = access
        self.requests = 0
        self.waited = 0.0
        self._clock = clock
        self._gate: Gate | None = Bucket.of_plan(plan, clock, ledger)
        self._operating = Operating(clock, ledger=ledger)
        self._session = session
        self._idle: list[requests.Session] = []
        self._read_timeout = read_timeout
        self._attempts = attempts
        self._stop = stop
        self._lock = threading.Lock()

    def call(self, method: str, params: Mapping[str, Any] | None = None, *, idempotent: bool = True) -> Answer:
        """Call a REST method.

        Args:
            idempotent: whether the call may be repeated when its answer is lost; False for writes that add.

        Raises:
            RetryLater: still failing after all attempts.
            OutcomeUnknown: a write whose answer was lost.
            PortalError: any other failure, at once.
            Interrupted: told to stop.
        """
        return self._insist(_Call(method, dict(params or {}), (method,), idempotent), self._attempts)

    def batch(
        self,
        commands: Mapping[str, Command],
        *,
        idempotent: bool = True,
        halt: bool = False,
        attempts: int | None = None,
        arrived: Arrived | None = None,
    ) -> dict[str, Answer | PortalError]:
        """Up to 50 commands in one request; a command that failed has its error as value and is not repeated here.

        Args:
            halt: the portal leaves out what follows a failed command.
            attempts: of the whole batch, instead of the portal's own number.
            arrived: called with the bytes of an answer before they are taken apart, and the seconds they took;
                while it waits, they are not.

        Raises:
            PortalError: the batch as a whole failed, as in `call`.
        """
        methods = sorted({command.method for command in commands.values()})
        call = _Call("batch", pack(commands, halt), ("batch", *methods), idempotent, arrived)
        outer = self._insist(call, attempts or self._attempts)
        answers = {key: self._worded(answer) for key, answer in unpack_batch(outer, commands).items()}
        self._learn(commands, answers)
        return answers

    def pause(self, seconds: float, method: str = "") -> None:
        """Wait, unless told to stop.

        Raises:
            Interrupted: told to stop.
        """
        while seconds > 0:
            self._check_stop(method)
            step = min(seconds, PATIENCE)
            self._clock.sleep(step)
            seconds -= step
            with self._lock:
                self.waited += step

    def ready_in(self, method: str) -> float:
        """Seconds until a method may be called, as far as its working time decides."""
        return max(self._operating.wait(method), self._operating.wait("batch"))

    def monotonic(self) -> float:
        """Seconds of the portal's clock object, for who waits along with it."""
        return self._clock.monotonic()

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for session in idle:
            session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _insist(self, call: "_Call", attempts: int) -> Answer:
        retrying = Retrying(
            retry=retry_if_exception_type(RetryLater),
            stop=stop_after_attempt(attempts),
            wait=_patience,
            sleep=self.pause,
            before_sleep=_log_retry,
            reraise=True,
        )
        try:
            return retrying(self._attempt, call)
        except PortalError as error:
            worded = self.access.reworded(error)
        raise worded

    def _attempt(self, call: "_Call") -> Answer:
        try:
            answer = self._admitted(call)
        except RetryLater as error:
            self._slow_down(call.method, error)
            if call.idempotent or _untouched(error):
                raise
        else:
            self._operating.note(call.method, answer.time)
            return answer
        raise OutcomeUnknown("portal.outcome_unknown", method=call.method, host=self.access.host)

    def _wait_turn(self, call: "_Call") -> None:
        self._check_stop(call.method)
        if (parked := max(self._operating.wait(name) for name in call.budgets)) > 0:
            _log.info("wait method=%s reason=operating seconds=%.1f", call.method, parked)
            self.pause(parked, call.method)
        if self._gate is not None:
            self.pause(self._gate.reserve(), call.method)
        for name in call.budgets:
            self._operating.start(name)
        self._check_stop(call.method)

    def _admitted(self, call: "_Call") -> Answer:
        """The answer; a token that has run out is renewed, a portal that has moved is followed, once each."""
        grant = self.access.grant()
        try:
            return self._exchange(call, grant)
        except Unauthorized as error:
            if error.code.upper() not in OUT_OF_DATE or not self.access.renew(grant):
                raise
        except UnexpectedAnswer as error:
            if error.message_id != "portal.moved" or not self.access.follow(str(error.params["host"])):
                raise
        # Both were refused before any work, so even a write is sent once more.
        return self._exchange(call, self.access.grant())

    def _exchange(self, call: "_Call", grant: Grant) -> Answer:
        self._wait_turn(call)
        body = json.dumps({**call.params, **grant.parameters()}, ensure_ascii=False, allow_nan=False).encode()
        with self._lock:
            self.requests += 1
        began = self._clock.monotonic()
        with self._connection() as session:
            reply = post(session, grant, call.method, body, self._read_timeout)
        seconds, size = self._clock.monotonic() - began, len(reply.body)
        _log.debug("called method=%s status=%d bytes=%d seconds=%.2f", call.method, reply.status, size, seconds)
        if call.arrived is not None:
            call.arrived(size, seconds)
        return unpack(reply.status, reply.headers, reply.body, call.method)

    @contextmanager
    def _connection(self) -> Iterator[requests.Session]:
        """A session that no other thread uses meanwhile; the one from outside is shared by all."""
        if self._session is not None:
            yield self._session
            return
        with self._lock:
            session = self._idle.pop() if self._idle else None
        session = session or open_session(self.access)
        try:
            yield session
        finally:
            with self._lock:
                self._idle.append(session)

    def _slow_down(self, method: str, error: PortalError) -> None:
        if error.code.upper() == RATE_LIMIT and self._gate is not None:
            self._gate.fill()
        if error.code.upper() == OPERATING:
            self._operating.park(method, error.after if isinstance(error, RetryLater) else 0.0)

    def _learn(self, commands: Mapping[str, Command], answers: Mapping[str, Answer | PortalError]) -> None:
        """Note the last running total of each method, so that its growth is the cost of the batch; park the blocked."""
        times: dict[str, PortalTime] = {}
        for key, answer in answers.items():
            if isinstance(answer, PortalError):
                self._slow_down(commands[key].method, answer)
            elif answer.time.operating is not None:
                times[commands[key].method] = answer.time
        for method, time in times.items():
            self._operating.note(method, time)

    def _worded(self, answer: Answer | PortalError) -> Answer | PortalError:
        return self.access.reworded(answer) if isinstance(answer, PortalError) else answer

    def _check_stop(self, method: str) -> None:
        if self._stop is not None and self._stop():
            raise Interrupted("portal.stopped")


@dataclass(frozen=True)
class _Call:
    """A call that may take several attempts; `budgets` are the methods whose working time it uses."""

    method: str
    params: Mapping[str, Any]
    budgets: tuple[str, ...]
    idempotent: bool
    arrived: Arrived | None = None


def _untouched(error: RetryLater) -> bool:
    return error.code.upper() in _UNTOUCHED or error.message_id in ("portal.unreachable", "portal.oauth_failed")


def _patience(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return max(_backoff(state), error.after if isinstance(error, RetryLater) else 0.0)


def _log_retry(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    seconds = state.next_action.sleep if state.next_action else 0.0
    _log.warning(
        "retry method=%s attempt=%d seconds=%.1f error=%s", state.args[0].method, state.attempt_number, seconds, error
    )
