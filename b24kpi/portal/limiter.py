"""How often the portal may be asked, and how long it may work for us.

Two limits, counted by the portal: requests per source address, a leaky bucket; and `operating`, the seconds that
a method has worked for one webhook within ten minutes. Self-hosted portals have neither by default.

https://apidocs.bitrix24.com/limits.html
"""

import threading
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol, Self

from b24kpi.clock import Clock
from b24kpi.errors import BadInput
from b24kpi.portal.protocol import PortalTime

# plan: (requests at once, requests a second)
PLANS: dict[str, tuple[int, float] | None] = {"standard": (50, 2.0), "enterprise": (250, 5.0), "self_hosted": None}

# Requests that leave evenly may arrive bunched: the portal's bucket must bear what the network does to ours.
BURST_SHARE = 0.9
RATE_SHARE = 0.95

# The default in the portal's source; the cloud documents 480.
OPERATING_LIMIT = 420.0
SLOW_FROM = 0.8
WINDOW = 600.0
STEP = 60.0


class Gate(Protocol):
    """What Portal asks before each request; a bucket shared by several processes fits here too."""

    def reserve(self) -> float:
        """Take one place; seconds to wait before using it."""

    def fill(self) -> None:
        """The portal said that its bucket is full."""


class Bucket:
    """A leaky bucket: each request adds one, `rate` leak out a second, above `burst` a request has to wait.

    A place is taken before the call, so that callers who come together get different waits. Thread-safe.
    """

    def __init__(self, burst: float, rate: float, clock: Clock) -> None:
        self._burst = burst
        self._rate = rate
        self._clock = clock
        self._level = 0.0
        self._at = clock.monotonic()
        self._lock = threading.Lock()

    @classmethod
    def of_plan(cls, plan: str, clock: Clock) -> Self | None:
        """The bucket of a plan with a margin of safety; None where the portal has no limit.

        Raises:
            BadInput: unknown plan.
        """
        if plan not in PLANS:
            nearest = (get_close_matches(plan, PLANS, n=1, cutoff=0) or [""])[0]
            raise BadInput("portal.unknown_plan", plan=plan, nearest=nearest)
        limits = PLANS[plan]
        return cls(limits[0] * BURST_SHARE, limits[1] * RATE_SHARE, clock) if limits else None

    def reserve(self) -> float:
        """Take one place; seconds to wait before using it."""
        with self._lock:
            self._leak()
            self._level += 1
            return max(0.0, (self._level - self._burst) / self._rate)

    def fill(self) -> None:
        """Count as full: others at this address may have used the places that we thought free."""
        with self._lock:
            self._leak()
            self._level = max(self._level, self._burst)

    def _leak(self) -> None:
        now = self._clock.monotonic()
        self._level = max(0.0, self._level - (now - self._at) * self._rate)
        self._at = now


@dataclass
class _Budget:
    """What is known about one method; moments are of the monotonic clock."""

    used: float = 0.0
    cost: float = 0.0
    reset: float = 0.0
    parked: float = 0.0
    parks: int = 0


class Operating:
    """The working time of each method, as the portal last told it. Thread-safe.

    Below 80 % of the limit a method goes at full speed; above, what is left is spread over the time until the
    oldest minute is forgotten; at the limit the method is parked until then. A portal that tells nothing is
    never slowed.
    """

    def __init__(self, clock: Clock, limit: float = OPERATING_LIMIT) -> None:
        self._clock = clock
        self._limit = limit
        self._budgets: dict[str, _Budget] = {}
        self._lock = threading.Lock()

    def note(self, method: str, time: PortalTime) -> None:
        """Remember the running total that came with an answer (a total, not the cost of that call)."""
        with self._lock:
            budget = self._budget(method)
            budget.parks = 0
            if time.operating is None:
                return
            grown = time.operating - budget.used
            budget.cost = grown if grown > 0 else budget.cost
            budget.used = time.operating
            budget.reset = self._clock.monotonic() + self._until_reset(time)

    def park(self, method: str, seconds: float = 0.0) -> None:
        """Leave a blocked method alone: for `seconds`, else until its last known reset, else in growing steps."""
        with self._lock:
            now = self._clock.monotonic()
            budget = self._budget(method)
            budget.parks += 1
            known = seconds or (budget.reset - now if budget.parks == 1 else 0.0)
            budget.parked = now + min(known if known > 0 else STEP * budget.parks, WINDOW)

    def wait(self, method: str) -> float:
        """Seconds to wait before the next call of `method`."""
        with self._lock:
            now = self._clock.monotonic()
            budget = self._budget(method)
            return max(budget.parked - now, self._pace(budget, budget.reset - now), 0.0)

    def _pace(self, budget: _Budget, until_reset: float) -> float:
        left = self._limit - budget.used
        if until_reset <= 0 or budget.used < SLOW_FROM * self._limit:
            return 0.0
        return min(until_reset, until_reset * budget.cost / left) if left > 0 else until_reset

    def _until_reset(self, time: PortalTime) -> float:
        if time.operating_reset_at is None:
            return STEP
        now = time.now if time.now is not None else self._clock.now()
        return min(max(0.0, time.operating_reset_at - now), WINDOW)

    def _budget(self, method: str) -> _Budget:
        return self._budgets.setdefault(method.lower(), _Budget())
