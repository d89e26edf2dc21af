"""The chance to win what is still open, by stage and age: Aalen-Johansen from a landmark.

Of all earlier stays in the stage only those count that lasted at least as long as the deal has been there; what became
of them after that age, wins and other ends competing, is what the deal has before it.
"""

from bisect import bisect_right
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.statistics.survival import Observations, cumulative_incidence

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Key = Hashable

DAY = 86_400
# Ages in days at which chances are taken; a deal has those of the last one that it has passed.
LANDMARKS = (0, 1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365, 545, 730)
FEWEST = 10  # stays from which a chance is taken


@dataclass(frozen=True)
class Stays:
    """Earlier stays in a stage, one place of each array for each, in seconds.

    Attributes:
        lasted: how long the stay itself went on, or has gone on so far.
        watched: from its beginning to the close of the deal, or for how long it has been watched.
        ended, won: whether the deal is closed, and won.
    """

    lasted: Floats
    watched: Floats
    ended: Flags
    won: Flags


@dataclass(frozen=True)
class Curve:
    """The share won by each time after the landmark, of `n` stays that lasted longer than it."""

    landmark: int
    n: int
    times: Floats
    incidence: Floats

    def won_by(self, seconds: float) -> float:
        """The chance to win within so many seconds."""
        place = int(np.searchsorted(self.times, seconds, side="right"))
        return float(self.incidence[place - 1]) if place else 0.0


@dataclass
class Chances:
    """Curves by stage and landmark, computed when first asked for.

    Attributes:
        stays: the earlier stays of a group, which may be a stage, a pipeline, or all.
    """

    stays: Callable[[Key], Stays]
    _known: dict[tuple[Key, int], Curve | None] = field(default_factory=dict)
    _groups: dict[Key, Stays] = field(default_factory=dict)

    def curve(self, groups: tuple[Key, ...], age: float) -> Curve | None:
        """The curve of the first group with enough stays, at the last landmark passed that has enough; None without."""
        for group in groups:
            for place in range(bisect_right(LANDMARKS, age / DAY) - 1, -1, -1):
                found = self._at(group, LANDMARKS[place])
                if found is not None:
                    return found
        return None

    def _at(self, group: Key, landmark: int) -> Curve | None:
        if (group, landmark) not in self._known:
            self._known[group, landmark] = _curve(self._of(group), landmark)
        return self._known[group, landmark]

    def _of(self, group: Key) -> Stays:
        if group not in self._groups:
            self._groups[group] = self.stays(group)
        return self._groups[group]


def _curve(stays: Stays, landmark: int) -> Curve | None:
    lasting = stays.lasted > landmark * DAY
    count = int(lasting.sum())
    if count < FEWEST:
        return None
    after = stays.watched[lasting] - landmark * DAY
    times, incidence = cumulative_incidence(Observations(after, stays.ended[lasting], stays.won[lasting]))
    return Curve(landmark, count, times, incidence)
