"""An order of rows by their stage, and within a stage by a number."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Shares:
    """Where each stage has its rows in the order."""

    def __init__(self, stage: Array, count: int) -> None:
        self._starts = np.concatenate(([0], np.cumsum(np.bincount(stage, minlength=count))))

    def of(self, stage: int, rows: Array) -> Array:
        """Those of some rows, given by their ascending places in the order, that are of a stage."""
        begin, end = np.searchsorted(rows, self._starts[stage : stage + 2])
        return np.asarray(rows[begin:end])


def by_stage(stage: Array, number: Array, count: int) -> tuple[Array, Shares]:
    """The order, and the shares of stages in it.

    Args:
        stage: of each row, below `count`.
        number: of each row, not negative and below 2**40.
    """
    return np.argsort(stage.astype(np.int64) << 40 | number), Shares(stage, count)
