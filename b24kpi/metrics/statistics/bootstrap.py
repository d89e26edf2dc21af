"""How far the mean of a few uneven amounts may lie from the true one: the percentile bootstrap, always with one seed.

Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7 (1979), 1-26. Of many amounts its limit
is taken, which needs no resampling: the normal law with the skewness of the amounts (Hall, The bootstrap and Edgeworth
expansion, 1992, chapter 3). Oracle: `scipy.stats.bootstrap`, which takes milliseconds for each of thousands of means.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.statistics.intervals import Z95

Floats = NDArray[np.float64]

FEWEST = 10  # amounts; of fewer nothing is said
MANY = 100  # beyond which the limit is taken
RESAMPLES = 1000
_SEED = 20_120_314
_TAILS = (0.025, 0.975)


def mean_interval(amounts: Floats) -> tuple[float | None, float | None]:
    """95 % interval of the mean; the same for the same amounts in whatever order."""
    count = len(amounts)
    if count < FEWEST:
        return None, None
    if count > MANY:
        return _limit(amounts)
    drawn = (_draws()[:, :count] * count).astype(np.intp)
    low, high = np.quantile(np.sort(amounts)[drawn].mean(axis=1), _TAILS)
    return float(low), float(high)


@cache
def _draws() -> Floats:
    """For each resample, where among the amounts each of its own comes from: from 0 to 1."""
    return np.random.default_rng(_SEED).random((RESAMPLES, MANY))


def _limit(amounts: Floats) -> tuple[float, float]:
    mean, spread = float(amounts.mean()), float(amounts.std())
    error = spread / np.sqrt(len(amounts))
    if not spread:
        return mean, mean
    skewness = float((((amounts - mean) / spread) ** 3).mean()) / np.sqrt(len(amounts))
    shift = skewness * (Z95**2 - 1) / 6
    return float(mean + error * (shift - Z95)), float(mean + error * (shift + Z95))
