"""Durations of which some are still running: Kaplan-Meier and Aalen-Johansen.

The mean of the finished ones is biased downwards by everything that is still open; these estimators are not.
Oracles: lifelines, and the published Freireich 6-MP data.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import CensoredData, ecdf

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


def kaplan_meier_quantile(observed: Observations, share: float) -> Estimate:
    """The time by which `share` of all have ended (0.5: the median)."""
    if not observed.ended.any():
        return Estimate(None, None, None)
    curve, band = _curve(observed)
    left = 1 - share
    return Estimate(
        _first(curve.quantiles, curve.probabilities, left),
        _first(curve.quantiles, np.where(curve.probabilities > EPSILON, band.low.probabilities, np.nan), left),
        _first(curve.quantiles, np.where(curve.probabilities > EPSILON, band.high.probabilities, np.nan), left),
    )


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
    curve, band = _curve(observed)
    place = int(np.searchsorted(curve.quantiles, horizon, side="right")) - 1
    share = float(curve.probabilities[place])
    if share <= EPSILON:
        return Estimate(0.0, None, None)
    if not watched_so_long:
        return Estimate(None, None, None)
    return Estimate(share, float(band.low.probabilities[place]), float(band.high.probabilities[place]))


def _curve(observed: Observations) -> tuple[Any, Any]:
    """The survival function and its log-log band, by scipy."""
    curve = ecdf(CensoredData.right_censored(observed.seconds, ~observed.ended)).sf
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):  # undefined where S is 0 or 1
        return curve, curve.confidence_interval(method="log-log")


def cumulative_incidence(observed: Observations) -> tuple[Floats, Floats]:
    """Aalen-Johansen: times, and the probability that the event has happened by then, other ends competing."""
    times, place = np.unique(observed.seconds, return_inverse=True)
    leaving = np.bincount(place, minlength=len(times))
    ended = np.bincount(place, weights=observed.ended, minlength=len(times))
    events = np.bincount(place, weights=observed.event, minlength=len(times))
    at_risk = len(observed.seconds) - np.concatenate(([0], np.cumsum(leaving)[:-1]))
    survival = np.cumprod(1 - ended / at_risk)
    before = np.concatenate(([1.0], survival[:-1]))
    return times, np.cumsum(before * events / at_risk)


def incidence_at(observed: Observations, horizon: float) -> float:
    """The probability that the event has happened `horizon` seconds after the start."""
    times, incidence = cumulative_incidence(observed)
    place = int(np.searchsorted(times, horizon, side="right"))
    return float(incidence[place - 1]) if place else 0.0


def median_of_event(observed: Observations) -> float | None:
    """The time by which half of those who will ever see the event have seen it; None where none has."""
    if not observed.event.any():
        return None
    times, incidence = cumulative_incidence(observed)
    return float(times[np.argmax(incidence >= incidence[-1] / 2 - EPSILON)])


def nearest_rank(values: Floats, share: float) -> float | None:
    """Percentile without censoring: the smallest value with at least `share` of all at or below it."""
    if not len(values):
        return None
    rank = int(np.ceil(share * len(values) - EPSILON))
    return float(np.partition(values, max(rank, 1) - 1)[max(rank, 1) - 1])


def _first(times: Floats, curve: Any, level: float) -> float | None:
    reached = np.asarray(curve) <= level + EPSILON
    return float(times[np.argmax(reached)]) if reached.any() else None
