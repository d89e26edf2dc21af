"""The portal's limits: a leaky bucket per client address, and the `operating` seconds per webhook and method.

https://apidocs.bitrix24.com/limits.html ; the ten one-minute buckets and the floor of 0.1 s are read from the portal's
source. Whether a rejected request counts in the leaky bucket is documented nowhere: `count_rejected` plays both.
"""

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_MINUTE = 60
_WINDOW = 600
_FLOOR = 0.1


@dataclass(frozen=True)
class Limits:
    """What a portal bears; 0 switches a limit off.

    `burst` and `rate` (requests, requests per second) are the leaky bucket; others behind the same address have filled
    it with `level_at_start` requests and add `neighbours` a second. `operating_limit` is in seconds per ten
    minutes; off, the `time` block lacks `operating`, as on self-hosted portals. `costs` simulates the seconds of a call
    by lower-case method, `*` standing for the others; without an entry the measured time counts. `list_seconds` and
    `count_seconds` are real waiting, per list command and, on top, per answer for which rows were counted; they count
    for `operating` too.
    """

    burst: int = 0
    rate: float = 0.0
    count_rejected: bool = False
    level_at_start: float = 0.0
    neighbours: float = 0.0
    operating_limit: float = 0.0
    costs: Mapping[str, float] = field(default_factory=dict)
    list_seconds: float = 0.0
    count_seconds: float = 0.0

    def cost(self, method: str, measured: float) -> float:
        """Seconds that a call counts for: simulated where `costs` says so, else as measured."""
        return self.costs.get(method, self.costs.get("*", measured))

    def waiting(self, *, is_list: bool, counted: bool) -> float:
        """Seconds that an answer takes longer than the demo portal itself needs."""
        return (self.list_seconds if is_list else 0.0) + (self.count_seconds if counted else 0.0)


UNLIMITED = Limits()
STANDARD = Limits(burst=50, rate=2.0, operating_limit=480.0)
ENTERPRISE = Limits(burst=250, rate=5.0, operating_limit=480.0)


class LeakyBuckets:
    """One counter per client address; every HTTP request is a hit, a batch too is one."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._levels: dict[str, tuple[float, float]] = {}

    def admit(self, address: str, limits: Limits) -> bool:
        """Counts a request; whether it is let through."""
        if limits.burst <= 0:
            return True
        with self._lock:
            now = self._monotonic()
            level, at = self._levels.get(address, (limits.level_at_start, now))
            leaked = (now - at) * (limits.rate - limits.neighbours)
            level = min(max(0.0, level - leaked), float(limits.burst))
            admitted = level + 1 <= limits.burst
            self._levels[address] = (level + (1 if admitted or limits.count_rejected else 0), now)
            return admitted


@dataclass(frozen=True)
class Operating:
    """What the `time` block tells: seconds spent in the last ten minutes, and when the oldest minute expires."""

    seconds: float
    reset_at: int


class MethodBlocks:
    """Methods that the portal blocks for some seconds, whatever they have used."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, tuple[int, float]] = {}
        self._until: dict[str, float] = {}

    def add(self, method: str, seconds: float, after: int = 0) -> None:
        """Blocks a method for `seconds`, beginning with the call that follows `after` more calls."""
        with self._lock:
            self._waiting[method.lower()] = (after, seconds)

    def is_blocked(self, method: str, now: float) -> bool:
        """Counts a call; whether it is refused."""
        name = method.lower()
        with self._lock:
            after, seconds = self._waiting.pop(name, (-1, 0.0))
            if after == 0:
                self._until[name] = now + seconds
            elif after > 0:
                self._waiting[name] = (after - 1, seconds)
            return now < self._until.get(name, now)

    def reset_at(self, method: str, now: float) -> int | None:
        """When a block that is on, or about to be, ends; None where there is none."""
        name = method.lower()
        with self._lock:
            if now < self._until.get(name, now):
                return math.ceil(self._until[name])
            return math.ceil(now + self._waiting[name][1]) if name in self._waiting else None


class OperatingCounters:
    """Execution seconds per (webhook or application, method) in ten buckets of a minute, in the portal's time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minutes: dict[tuple[str, str], dict[int, tuple[float, float]]] = {}

    def read(self, credential: str, method: str, now: float) -> Operating:
        """The running total of the last ten minutes."""
        with self._lock:
            minutes = self._current(credential, method, now)
            seconds = sum(spent for _, spent in minutes.values())
            first = min((at for at, _ in minutes.values()), default=now)
            return Operating(seconds, int(first) + _WINDOW)

    def add(self, credential: str, method: str, seconds: float, now: float) -> None:
        """Counts a call; those of 0.1 s and less are not recorded."""
        if seconds <= _FLOOR:
            return
        with self._lock:
            minutes = self._current(credential, method, now)
            first, spent = minutes.get(int(now) // _MINUTE, (now, 0.0))
            minutes[int(now) // _MINUTE] = (first, spent + seconds)

    def _current(self, credential: str, method: str, now: float) -> dict[int, tuple[float, float]]:
        minutes = self._minutes.setdefault((credential, method), {})
        for minute in [minute for minute, (first, _) in minutes.items() if first + _WINDOW <= now]:
            del minutes[minute]
        return minutes
