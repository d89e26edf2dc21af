"""What the demo portal has been asked: counts for tests and trials."""

import threading
from collections import Counter
from typing import Any


class Stats:
    """Counters since the start: HTTP requests, calls by method (commands of batches included), refusals.

    `log` collects (method, parameters) while `keep_log` is set; `failures` the exceptions of the portal itself.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.requests = 0
        self.rejected_503 = 0
        self.blocked_429 = 0
        self.by_method: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()
        self.failures: list[BaseException] = []
        self.keep_log = False
        self.log: list[tuple[str, dict[Any, Any]]] = []

    def request(self) -> int:
        """One HTTP request came in; its number, from 1."""
        with self._lock:
            self.requests += 1
            return self.requests

    def rejected(self) -> None:
        """The leaky bucket refused one."""
        with self._lock:
            self.rejected_503 += 1

    def blocked(self) -> None:
        """`operating` refused a call."""
        with self._lock:
            self.blocked_429 += 1

    def called(self, method: str, params: dict[Any, Any]) -> None:
        """A method was called, alone or within a batch."""
        with self._lock:
            self.by_method[method] += 1
            if self.keep_log:
                self.log.append((method, params))

    def not_known(self, method: str) -> None:
        """A method was asked for that the portal does not have."""
        with self._lock:
            self.unknown[method] += 1

    def failed(self, error: BaseException) -> None:
        """The portal itself failed."""
        with self._lock:
            self.failures.append(error)
