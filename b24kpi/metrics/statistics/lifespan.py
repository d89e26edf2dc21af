"""How long something lasts on average, where part of it still goes on."""

import numpy as np

from b24kpi.metrics.statistics.survival import Observations


def restricted_mean(observed: Observations) -> float | None:
    """The area under the Kaplan-Meier curve up to the longest duration seen; None where nothing has ended.

    Where the longest still goes on, the mean is at least that: it is restricted to what has been seen.
    """
    if not observed.ended.any():
        return None
    times, place = np.unique(observed.seconds, return_inverse=True)
    ended = np.bincount(place, weights=observed.ended, minlength=len(times))
    leaving = np.bincount(place, minlength=len(times))
    at_risk = len(observed.seconds) - np.concatenate(([0], np.cumsum(leaving)[:-1]))
    survival = np.concatenate(([1.0], np.cumprod(1 - ended / at_risk)[:-1]))
    return float(np.diff(times, prepend=0.0) @ survival)
