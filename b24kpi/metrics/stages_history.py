"""What the past stays in a stage say: how long is too long, and how probable a win still is; as known at a moment."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from b24kpi.metrics.courses import Stays
from b24kpi.metrics.known_stays import KnownStays, StaysInTime
from b24kpi.metrics.statistics.chances import BEGINNING, shares
from b24kpi.metrics.statistics.ends import Ends

DAY = 86_400
LONG_SHARE = 0.8  # a stay is long once so many of the earlier ones were over
LEAST_STAYS = 20  # of fewer stays no such share is taken


class StageHistories:
    """All stays, as they were known at moments.

    Args:
        usual_days: what is too long where too few stays are known, or too few of them are over.
    """

    def __init__(self, stays: Stays, usual_days: int) -> None:
        self._usual_days = usual_days
        self._lasting = StaysInTime(stays.stage, stays.entered, stays.left, stays.left, stays.is_won)
        # Still there: in the stage, and neither won nor lost.
        there_until = np.minimum(stays.left, stays.end)
        self._winning = StaysInTime(stays.stage, stays.entered, there_until, stays.end, stays.is_won)

    def at(self, moment: int) -> "StageHistory":
        """What they said then."""
        return StageHistory(self._lasting.at(moment), self._winning.at(moment), float(self._usual_days * DAY))


@dataclass(frozen=True)
class StageHistory:
    """The stays in all stages as they were known at a moment; later moves are unknown to them.

    Attributes:
        lasting: until they end; winning: until the visit to the pipeline ends.
        usual: seconds that are too long where too few stays are known, or too few of them are over.
    """

    lasting: KnownStays
    winning: KnownStays
    usual: float

    def too_long(self, stage: int) -> float:
        """Seconds after which a stay in a stage is too long."""
        stays = self.lasting.of([stage])
        ends = Ends(stays.watched, stays.watched, stays.going)
        found = ends.time_of(LONG_SHARE) if ends.n >= LEAST_STAYS and len(ends.ended) else None
        return self.usual if found is None else found

    def chances(self, stage: int, days: Collection[int]) -> Mapping[int, float]:
        """The probability (Aalen-Johansen) that a deal is won in the end that is still in a stage after so many days.

        0 where no other deal has ever been there for longer. No day at all: it has just been reached.
        """
        asked = sorted(days)
        landmarks = [day or BEGINNING for day in asked]
        return dict(zip(asked, shares(self.winning.of([stage]), landmarks).tolist(), strict=True))
