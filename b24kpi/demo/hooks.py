"""What happens on the portal between two requests of a client: rows that come, change and go while it reads."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from b24kpi.demo.state import PortalState

Action = Callable[[PortalState], object]


@dataclass(frozen=True)
class _Hook:
    first: int
    every: int  # 0: once
    action: Action

    def is_due(self, number: int) -> bool:
        return number == self.first or (
            self.every > 0 and number > self.first and not (number - self.first) % self.every
        )


class Hooks:
    """Actions that run once a request has been carried out, before its answer leaves; one at a time.

    Rows of the BI connector are read while they are sent, that is after the actions of their request.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hooks: list[_Hook] = []

    def after(self, number: int, action: Action) -> None:
        """Runs `action(state)` after the HTTP request of that number (the portal's `stats.requests`, from 1)."""
        self._add(_Hook(number, 0, action))

    def every(self, requests: int, action: Action, *, first: int | None = None) -> None:
        """Runs it after each so many requests, beginning with the one of number `first`."""
        self._add(_Hook(requests if first is None else first, requests, action))

    def clear(self) -> None:
        """Forgets all of them."""
        with self._lock:
            self._hooks.clear()

    def answered(self, number: int, state: PortalState) -> None:
        """The request of that number has been carried out."""
        with self._lock:
            for hook in [hook for hook in self._hooks if hook.is_due(number)]:
                hook.action(state)

    def _add(self, hook: _Hook) -> None:
        with self._lock:
            self._hooks.append(hook)
