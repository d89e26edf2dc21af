"""Durations of which some are still running: Kaplan-Meier and Aalen-Johansen.

The mean of the finished ones is biased downwards by everything that is still open; these estimators are not.
Oracles: lifelines, scipy's `ecdf` of censored data, and the published Freireich 6-MP data. Not scipy itself: a report
by manager has thousands of curves, and scipy's take two milliseconds each.
"""

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from b24kpi.lazy import lazy
from b24kpi.metrics.statistics.intervals import Z95

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# S(t) that is exactly one half must count as one half whatever the order of multiplication.
EPSILON = 1e-12
_POINTS = 256  # of a band at first


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


class Curve:
    """The product-limit estimate of how many still go on, S(t), and its log-log band with Greenwood's variance.

    Kaplan and Meier, Nonparametric estimation from incomplete observations, JASA 53 (1958), 457-481; the band after
    Kalbfleisch and Prentice, The statistical analysis of failure time data (1980), is computed where it is asked for.

    Attributes:
        times: the different durations; S(t) is that of `survival` from each of them on.
    """

    def __init__(self, observed: Observations) -> None:
        ordered = _ascending(observed)
        self._ordered = ordered
        self._firsts = _firsts(ordered.seconds)
        self._at_risk = (len(ordered.seconds) - self._firsts).astype(float)
        self._ends = np.add.reduceat(ordered.ended.astype(float), self._firsts)
        self.times = ordered.seconds[self._firsts]
        self.survival = np.cumprod((self._at_risk - self._ends) / self._at_risk)

    def time(self, share: float) -> float | None:
        """By which this share of all have ended; None where the curve does not tell."""
        place = self._place(share)
        return None if place is None else float(self.times[place])

    def estimate(self, share: float) -> Estimate:
        """The same with its interval."""
        place = self._place(share)
        # The band is around the curve: its upper side comes as low as that later than the curve.
        low, high = self._crossing(-1, 0, share), self._crossing(1, place or 0, share) if place is not None else None
        return Estimate(None if place is None else float(self.times[place]), low, high)

    @property
    def mean(self) -> float:
        """The area under the curve up to the longest duration seen."""
        lasting, until = self.times.copy(), np.ones(len(self.times))
        lasting[1:] -= self.times[:-1]
        until[1:] = self.survival[:-1]
        return float(lasting @ until)

    def band(self, sign: int, part: slice) -> Floats:
        """Its lower side (-1) or upper one (1) there; not a number where S is 0 or 1, which has none."""
        survival = self.survival[part]
        with np.errstate(all="ignore"):
            spread = Z95 * np.sqrt(self._variance[part]) / np.log(survival)
            found: Floats = survival ** np.exp(sign * spread)
        found[(survival <= EPSILON) | (survival >= 1)] = np.nan
        return found

    def incidence(self) -> "Incidence":
        """Aalen-Johansen, where other ends compete with the event."""
        events = np.add.reduceat(self._ordered.event.astype(float), self._firsts)
        survival = np.cumprod(1 - self._ends / self._at_risk)
        before = np.concatenate(([1.0], survival[:-1]))
        return Incidence(self.times, np.cumsum(before * events / self._at_risk))

    @lazy
    def _variance(self) -> Floats:
        with np.errstate(all="ignore"):
            found: Floats = np.cumsum(self._ends / (self._at_risk * (self._at_risk - self._ends)))
        return found

    def _place(self, share: float) -> int | None:
        """Of the first time from which on no more than the rest go on."""
        reached = self.survival <= 1 - share + EPSILON
        place = int(reached.argmax())
        return place if reached[place] else None

    def _crossing(self, sign: int, begin: int, share: float) -> float | None:
        """The first time from a place on at which a side of the band is as low as that; most need few of its points."""
        size = _POINTS
        while begin < len(self.times):
            reached = self.band(sign, slice(begin, begin + size)) <= 1 - share + EPSILON
            place = int(reached.argmax())
            if reached[place]:
                return float(self.times[begin + place])
            begin, size = begin + size, 4 * size
        return None


def kaplan_meier(observed: Observations) -> Curve | None:
    """The curve; None where nothing has ended."""
    return Curve(observed) if observed.ended.any() else None


def kaplan_meier_quantile(observed: Observations, share: float) -> Estimate:
    """The time by which `share` of all have ended (0.5: the median)."""
    curve = kaplan_meier(observed)
    return curve.estimate(share) if curve else UNKNOWN


def restricted_mean(observed: Observations) -> float | None:
    """The area under the curve up to the longest duration seen; None where nothing has ended.

    Where the longest still goes on, the mean is at least that: it is restricted to what has been seen.
    """
    curve = kaplan_meier(observed)
    return curve.mean if curve else None


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
    curve = Curve(observed)
    place = int(np.searchsorted(curve.times, horizon, side="right")) - 1
    share = float(curve.survival[place])
    if share <= EPSILON:
        return Estimate(0.0, None, None)
    if not watched_so_long:
        return UNKNOWN
    low, high = (float(curve.band(sign, slice(place, place + 1))[0]) for sign in (-1, 1))
    return Estimate(share, low, high)


def _ascending(observed: Observations) -> Observations:
    """From the shortest to the longest."""
    if not (observed.seconds[1:] < observed.seconds[:-1]).any():
        return observed
    order = np.argsort(observed.seconds, kind="stable")
    return Observations(observed.seconds[order], observed.ended[order], observed.event[order])


def _firsts(ordered: Floats) -> NDArray[np.int64]:
    """The place of the first of each run of equal numbers."""
    is_first = np.ones(len(ordered), dtype=bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return np.flatnonzero(is_first)


class Incidence(NamedTuple):
    """The probability that the event has happened, from each of the times on."""

    times: Floats
    shares: Floats

    def at(self, horizon: float) -> float:
        """That it has happened `horizon` seconds after the start."""
        place = int(np.searchsorted(self.times, horizon, side="right"))
        return float(self.shares[place - 1]) if place else 0.0

    @property
    def median(self) -> float | None:
        """The time by which half of those who will ever see the event have seen it; None where none has."""
        if not len(self.shares) or not self.shares[-1]:
            return None
        return float(self.times[np.argmax(self.shares >= self.shares[-1] / 2 - EPSILON)])


def cumulative_incidence(observed: Observations) -> Incidence:
    """Aalen-Johansen, where other ends compete with the event."""
    return Curve(observed).incidence()


def incidence_at(observed: Observations, horizon: float) -> float:
    """The probability that the event has happened `horizon` seconds after the start."""
    return cumulative_incidence(observed).at(horizon)


def median_of_event(observed: Observations) -> float | None:
    """The time by which half of those who will ever see the event have seen it; None where none has."""
    return cumulative_incidence(observed).median if observed.event.any() else None


def nearest_rank(values: Floats, share: float) -> float | None:
    """Percentile without censoring: the smallest value with at least `share` of all at or below it."""
    if not len(values):
        return None
    place = rank_of(len(values), share) - 1
    return float(np.partition(values, place)[place])


def rank_of(count: int, share: float) -> int:
    """The place, from 1, of the nearest rank among so many values in their order."""
    return max(ceil(share * count - EPSILON), 1)
