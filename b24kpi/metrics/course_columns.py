"""Columns of the facts of courses, and those of all deals out of them, in the order of their ids."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.facts.arrays import BLOCK, BYTE, ID, MOMENT, MONEY, NO_ID, Numbers, Texts, taken
from b24kpi.lazy import lazy
from b24kpi.metrics.coded import Coded
from b24kpi.metrics.columns import told_as_texts

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine

Array = NDArray[Any]

_MOMENTS = ("created_at", "closed_at")
_IDS = ("pipeline", "manager", "assigned", "creator")
_KINDS = {"mark": BYTE, "money": MONEY, **dict.fromkeys(_MOMENTS, MOMENT), **dict.fromkeys(_IDS, ID)}
_AT_ONCE = 256  # blocks, which stay near the processor


class BlockDeals:
    """Deals by their blocks and one byte for each, which tells it from the others of its block."""

    def __init__(self, count: int) -> None:
        self._bytes = Numbers(BYTE, count)
        self._blocks: list[int] = []
        self._counts: list[int] = []

    def extend(self, blocks: Sequence[int], blobs: Sequence[bytes]) -> None:
        """Add those of some blocks."""
        self._bytes.extend(blobs)
        self._blocks += blocks
        self._counts += map(len, blobs)

    @property
    def blocks(self) -> Array:
        """Their blocks, ascending."""
        return np.array(self._blocks, dtype=np.int64)

    def beyond(self, begins: Array) -> Array:
        """Their numbers, where those of each block begin with these."""
        found = np.repeat(begins, self._counts)
        found += self._bytes.array
        return found


class CourseColumns:
    """Columns of all deals, read in one go; nothing of them may be changed."""

    def __init__(self, engine: "Engine") -> None:
        numbers = {name: partial(Numbers, kind) for name, kind in _KINDS.items()}
        self._deals, (sources, *rest) = read_columns(engine, "fact_course", {"source": Texts, **numbers})
        self._codes: dict[str, Coded] = {"source": sources.told()}
        self._numbers: Mapping[str, Numbers] = dict(zip(_KINDS, rest, strict=True))

    @lazy
    def ids(self) -> Array:
        """Those of the deals."""
        return self._deals.beyond(self._deals.blocks * BLOCK)

    def places(self, deals: BlockDeals) -> Array:
        """Of each of some deals, in whatever order, its place among all; -1 where it is not there."""
        own, blocks = self._deals.blocks, deals.blocks
        at = np.searchsorted(own, blocks)
        at[np.append(own, -1)[at] != blocks] = len(own)
        return taken(self._places, deals.beyond((at * BLOCK).astype(np.int32)))

    @lazy
    def _places(self) -> Array:
        """Block by block, of every id that it has room for, the place of its deal; in the end a block without any."""
        blocks = np.arange(len(self._deals.blocks), dtype=np.int32)
        found = np.full((len(blocks) + 1) * BLOCK, -1, dtype=np.int32)
        found[self._deals.beyond(blocks * np.int32(BLOCK))] = np.arange(len(self.ids), dtype=np.int32)
        return found

    def array(self, name: str) -> Array:
        """Numbers as they are kept."""
        return self._numbers[name].array

    def codes(self, name: str) -> Coded:
        """Of the `pipeline`, `manager`, `source`, `creator`, or who is `assigned` now: places among the texts."""
        if name not in self._codes:
            self._codes[name] = told_as_texts(self.array(name), NO_ID)
        return self._codes[name]


def course_columns(engine: "Engine") -> CourseColumns:
    """The only ones of an engine."""
    return engine.once(CourseColumns, lambda: CourseColumns(engine))


def read_columns(
    engine: "Engine", table: str, columns: Mapping[str, Callable[[int], Any]]
) -> tuple[BlockDeals, list[Any]]:
    """The deals of a table, and columns of it, block by block: what is read lies in memory beside them only in parts.

    Args:
        columns: by name what makes, of so many numbers or texts, something that is extended by parts of them.
    """
    count = f"(SELECT SUM(LENGTH(deal)) FROM {table})"  # by one statement: somebody may write between two of them
    rows = engine.store.db.conn.execute(
        f"SELECT {', '.join((count, 'block', 'deal', *columns))} FROM {table} ORDER BY 2"
    )
    part = rows.fetchmany(_AT_ONCE)
    room = part[0][0] if part else 0
    deals, found = BlockDeals(room), [make(room) for make in columns.values()]
    while part:
        _, blocks, blobs, *others = zip(*part, strict=True)
        deals.extend(blocks, blobs)
        for column, values in zip(found, others, strict=True):
            column.extend(values)
        part = rows.fetchmany(_AT_ONCE)
    return deals, found
