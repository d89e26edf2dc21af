"""What the past stays in a stage say: how long is too long, and how probable a win still is; as known at a moment."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.courses import Stays
from b24kpi.metrics.known_stays import StageStays
from b24kpi.metrics.stage_chances import StageChances
from b24kpi.metrics.statistics.chances import DAY, outlived
from b24kpi.metrics.statistics.ends import Ends

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
        self._of_stage = {place: _still_there(stays, share) for place, share in enumerate(self._shares)}

    def too_long(self, stage: int, moment: int) -> float:
        """Seconds after which a stay in a stage is too long."""
        share = self._shares[stage]
        begun, left = self._stays.entered[share], self._stays.left[share]
        is_begun, is_left = begun <= moment, left <= moment
        ended = np.sort(np.compress(is_begun & is_left, left - begun))
        ends = Ends(ended, ended, np.sort(moment - np.compress(is_begun & ~is_left, begun)))
        found = ends.time_of(LONG_SHARE) if ends.n >= LEAST_STAYS and len(ended) else None
        return self._usual if found is None else found

    def chances(self, moment: int) -> StageChances:
        """How probable a win in the end is (Aalen-Johansen) for a deal that is still in a stage after some days."""
        return StageChances(self._stays.stages, lambda stage: self._of_stage[stage].at(moment))


def _still_there(stays: Stays, share: slice) -> StageStays:
    """In the stage, and neither won nor lost, until the visit to the pipeline ends."""
    begun, left, end = (column[share] for column in (stays.entered, stays.left, stays.end))
    there_until = np.minimum(left, end)
    beyond = outlived(there_until - begun) if (end < left).any() else stays.beyond[share]
    return StageStays(begun, there_until, end, beyond, stays.is_won[share])
