"""Kaplan-Meier and Aalen-Johansen of millions of durations, of which few still go on: only those are gone through.

Both estimators give each end the weight 1 / (n × G), where G is the share that would still be watched by then: the
Kaplan-Meier estimate of the watching itself (Satten and Datta, The Kaplan-Meier estimator as an inverse-probability-of-
censoring weighted average, The American Statistician 55 (2001), 207-210). G only changes where something that still
goes on has been watched for so long, so that all ends between two such moments weigh the same and are counted, by
searching in what is sorted already. `survival` is the plain way, to which tests hold this one.
"""

from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.lazy import lazy

Array = NDArray[Any]
Floats = NDArray[np.float64]

_MOST = 2**53  # up to which a float holds every whole number


@dataclass(frozen=True)
class Weights:
    """Of each end its weight, by what still goes on.

    Attributes:
        n: how many durations there are.
        over: how many of them were over before, or when, each of those that go on was seen last; `happened`: in how
            many of these cases by the event.
    """

    n: int
    over: Array
    happened: Array

    def share(self, place: int, happened: int) -> float:
        """How probable the event is, after so many of those that go on were seen last, and so many events."""
        before = self.happened[place - 1] if place else 0
        return float(self.weighed[place] + (happened - before) / self.watched[place]) / self.n

    def events_to(self, wanted: float) -> int:
        """How many events it takes until they weigh so much, which is more than 0."""
        place = int(np.searchsorted(self.weighed, wanted)) - 1
        before = int(self.happened[place - 1]) if place else 0
        return before + max(ceil(float((wanted - self.weighed[place]) * self.watched[place])), 1)

    @lazy
    def watched(self) -> Floats:
        """The share that is still watched, from the beginning and from each of those moments on.

        Where it is 0 nothing is left that could end, and it counts as 1.
        """
        left = np.arange(self.n - 1, self.n - 1 - len(self.over), -1, dtype=np.float64)
        left -= self.over
        found = np.empty(len(left) + 1)
        found[0] = 1.0
        np.divide(left, left + 1, out=found[1:])
        np.multiply.accumulate(found, out=found)
        if found[-1] == 0:
            found[found == 0] = 1.0
        return found

    @lazy
    def weighed(self) -> Floats:
        """The weights of the events up to the beginning and to each of those moments."""
        found = np.empty(len(self.over) + 1)
        found[0] = 0.0
        found[1:] = self.happened
        found[2:] -= self.happened[:-1]
        found[1:] /= self.watched[:-1]
        np.add.accumulate(found, out=found)
        return found


@dataclass(frozen=True)
class Ends:
    """Durations, each of the three ascending; what ends when something stops being watched was seen to end.

    Attributes:
        ended: those that are over; events: those of them that ended in what is asked for.
        going: those that still go on.
    """

    ended: Array
    events: Array
    going: Array

    @property
    def n(self) -> int:
        return len(self.ended) + len(self.going)

    def share_by(self, seconds: float) -> float:
        """The probability that the event has happened so long after the start."""
        if not len(self.events):
            return 0.0
        return self._weights.share(int(below(self.going, seconds)), int(up_to(self.events, seconds)))

    @property
    def share(self) -> float:
        """The probability that the event happens at all, as far as has been watched."""
        return self._weights.share(len(self.going), len(self.events)) if len(self.events) else 0.0

    @lazy
    def _weights(self) -> Weights:
        over, happened = (np.searchsorted(each, self.going, side="right") for each in (self.ended, self.events))
        return Weights(self.n, over, happened)


def below(ascending: Array, seconds: Any) -> Any:
    """How many are less; than each, where there are several to compare with."""
    return np.searchsorted(ascending, _alike(ascending, seconds, np.ceil))


def up_to(ascending: Array, seconds: Any) -> Any:
    """How many are not more."""
    return np.searchsorted(ascending, _alike(ascending, seconds, np.floor), side="right")


def _alike(ascending: Array, seconds: Any, to_whole: np.ufunc) -> Any:
    """Seconds as numbers of their kind, where they are whole ones: for others all of them would be copied."""
    if ascending.dtype.kind != "i":
        return seconds
    most = min(np.iinfo(ascending.dtype).max, _MOST)
    return np.clip(to_whole(seconds), -most, most).astype(ascending.dtype)
