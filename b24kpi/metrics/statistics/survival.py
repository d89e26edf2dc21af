"""Durations of which some are still running: Kaplan-Meier and Aalen-Johansen.

The mean of the finished ones is biased downwards by everything that is still open; these estimators are not.
Oracles: lifelines, scipy's `ecdf` of censored data, and the published Freireich 6-MP data. Not scipy itself: a report
by manager has thousands of curves, and scipy's take two milliseconds each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.statistics.intervals import Z95

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# S(t) that is exactly one half must count as one half whatever the order of multiplication.
EPSILON = 1e-12


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


@dataclass(frozen=True)
class Summary:
    """What one curve tells: the time for each share asked for, and the mean, None where nothing has ended."""

    quantiles: list[Estimate]
    mean: float | None


@dataclass(frozen=True)
class Curve:
    """S(t) from each of the times on, with its band; not a number where there is none."""

    times: Floats
    survival: Floats
    low: Floats
    high: Floats


def kaplan_meier_quantile(observed: Observations, share: float) -> Estimate:
    """The time by which `share` of all have ended (0.5: the median)."""
    return kaplan_meier_summary(observed, (share,)).quantiles[0]


def restricted_mean(observed: Observations) -> float | None:
    """The area under the curve up to the longest duration seen; None where nothing has ended.

    Where the longest still goes on, the mean is at least that: it is restricted to what has been seen.
    """
    return kaplan_meier_summary(observed, ()).mean


def kaplan_meier_summary(observed: Observations, shares: Sequence[float]) -> Summary:
    """The time by which each of the shares has ended, and the restricted mean, by one curve."""
    if not observed.ended.any():
        return Summary([Estimate(None, None, None) for _ in shares], None)
    curve = _curve(observed)
    quantiles = [
        Estimate(*(_first(curve.times, side, 1 - share) for side in (curve.survival, curve.low, curve.high)))
        for share in shares
    ]
    lasting, until = curve.times.copy(), np.ones(len(curve.times))
    lasting[1:] -= curve.times[:-1]
    until[1:] = curve.survival[:-1]
    return Summary(quantiles, float(lasting @ until))


def kaplan_meier_share(observed: Observations, horizon: float) -> Estimate:
    """The share that is still running `horizon` seconds after the start.

    None where nobody has been watched so long while some were still running; no interval where the share is 0 or 1.
    """
    if not len(observed.seconds):
        return Estimate(None, None, None)
    seen = observed.ended & (observed.seconds <= horizon)
    watched_so_long = bool(observed.seconds.max() >= horizon)
    if not seen.any():
        return Estimate(1.0 if watched_so_long else None, None, None)
    curve = _curve(observed)
    place = int(np.searchsorted(curve.times, horizon, side="right")) - 1
    share = float(curve.survival[place])
    if share <= EPSILON:
        return Estimate(0.0, None, None)
    if not watched_so_long:
        return Estimate(None, None, None)
    return Estimate(share, float(curve.low[place]), float(curve.high[place]))


def _curve(observed: Observations) -> Curve:
    """The product-limit estimate and its log-log band with Greenwood's variance.

    Kaplan and Meier, Nonparametric estimation from incomplete observations, JASA 53 (1958), 457-481; the band after
    Kalbfleisch and Prentice, The statistical analysis of failure time data (1980).
    """
    ordered = _ascending(observed)
    seconds, ended = ordered.seconds, ordered.ended
    firsts = _firsts(seconds)
    at_risk = (len(seconds) - firsts).astype(float)
    ends = np.add.reduceat(ended.astype(float), firsts)
    survival = np.cumprod((at_risk - ends) / at_risk)
    with np.errstate(all="ignore"):  # undefined where S is 0 or 1
        variance = np.cumsum(ends / (at_risk * (at_risk - ends)))
        spread = Z95 * np.sqrt(variance) / np.log(survival)
        low, high = survival ** np.exp(-spread), survival ** np.exp(spread)
    defined = (survival > EPSILON) & (survival < 1)
    return Curve(seconds[firsts], survival, np.where(defined, low, np.nan), np.where(defined, high, np.nan))


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
    ordered = _ascending(observed)
    firsts = _firsts(ordered.seconds)
    times, at_risk = ordered.seconds[firsts], len(ordered.seconds) - firsts
    ended, events = (np.add.reduceat(kind.astype(float), firsts) for kind in (ordered.ended, ordered.event))
    survival = np.cumprod(1 - ended / at_risk)
    before = np.concatenate(([1.0], survival[:-1]))
    return Incidence(times, np.cumsum(before * events / at_risk))


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


def _first(times: Floats, curve: Floats, level: float) -> float | None:
    reached = curve <= level + EPSILON
    place = int(reached.argmax())
    return float(times[place]) if reached[place] else None
