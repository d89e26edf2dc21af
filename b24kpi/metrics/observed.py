"""Durations of the facts' rows as arrays: each fact is read once for all slicings."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.compiler import packed_statement
from b24kpi.metrics.model import Durations
from b24kpi.metrics.statistics.survival import Observations

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key

EMPTY = Observations(np.empty(0), np.empty(0, dtype=bool), np.empty(0, dtype=bool))
Integers = NDArray[np.int64]


def observations(
    engine: "Engine", part: Durations, slicings: "Sequence[Key]", where: Mapping[str, str], chosen: Sequence[int] = ()
) -> "dict[Key, dict[Cell, Observations]]":
    """Slicing → the durations behind each of its cells; what is open at the engine's `as_of` is still running.

    Args:
        chosen: positions of the periods to read; none means all.
    """
    every = tuple(dict.fromkeys(name for by in slicings for name in by))
    statement = packed_statement(part, every, where, chosen, engine.as_of)
    rows = list(engine.rows(statement, len(every)))
    if not rows:
        return {by: {} for by in slicings}
    cells = [cell for cell, _ in rows]
    seconds, kinds = (_numbers([packed[place] for _, packed in rows]) for place in (0, 1))
    sizes = np.array([kinds.count(",") + 1 for _, (_, kinds) in rows])
    found = Observations(np.maximum(seconds, 0), kinds > 0, kinds == 2)
    return {by: _rolled_up(cells, sizes, found, [every.index(name) for name in by]) for by in slicings}


def _numbers(texts: Sequence[str]) -> NDArray[np.float64]:
    return np.fromstring(",".join(texts), sep=",")


def _rolled_up(
    cells: "Sequence[Cell]", sizes: Integers, found: Observations, places: Sequence[int]
) -> "dict[Cell, Observations]":
    """The observations that lie in the order of finer cells, by the dimensions at these places of their keys."""
    numbers: dict[Cell, int] = {}
    coarse = [(position, tuple(key[place] for place in places)) for position, key in cells]
    codes = np.repeat(np.array([numbers.setdefault(cell, len(numbers)) for cell in coarse]), sizes)
    order = np.argsort(codes, kind="stable")
    seconds, ended, event = found.seconds[order], found.ended[order], found.event[order]
    ends = np.cumsum(np.bincount(codes, minlength=len(numbers))).tolist()
    return {
        cell: Observations(seconds[first:end], ended[first:end], event[first:end])
        for cell, first, end in zip(numbers, [0, *ends], ends, strict=False)
    }
