"""How often the portal may be asked, and how long it may work for us.

Two limits, counted by the portal: requests per source address, a leaky bucket; and `operating`, the seconds that
a method has worked for one webhook within ten minutes. Self-hosted portals have neither by default.

https://apidocs.bitrix24.com/limits.html
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Protocol, Self

from b24kpi.clock import Clock
from b24kpi.errors import BadInput
from b24kpi.portal.ledger import Figures, Ledger, MemoryLedger
from b24kpi.portal.protocol import PortalTime

# plan: (requests at once, requests a second)
PLANS: dict[str, tuple[int, float] | None] = {"standard": (50, 2.0), "enterprise": (250, 5.0), "self_hosted": None}

# Requests that leave evenly may arrive bunched: the portal's bucket must bear what the network does to ours.
BURST_SHARE = 0.9
RATE_SHARE = 0.98

# The default in the portal's source; the cloud documents 480.
OPERATING_LIMIT = 420.0
SLOW_FROM = 0.8
WINDOW = 600.0
STEP = 60.0


class Gate(Protocol):
    """What Portal asks before each request."""

    def reserve(self) -> float:
        """Take one place; seconds to wait before using it."""

    def fill(self) -> None:
        """The portal said that its bucket is full."""


class Bucket:
    """A leaky bucket: each request adds one, `rate` leak out a second, above `burst` a request has to wait.

    A place is taken before the call, so that callers who come together get different waits. Thread-safe, and shared
    with all who have the same ledger.
    """

    def __init__(self, burst: float, rate: float, clock: Clock, ledger: Ledger | None = None) -> None:
        self._burst = burst
        self._rate = rate
        self._ledger = ledger or MemoryLedger(clock)

    @classmethod
    def of_plan(cls, plan: str, clock: Clock, ledger: Ledger | None = None) -> Self | None:
        """The bucket of a plan with a margin of safety; None where the portal has no limit.

        Raises:
            BadInput: unknown plan.
        """
        if plan not in PLANS:
            nearest = (get_close_matches(plan, PLANS, n=1, cutoff=0) or [""])[0]
            raise BadInput("portal.unknown_plan", plan=plan, nearest=nearest)
        limits = PLANS[plan]
        return cls(limits[0] * BURST_SHARE, limits[1] * RATE_SHARE, clock, ledger) if limits else None

    def reserve(self) -> float:
        """Take one place; seconds to wait before using it."""
        with self._ledger.changing("bucket") as figures:
            figures["level"] = self._leaked(figures) + 1
            return max(0.0, (figures["level"] - self._burst) / self._rate)

    def fill(self) -> None:
        """Count as full: others at this address may have used the places that we thought free."""
        with self._ledger.changing("bucket") as figures:
            figures["level"] = max(self._leaked(figures), self._burst)

    def _leaked(self, figures: Figures) -> float:
        """The level by now; a clock that was set back leaks nothing, once."""
        now = self._ledger.now()
        passed = max(0.0, now - figures.get("at", now))
        figures["at"] = now
        return max(0.0, figures.get("level", 0.0) - passed * self._rate)


@dataclass
class _Budget:
    """What is known about one method; moments are of the ledger's clock."""

    used: float = 0.0
    cost: float = 0.0
    reset: float = 0.0
    parked: float = 0.0
    parks: int = 0
    last: float = 0.0


class Operating:
    """The working time of each method, as the portal last told it. Thread-safe, and shared like a bucket.

    Below 80 % of the limit a method goes at full speed; above, what is left is spread over the time until the
    oldest minute is forgotten; at the limit the method is parked until then. A portal that tells nothing is
    never slowed.
    """

    def __init__(self, clock: Clock, limit: float = OPERATING_LIMIT, ledger: Ledger | None = None) -> None:
        self._clock = clock
        self._limit = limit
        self._ledger = ledger or MemoryLedger(clock)

    def note(self, method: str, time: PortalTime) -> None:
        """Remember the running total that came with an answer (a total, not the cost of that call)."""
        with self._changing(method) as budget:
            budget.parks = 0
            if time.operating is None:
                return
            grown = time.operating - budget.used
            budget.cost = grown if grown > 0 else budget.cost
            budget.used = time.operating
            budget.last = self._ledger.now()
            budget.reset = budget.last + self._until_reset(time)

    def park(self, method: str, seconds: float = 0.0) -> None:
        """Leave a blocked method alone: for `seconds`, else until its last known reset, else in growing steps."""
        with self._changing(method) as budget:
            now = self._ledger.now()
            budget.parks += 1
            known = seconds or (budget.reset - now if budget.parks == 1 else 0.0)
            budget.parked = now + min(known if known > 0 else STEP * budget.parks, WINDOW)

    def start(self, method: str) -> None:
        """A call of `method` begins: where the method is slow, the next one waits from now."""
        with self._changing(method) as budget:
            budget.last = self._ledger.now()

    def wait(self, method: str) -> float:
        """Seconds to wait before the next call of `method`, ten minutes at most."""
        with self._changing(method) as budget:
            now = self._ledger.now()
            return min(max(budget.parked - now, self._pace(budget, now), 0.0), WINDOW)

    def _pace(self, budget: _Budget, now: float) -> float:
        left, until_reset = self._limit - budget.used, budget.reset - now
        if until_reset <= 0 or budget.used < SLOW_FROM * self._limit:
            return 0.0
        if left <= 0:
            return until_reset
        return budget.last + min(until_reset, until_reset * budget.cost / left) - now

    def _until_reset(self, time: PortalTime) -> float:
        if time.operating_reset_at is None:
            return STEP
        now = time.now if time.now is not None else self._clock.now()
        return min(max(0.0, time.operating_reset_at - now), WINDOW)

    @contextmanager
    def _changing(self, method: str) -> Iterator[_Budget]:
        with self._ledger.changing(f"operating {method.lower()}") as figures:
            budget = _Budget(**figures)  # type: ignore[arg-type]
            yield budget
            figures.update(asdict(budget))
