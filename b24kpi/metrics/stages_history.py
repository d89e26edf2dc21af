"""What the past stays in a stage say of how long is too long, as known at a moment."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.courses import Stays
from b24kpi.metrics.known_stays import in_order
from b24kpi.metrics.statistics.chances import DAY
from b24kpi.metrics.statistics.ends import Weights
from b24kpi.metrics.statistics.survival import EPSILON

Array = NDArray[Any]

LONG_SHARE = 0.8  # a stay is long once so many of the earlier ones were over
LEAST_STAYS = 20  # of fewer stays no such share is taken


class StageHistories:
    """All stays, as they were known at moments; later moves are unknown then.

    Args:
        usual_days: what is too long where too few stays are known, or too few of them are over.
    """

    def __init__(self, stays: Stays, usual_days: int) -> None:
        self._stays, self._usual = stays, float(usual_days * DAY)
        self._shares = tuple(stays.shares)
        self._of_stage: dict[int, tuple[Array, Array]] = {}

    def too_long(self, stage: int, moment: int, ages: Array) -> float:
        """Seconds after which a stay in a stage is too long.

        Args:
            ages: how long all have been there that are there at the moment.
        """
        lasted, left = self._lasted(stage)
        (ended,) = (left <= moment).nonzero()
        n = len(ended) + len(ages)
        if n < LEAST_STAYS or not len(ended):
            return self._usual
        over = ended.searchsorted(lasted.searchsorted(np.sort(ages), side="right"))
        number = Weights(n, over, over).events_to((LONG_SHARE - EPSILON) * n)
        return float(lasted[ended[number - 1]]) if number <= len(ended) else self._usual

    def _lasted(self, stage: int) -> tuple[Array, Array]:
        """How long each stay lasted in the end, ascending, and when it was left."""
        if stage not in self._of_stage:
            share = self._shares[stage]
            lasted, order = in_order(self._stays.left[share] - self._stays.entered[share])
            self._of_stage[stage] = lasted, self._stays.left[share][order]
        return self._of_stage[stage]
