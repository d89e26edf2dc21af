"""What happens in the demo company, put in the order of time and numbered in it.

Lives are drawn one after another, yet a portal numbers rows as they come to be: IDs ascend with time in every table.
So everything waits in the bucket of its day until nothing more can fall into that day, then leaves in order. Memory
holds the days between, however many rows pass through.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from random import Random
from typing import Any, Protocol

Row = dict[str, Any]
Maker = Callable[..., Row]

_BUCKET = 86_400  # seconds
_CHUNK = 4_000  # rows a table gathers before they are inserted
_DELETED = 0.03  # the share of IDs that belonged to rows since deleted


class RowTarget(Protocol):
    """Where rows go: the part of the portal's state that takes them as they are."""

    def insert(self, table: str, rows: Iterable[Row]) -> None:
        """Store rows of one table, unchanged and without side effects."""


class Card:
    """Stands for a row before it has an ID; the queue fills `id` in (0: not born yet)."""

    __slots__ = ("id",)

    def __init__(self) -> None:
        self.id = 0


_Entry = tuple[int, int, str, Card | None, Maker | None, tuple[Any, ...]]


class TimeQueue:
    """Rows waiting for their moment; see the module's docstring."""

    def __init__(self, target: RowTarget, random: Random) -> None:
        self._target = target
        self._draw = random.random
        self._serial = 0
        self._buckets: dict[int, list[_Entry]] = defaultdict(list)
        self._last_ids: dict[str, int] = defaultdict(int)
        self._ready: dict[str, list[Row]] = defaultdict(list)
        self.counts: dict[str, int] = defaultdict(int)

    def put(self, moment: int, table: str, card: Card | None, make: Maker | None, *args: Any) -> None:
        """At `moment` (epoch seconds) the row `make(id, moment, *args)` enters the table.

        The ID is the next of the table, written to `card`, or the card's own where it has one. Without `make` the
        card only gets its ID: the row is put later, when all it refers to is known.
        """
        self._serial += 1
        self._buckets[moment // _BUCKET].append((moment, self._serial, table, card, make, args))

    def release(self, before: float) -> None:
        """Let all whole days before the moment `before` go; nothing may be put there any more."""
        for day in sorted(day for day in self._buckets if (day + 1) * _BUCKET <= before):
            bucket = self._buckets.pop(day)
            bucket.sort()
            self._number(bucket)
        self._flush(_CHUNK)

    def finish(self) -> None:
        """Let everything go."""
        self.release(float("inf"))
        self._flush(1)

    def _number(self, bucket: list[_Entry]) -> None:
        for moment, _, table, card, make, args in bucket:
            number = (card.id if card else 0) or self._next_id(table)
            if card:
                card.id = number
            if make:
                self._ready[table].append(make(number, moment, *args))

    def _next_id(self, table: str) -> int:
        self._last_ids[table] += 2 if self._draw() < _DELETED else 1
        return self._last_ids[table]

    def _flush(self, least: int) -> None:
        for table, rows in self._ready.items():
            if len(rows) >= least:
                self._target.insert(table, rows)
                self.counts[table] += len(rows)
                rows.clear()
