"""Faults on order: each kind of failure a portal, its proxy or the network has shown, played at a chosen call.

Kinds that replace the answer: `bad_gateway` 502 and `gateway_timeout` 504 in HTML, `server_error` 500 without JSON,
`forbidden` 403 in HTML, `redirect` 302 to `host`, `expired_token` 401, `query_limit` 503 QUERY_LIMIT_EXCEEDED,
`overload` 503 OVERLOAD_LIMIT, `operation_time_limit` 429, `portal_deleted` 403, `reset` (the connection breaks,
nothing is done).
Kinds that carry the call out first: `slow` (answers after `seconds`), `truncated` (half of the body, then the end),
`reply_lost` (done, but the connection breaks before the answer). Inside of a batch: `command_error` (one command fails
with `code`). In crm.item.batchImport: `import_error` (the items at `positions` fail with `code`).
In rows of the BI connector (method `pbi.php`; all silent but the first): `bi_error` (200 with `code`), `bi_cut_line`
(the body ends within a line), `bi_early_end` (a proper end after `rows`), `bi_missing_rows` (each `every`-th is left
out), `bi_doubled_rows` (each `every`-th comes twice), `bi_missing_column` and `bi_extra_column` (`column`),
`bi_lost_filter` (no condition is applied). `truncated` and the replacing kinds work there as everywhere.
Codes and statuses: https://apidocs.bitrix24.com/error-codes.html
"""

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

REPLACING = (
    *("bad_gateway", "gateway_timeout", "server_error", "forbidden", "redirect", "expired_token"),
    *("query_limit", "overload", "operation_time_limit", "portal_deleted", "reset"),
)
CARRYING_OUT = ("slow", "truncated", "reply_lost")
BI_KINDS = (
    *("bi_error", "bi_cut_line", "bi_early_end", "bi_missing_rows", "bi_doubled_rows"),
    *("bi_missing_column", "bi_extra_column", "bi_lost_filter"),
)
KINDS = (*REPLACING, *CARRYING_OUT, "command_error", "import_error", *BI_KINDS)


@dataclass
class Fault:
    """One order: a kind, at which method (None: any), how often, after how many calls that it lets pass."""

    kind: str
    method: str | None = None
    times: int = 1
    after: int = 0
    details: dict[str, Any] = field(default_factory=dict)

    def matches(self, method: str) -> bool:
        """Whether it is meant for a call of this method."""
        return self.method is None or self.method.lower() == method.lower()

    @property
    def code(self) -> str:
        """The error code it answers with, where it needs one."""
        return str(self.details.get("code", "ERROR_CORE"))


class Faults:
    """The script of a portal's failures; safe for the server's threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._script: list[Fault] = []
        self._random: random.Random | None = None
        self._probability = 0.0
        self._random_kinds: Sequence[str] = ()
        self.played: list[tuple[str, str]] = []

    def add(self, kind: str, method: str | None = None, times: int = 1, after: int = 0, **details: Any) -> None:
        """Orders a fault. `method` is the one in the URL (`batch` for batches), for `command_error` the command's.

        `times` -1 means for ever. Details: `seconds` (slow), `host` (redirect), `code`, `positions`.
        Raises ValueError for an unknown kind.
        """
        if kind not in KINDS:
            raise ValueError(f"unknown fault {kind}; there are {', '.join(KINDS)}")
        with self._lock:
            self._script.append(Fault(kind, method, times, after, details))

    def at_random(self, probability: float, seed: int, kinds: Sequence[str] = REPLACING) -> None:
        """Plays one of `kinds` at each HTTP request with a probability, the same ones for the same seed."""
        if unknown := set(kinds) - set(KINDS):
            raise ValueError(f"unknown faults {', '.join(sorted(unknown))}")
        with self._lock:
            self._random, self._probability, self._random_kinds = random.Random(seed), probability, tuple(kinds)

    def clear(self) -> None:
        """Forgets the script and the random faults; what has been played stays known."""
        with self._lock:
            self._script.clear()
            self._random = None

    def take(self, method: str) -> Fault | None:
        """The fault due at an HTTP request."""
        with self._lock:
            fault = self._due(method, (*REPLACING, *CARRYING_OUT)) or self._by_chance()
            if fault:
                self.played.append((fault.kind, method))
            return fault

    def take_inner(self, kinds: str | Sequence[str], method: str) -> Fault | None:
        """The fault due at a command inside of a batch, at the items of an import, at rows of the BI connector."""
        with self._lock:
            fault = self._due(method, (kinds,) if isinstance(kinds, str) else kinds)
            if fault:
                self.played.append((fault.kind, method))
            return fault

    def _due(self, method: str, kinds: Sequence[str]) -> Fault | None:
        for fault in self._script:
            if fault.kind not in kinds or not fault.matches(method) or fault.times == 0:
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            fault.times -= 1 if fault.times > 0 else 0
            return fault
        return None

    def _by_chance(self) -> Fault | None:
        if self._random is None or self._random.random() >= self._probability:
            return None
        return Fault(self._random.choice(self._random_kinds))
