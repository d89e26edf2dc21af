"""Kaplan-Meier and Aalen-Johansen of millions of durations, of which few still go on: only those are gone through.

Both estimators give each end the weight 1 / (n × G), where G is the share that would still be watched by then: the
Kaplan-Meier estimate of the watching itself (Satten and Datta, The Kaplan-Meier estimator as an inverse-probability-of-
censoring weighted average, The American Statistician 55 (2001), 207-210). G only changes where something that still
goes on has been watched for so long, so that all ends between two such moments weigh the same and are counted, by
searching in what is sorted already. `survival` is the plain way, to which tests hold this one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.lazy import lazy
from b24kpi.metrics.statistics.survival import EPSILON

Array = NDArray[Any]
Floats = NDArray[np.float64]


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
        return self._share(_below(self.going, seconds), _up_to(self.events, seconds))

    @property
    def share(self) -> float:
        """The probability that the event happens at all, as far as has been watched."""
        return self._share(len(self.going), len(self.events)) if len(self.events) else 0.0

    def _share(self, place: int, happened: int) -> float:
        """After so many of those that go on were seen last, and so many events."""
        return float(self._weighed[place] + (happened - self._happened[place]) / self._watched[place]) / self.n

    def time_of(self, share: float) -> float | None:
        """The first time by which the event has happened to such a share; None where it has not yet."""
        wanted = (share - EPSILON) * self.n
        place = int(np.searchsorted(self._weighed, wanted)) - 1
        count = max(ceil((wanted - self._weighed[place]) * self._watched[place]), 1)
        number = int(self._happened[place]) + count
        return float(self.events[number - 1]) if number <= len(self.events) else None

    @lazy
    def _happened(self) -> NDArray[np.int64]:
        """How many events there were at the beginning, and before or when each of those that go on was seen last."""
        found: NDArray[np.int64] = np.concatenate(([0], np.searchsorted(self.events, self.going, side="right")))
        return found

    @lazy
    def _watched(self) -> Floats:
        """The share that is still watched, from the beginning and from each of those moments on.

        Where it is 0 nothing is left that could end, and it counts as 1.
        """
        over = np.searchsorted(self.ended, self.going, side="right")
        at_risk = self.n - over - np.arange(len(self.going))
        shares = np.concatenate(([1.0], np.cumprod((at_risk - 1) / at_risk)))
        return np.where(shares > 0, shares, 1.0)

    @lazy
    def _weighed(self) -> Floats:
        """The weights of the events up to the beginning and to each of those moments."""
        return np.concatenate(([0.0], np.cumsum(np.diff(self._happened) / self._watched[:-1])))


def _below(ascending: Array, seconds: float) -> int:
    """How many are less."""
    return int(np.searchsorted(ascending, _alike(ascending, seconds, np.ceil)))


def _up_to(ascending: Array, seconds: float) -> int:
    """How many are not more."""
    return int(np.searchsorted(ascending, _alike(ascending, seconds, np.floor), side="right"))


def _alike(ascending: Array, seconds: float, to_whole: Callable[[float], float]) -> Any:
    """A number of their own kind, where all are whole ones: for one of another kind all of them would be copied."""
    if ascending.dtype.kind != "i":
        return seconds
    most = np.iinfo(ascending.dtype).max
    return ascending.dtype.type(min(max(to_whole(seconds), -most), most))
