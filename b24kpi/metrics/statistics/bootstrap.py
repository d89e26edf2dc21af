"""How far the mean of a few uneven amounts may lie from the true one: the percentile bootstrap, always with one seed.

Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7 (1979), 1-26. Of many amounts its limit
is taken, which needs no resampling: the normal law with the skewness of the amounts (Hall, The bootstrap and Edgeworth
expansion, 1992, chapter 3). Oracle: `scipy.stats.bootstrap`, which takes milliseconds for each of thousands of means.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.statistics.intervals import Z95

Floats = NDArray[np.float64]
Interval = tuple[float | None, float | None]

FEWEST = 10  # amounts; of fewer nothing is said
MANY = 100  # beyond which the limit is taken
RESAMPLES = 1000
_SEED = 20_120_314
_TAILS = (0.025, 0.975)
_AT_ONCE = 250  # samples, so that their resamples are two megabytes


def mean_interval(amounts: Floats) -> Interval:
    """95 % interval of the mean; the same for the same amounts in whatever order."""
    return mean_intervals([amounts])[0]


def mean_intervals(samples: Sequence[Floats]) -> list[Interval]:
    """Those of many means: samples of one size are resampled alike, and so together."""
    found: list[Interval] = [_limit(each) if len(each) > MANY else (None, None) for each in samples]
    sizes: dict[int, list[int]] = defaultdict(list)
    for place, each in enumerate(samples):
        if FEWEST <= len(each) <= MANY:
            sizes[len(each)].append(place)
    for places in sizes.values():
        for begin in range(0, len(places), _AT_ONCE):
            share = places[begin : begin + _AT_ONCE]
            resampled = _resampled(np.sort([samples[place] for place in share], axis=1))
            for place, low, high in zip(share, *resampled.tolist(), strict=True):
                found[place] = low, high
    return found


def _resampled(samples: Floats) -> Floats:
    """Lower and upper bounds of samples of one size, each ascending."""
    count = samples.shape[1]
    drawn = (_draws()[:, :count] * count).astype(np.intp) + count * np.arange(RESAMPLES)[:, np.newaxis]
    times = np.bincount(drawn.ravel(), minlength=RESAMPLES * count).reshape(RESAMPLES, count)
    bounds: Floats = np.quantile(times.astype(float) @ samples.T / count, _TAILS, axis=0)
    return bounds


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
