"""Durations of which some are still running: Kaplan-Meier and Aalen-Johansen, of many groups or of one.

The mean of the finished ones is biased downwards by everything that is still open; these estimators are not.
Oracles: lifelines, scipy's `ecdf` of censored data, and the published Freireich 6-MP data. Not scipy itself: a report
by manager has thousands of curves, and scipy's take two milliseconds each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from b24kpi.lazy import lazy
from b24kpi.metrics.statistics.intervals import Z95

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]

# S(t) that is exactly one half must count as one half whatever the order of multiplication.
EPSILON = 1e-12
_POINTS = 256  # of a band at first
_NOWHERE = -1


@dataclass(frozen=True)
class Observations:
    """Durations in seconds; `ended` tells those that are over, `event` those that ended in what is asked for."""

    seconds: Floats
    ended: Flags
    event: Flags


@dataclass(frozen=True)
class Estimate:
    """A reading of the survival curve with its 95 % log-log interval; None where the curve does not tell."""

    value: float | None
    low: float | None
    high: float | None


UNKNOWN = Estimate(None, None, None)


class Incidence(NamedTuple):
    """The probability that the event has happened, from each of the times on."""

    times: Floats
    shares: Floats

    def at(self, horizon: float) -> float:
        """That it has happened `horizon` seconds after the start."""
        place = int(np.searchsorted(self.times, horizon, side="right"))
        return float(self.shares[place - 1]) if place else 0.0

    @property
    def ever(self) -> float | None:
        """That it happens at all, as far as is known; None where nothing was seen."""
        return float(self.shares[-1]) if len(self.shares) else None

    @property
    def median(self) -> float | None:
        """The time by which half of those who will ever see the event have seen it; None where none has."""
        if not len(self.shares) or not self.shares[-1]:
            return None
        return float(self.times[np.argmax(self.shares >= self.shares[-1] / 2 - EPSILON)])


class Curves:
    """Product-limit estimates of how many still go on, S(t), of many groups, and their bands by Greenwood's variance.

    Kaplan and Meier, Nonparametric estimation from incomplete observations, JASA 53 (1958), 457-481; the log-log
    band after Kalbfleisch and Prentice, The statistical analysis of failure time data (1980). All groups lie in the
    same arrays, one after another: for each of thousands of them numpy would take longer to be called than to compute.

    Attributes:
        times: the different durations of each group; S(t) is that of `survival` from each of them on.
    """

    def __init__(self, groups: Sequence[Observations]) -> None:
        self._ordered, self._lasts = _joined(groups)
        self._firsts = _firsts(self._ordered.seconds, self._lasts)
        self._bounds = np.searchsorted(self._firsts, self._lasts)
        self._at_risk = (np.repeat(self._lasts[1:], np.diff(self._bounds)) - self._firsts).astype(float)
        self._ends = self._summed(self._ordered.ended)
        self.times = self._ordered.seconds[self._firsts]
        self.survival = self._along(np.multiply, (self._at_risk - self._ends) / self._at_risk)

    def reached(self, share: float) -> list[float | None]:
        """By which time this share of each group has ended; None where its curve does not tell."""
        return self._told(self._places(share))

    def estimates(self, share: float) -> list[Estimate]:
        """The same with their intervals."""
        places, ends = self._places(share), self._bounds[1:]
        # The band is around the curve: its upper side comes as low as that later than the curve.
        low = self._crossings(-1, self._bounds[:-1], share)
        high = self._crossings(1, np.where(places == _NOWHERE, ends, places), share)
        return list(map(Estimate, *(self._told(each) for each in (places, low, high))))

    @property
    def finished(self) -> list[Floats]:
        """The durations of each group that are over, ascending."""
        ended = self._ordered.ended
        bounds = np.concatenate(([0], np.cumsum(ended)))[self._lasts]
        return list(map(self._ordered.seconds[ended].__getitem__, _slices(bounds)))

    @property
    def means(self) -> list[float | None]:
        """The areas under the curves up to the longest durations seen; None where nothing has ended."""
        lasting, until = self.times.copy(), np.ones(len(self.times))
        lasting[1:] -= self.times[:-1]
        until[1:] = self.survival[:-1]
        begins = self._bounds[:-1][np.diff(self._bounds) > 0]
        lasting[begins], until[begins] = self.times[begins], 1
        has_ended = (self._first_places(self._ends > 0) != _NOWHERE).tolist()
        parts = [part if ended else None for part, ended in zip(self._parts, has_ended, strict=True)]
        return [None if part is None else float(lasting[part] @ until[part]) for part in parts]

    @property
    def incidences(self) -> list[Incidence]:
        """Aalen-Johansen, where other ends compete with the event."""
        before = np.ones(len(self.times))
        before[1:] = self._along(np.multiply, 1 - self._ends / self._at_risk)[:-1]
        before[self._bounds[:-1][np.diff(self._bounds) > 0]] = 1
        shares = self._along(np.add, before * self._summed(self._ordered.event) / self._at_risk)
        return [Incidence(self.times[part], shares[part]) for part in self._parts]

    def band(self, sign: int, points: Integers) -> Floats:
        """Its lower side (-1) or upper one (1) there; not a number where S is 0 or 1, which has none."""
        survival = self.survival[points]
        with np.errstate(all="ignore"):
            spread = Z95 * np.sqrt(self._variance[points]) / np.log(survival)
            found: Floats = survival ** np.exp(sign * spread)
        found[(survival <= EPSILON) | (survival >= 1)] = np.nan
        return found

    @lazy
    def _variance(self) -> Floats:
        with np.errstate(all="ignore"):
            return self._along(np.add, self._ends / (self._at_risk * (self._at_risk - self._ends)))

    @lazy
    def _parts(self) -> list[slice]:
        """Where the points of each group are."""
        return _slices(self._bounds)

    def _summed(self, flags: Flags) -> Floats:
        """At each point how many observations are so."""
        return np.add.reduceat(flags.astype(float), self._firsts) if len(flags) else np.empty(0)

    def _along(self, operation: np.ufunc, numbers: Floats) -> Floats:
        """What accumulates within each group."""
        found = np.empty(len(numbers))
        for part in self._parts:
            operation.accumulate(numbers[part], out=found[part])
        return found

    def _places(self, share: float) -> Integers:
        """Of the first times from which on no more than the rest go on."""
        return self._first_places(self.survival <= 1 - share + EPSILON)

    def _first_places(self, held: Flags) -> Integers:
        """In each group the first point that is so."""
        return _firsts_within(held, self._bounds)

    def _crossings(self, sign: int, begins: Integers, share: float) -> Integers:
        """The first points from these on at which a side of the band is as low as that; most need few of them."""
        found, begins, size = np.full(len(begins), _NOWHERE), begins.copy(), _POINTS
        left = np.arange(len(begins))
        while len(left := left[begins[left] < self._bounds[1:][left]]):
            ends = np.minimum(begins[left] + size, self._bounds[1:][left])
            points, bounds = _ranges(begins[left], ends)
            places = _firsts_within(self.band(sign, points) <= 1 - share + EPSILON, bounds)
            is_there = places != _NOWHERE
            found[left[is_there]] = points[places[is_there]]
            begins[left] = ends
            left, size = left[~is_there], 4 * size
        return found

    def _told(self, places: Integers) -> list[float | None]:
        """The times of points."""
        times = np.append(self.times, np.nan)[places].tolist()
        return [None if place == _NOWHERE else time for place, time in zip(places.tolist(), times, strict=True)]


def kaplan_meier_quantile(observed: Observations, share: float) -> Estimate:
    """The time by which `share` of all have ended (0.5: the median)."""
    return Curves([observed]).estimates(share)[0]


def restricted_mean(observed: Observations) -> float | None:
    """The area under the curve up to the longest duration seen; None where nothing has ended.

    Where the longest still goes on, the mean is at least that: it is restricted to what has been seen.
    """
    return Curves([observed]).means[0]


def kaplan_meier_share(observed: Observations, horizon: float) -> Estimate:
    """The share that is still running `horizon` seconds after the start.

    None where nobody has been watched so long while some were still running; no interval where the share is 0 or 1.
    """
    if not len(observed.seconds):
        return UNKNOWN
    seen = observed.ended & (observed.seconds <= horizon)
    watched_so_long = bool(observed.seconds.max() >= horizon)
    if not seen.any():
        return Estimate(1.0 if watched_so_long else None, None, None)
    curve = Curves([observed])
    place = int(np.searchsorted(curve.times, horizon, side="right")) - 1
    share = float(curve.survival[place])
    if share <= EPSILON:
        return Estimate(0.0, None, None)
    if not watched_so_long:
        return UNKNOWN
    low, high = (float(curve.band(sign, np.array([place]))[0]) for sign in (-1, 1))
    return Estimate(share, low, high)


def cumulative_incidence(observed: Observations) -> Incidence:
    """Aalen-Johansen, where other ends compete with the event."""
    return Curves([observed]).incidences[0]


def nearest_rank(values: Floats, share: float) -> float | None:
    """Percentile without censoring: the smallest value with at least `share` of all at or below it."""
    if not len(values):
        return None
    place = rank_of(len(values), share) - 1
    return float(np.partition(values, place)[place])


def rank_of(count: int, share: float) -> int:
    """The place, from 1, of the nearest rank among so many values in their order."""
    return max(ceil(share * count - EPSILON), 1)


def _joined(groups: Sequence[Observations]) -> tuple[Observations, Integers]:
    """All groups in one, each from its shortest to its longest, and where each begins and the last one ends."""
    lasts = np.cumsum([0, *(len(each.seconds) for each in groups)])
    seconds = np.concatenate([np.empty(0), *(each.seconds for each in groups)])
    ended = np.concatenate([np.empty(0, dtype=bool), *(each.ended for each in groups)])
    event = np.concatenate([np.empty(0, dtype=bool), *(each.event for each in groups)])
    is_less = seconds[1:] < seconds[:-1]
    is_less[lasts[(lasts > 0) & (lasts < len(seconds))] - 1] = False  # between two groups
    if is_less.any():
        order = np.lexsort((seconds, np.repeat(np.arange(len(groups)), np.diff(lasts))))
        seconds, ended, event = seconds[order], ended[order], event[order]
    return Observations(seconds, ended, event), lasts


def _firsts(ordered: Floats, bounds: Integers) -> Integers:
    """The place of the first of each run of equal numbers of a group."""
    is_first = np.ones(len(ordered), dtype=bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    is_first[bounds[bounds < len(ordered)]] = True
    return np.flatnonzero(is_first)


def _firsts_within(held: Flags, bounds: Integers) -> Integers:
    """Between each two bounds the first place that is so."""
    places = np.flatnonzero(held)
    found = np.append(places, len(held))[np.searchsorted(places, bounds[:-1])]
    return np.where(found < bounds[1:], found, _NOWHERE)


def _slices(bounds: Integers) -> list[slice]:
    return [slice(begin, end) for begin, end in pairwise(bounds.tolist())]


def _ranges(begins: Integers, ends: Integers) -> tuple[Integers, Integers]:
    """Whole numbers from each beginning to before its end, and where each of these ranges begins and the last ends."""
    bounds = np.concatenate(([0], np.cumsum(ends - begins)))
    return np.arange(bounds[-1]) + np.repeat(begins - bounds[:-1], ends - begins), bounds
