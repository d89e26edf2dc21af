"""What the past stays in a stage say: how long is too long, and how probable a win still is; as known at a moment."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.by_stage import by_stage
from b24kpi.metrics.courses import Stays
from b24kpi.metrics.statistics.ends import Ends

Array = NDArray[Any]

DAY = 86_400
LONG_SHARE = 0.8  # a stay is long once so many of the earlier ones were over
LEAST_STAYS = 20  # of fewer stays no such share is taken


class StageHistories:
    """All stays, ordered once; later moves are unknown to what is asked of a moment.

    Args:
        usual_days: what is too long where too few stays are known, or too few of them are over.
    """

    def __init__(self, stays: Stays, usual_days: int) -> None:
        self._usual = float(usual_days * DAY)
        self._lasting = _Lasting(stays)
        self._winning = _Winning(stays)
        self._known_long: dict[tuple[int, int], float] = {}
        self._known_chances: dict[tuple[int, int, int], float] = {}

    def too_long(self, stage: int, moment: int) -> float:
        """Seconds after which a stay in a stage is too long."""
        if (stage, moment) not in self._known_long:
            ends = self._lasting.ends(stage, moment)
            found = ends.time_of(LONG_SHARE) if ends.n >= LEAST_STAYS and len(ends.ended) else None
            self._known_long[stage, moment] = self._usual if found is None else found
        return self._known_long[stage, moment]

    def chances(self, stage: int, moment: int, days: Collection[int]) -> Mapping[int, float]:
        """The probability (Aalen-Johansen) that a deal is won in the end that is still in a stage after so many days.

        0 where no other deal has ever been there for longer.
        """
        missing = sorted({day for day in days if (stage, moment, day) not in self._known_chances})
        for day, ends in zip(missing, self._winning.ends(stage, moment, missing), strict=True):
            self._known_chances[stage, moment, day] = ends.share if ends.n else 0.0
        return {day: self._known_chances[stage, moment, day] for day in days}


class _Lasting:
    """Stays in the order of how long they lasted."""

    def __init__(self, stays: Stays) -> None:
        lasted = np.maximum(stays.left - stays.entered, 0)
        order, self._shares = by_stage(stays.stage, lasted, len(stays.stages))
        self._entered, self._left, self._lasted = stays.entered[order], stays.left[order], lasted[order]
        self._seen: tuple[int, Array, Array] = (0, *(np.empty(0, dtype=np.int64),) * 2)

    def ends(self, stage: int, moment: int) -> Ends:
        """How long those of a stage lasted; what they end in is that they end."""
        if self._seen[0] != moment:
            is_over = self._left <= moment
            self._seen = moment, np.flatnonzero(is_over), np.flatnonzero((self._entered <= moment) & ~is_over)
        over, going = (self._shares.of(stage, rows) for rows in self._seen[1:])
        lasted = self._lasted[over]
        return Ends(lasted, lasted, np.sort(moment - self._entered[going]))


class _Winning:
    """Stays in the order of the time from their beginning to the end of the visit to the pipeline."""

    def __init__(self, stays: Stays) -> None:
        watched = np.maximum(stays.end - stays.entered, 0)  # people enter close dates before the stay
        order, self._shares = by_stage(stays.stage, watched, len(stays.stages))
        self._entered, self._left, self._end = stays.entered[order], stays.left[order], stays.end[order]
        self._watched, self._is_won = watched[order], stays.is_won[order]
        self._seen: tuple[int, Array, Array] = (0, *(np.empty(0, dtype=np.int64),) * 2)

    def ends(self, stage: int, moment: int, days: list[int]) -> list[Ends]:
        """For each of these numbers of days, ascending, what came of those that were still in the stage after them."""
        if self._seen[0] != moment:
            is_known, is_over = self._entered <= moment, self._end <= moment
            self._seen = moment, np.flatnonzero(is_known & is_over), np.flatnonzero(is_known & ~is_over)
        over, going = (self._shares.of(stage, rows) for rows in self._seen[1:])
        going = going[np.argsort(-self._entered[going], kind="stable")]
        closed = [self._watched[over], self._lasted(over, moment), self._is_won[over]]
        still_open = [moment - self._entered[going], self._lasted(going, moment)]
        found = []
        for day in days:
            # Each time some fewer are left to look at.
            if day:
                closed = _still(closed, day * DAY)
                still_open = _still(still_open, day * DAY)
            found.append(Ends(*(each - day * DAY for each in (closed[0], closed[0][closed[2]], still_open[0]))))
        return found

    def _lasted(self, rows: Array, moment: int) -> Array:
        return np.minimum(self._left[rows], moment) - self._entered[rows]


def _still(columns: list[Array], age: int) -> list[Array]:
    """The rows that were watched, and lasted, for longer; the first two columns say so."""
    is_still = (columns[0] > age) & (columns[1] > age)
    return [column[is_still] for column in columns]
