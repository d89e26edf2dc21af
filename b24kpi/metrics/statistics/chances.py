"""The chance to win what is still open, by stage and age: Aalen-Johansen from a landmark.

Of all earlier stays in the stage only those count that lasted at least as long as the deal has been there; what became
of them after that age, wins and other ends competing, is what the deal has before it.
"""

from bisect import bisect_right
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.statistics.ends import Ends

Array = NDArray[Any]
Flags = NDArray[np.bool_]
Key = Hashable

DAY = 86_400
# Ages in days at which chances are taken; a deal has those of the last one that it has passed.
LANDMARKS = (0, 1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365, 545, 730)
FEWEST = 10  # stays from which a chance is taken


@dataclass(frozen=True)
class Stays:
    """Earlier stays in a stage, in seconds.

    Attributes:
        watched: of those whose deals are closed, from the beginning of the stay to the close, ascending.
        outlived: how many of the landmarks each stay lasted longer than.
        won: whether the deal was won.
        going: of those whose deals are open, for how long they have been watched, ascending; `going_outlived` as above.
    """

    watched: Array
    outlived: Array
    won: Flags
    going: Array
    going_outlived: Array

    @classmethod
    def of(cls, lasted: Array, watched: Array, ended: Flags, won: Flags) -> "Stays":
        """In any order: how long each stay lasted, and how long it was watched, to the close if its deal `ended`."""
        order = np.argsort(watched, kind="stable")
        outlived, watched, ended, won = landmarks_before(lasted)[order], watched[order], ended[order], won[order]
        return cls(watched[ended], outlived[ended], won[ended], watched[~ended], outlived[~ended])


def landmarks_before(seconds: Array) -> NDArray[np.uint8]:
    """How many of the landmarks each of these ages lies beyond."""
    return np.searchsorted(np.array(LANDMARKS) * DAY, seconds).astype(np.uint8)


def landmark_of(seconds: Array) -> NDArray[np.int64]:
    """The place of the last landmark that each of these ages has reached."""
    return np.asarray(np.searchsorted(np.array(LANDMARKS) * DAY, seconds, side="right") - 1, dtype=np.int64)


@dataclass(frozen=True)
class Curve:
    """What became of the stays that lasted longer than a landmark, counted from it on."""

    landmark: int
    ends: Ends

    @property
    def n(self) -> int:
        return self.ends.n

    @property
    def ever(self) -> float:
        """The chance to win, as far as has been watched."""
        return self.ends.share

    def won_by(self, seconds: float) -> float:
        """The chance to win within so many seconds."""
        return self.ends.share_by(seconds)


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
                found = self._at(group, place)
                if found is not None:
                    return found
        return None

    def _at(self, group: Key, place: int) -> Curve | None:
        if (group, place) not in self._known:
            self._known[group, place] = _curve(self._of(group), place)
        return self._known[group, place]

    def _of(self, group: Key) -> Stays:
        if group not in self._groups:
            self._groups[group] = self.stays(group)
        return self._groups[group]


def _curve(stays: Stays, place: int) -> Curve | None:
    lasting, going = stays.outlived > place, stays.going_outlived > place
    if lasting.sum() + going.sum() < FEWEST:
        return None
    since = LANDMARKS[place] * DAY
    ends = Ends(
        stays.watched[lasting] - since, stays.watched[lasting & stays.won] - since, stays.going[going] - since
    )
    return Curve(LANDMARKS[place], ends)
