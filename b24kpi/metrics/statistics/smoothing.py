"""The next values of a series: exponential smoothing of its level, times the season where two of them are known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.statistics.seasonality import CYCLES, seasonal_indices

Floats = NDArray[np.float64]

WEIGHTS = tuple(step / 20 for step in range(1, 20))  # of the newest value, tried in turn
# Errors that differ by less than this share are alike; the steadier level is taken then.
ALIKE = 1e-9


@dataclass(frozen=True)
class Outlook:
    """What to expect of a series.

    Attributes:
        indices: of the season; a single 1 where none is known.
        plain: the series without its season; `levels`: what was expected of the rest after each value.
    """

    indices: Floats
    plain: Floats
    levels: Floats

    def expected(self, step: int = 1) -> float:
        """The value so many places after the end of the series; the next place is step 1."""
        return float(self.levels[-1]) * self._index(step)

    def errors(self, step: int = 1) -> Floats:
        """By how much forecasts of so many steps have missed, in the season of the place that they are for."""
        return np.asarray((self.plain[step:] - self.levels[:-step]) * self._index(step))

    def _index(self, step: int) -> float:
        return float(self.indices[(len(self.plain) + step - 1) % len(self.indices)])


def smooth(values: Sequence[float], season: int) -> Outlook:
    """The level by the weight whose one-step forecasts missed least.

    Args:
        values: at equal distances, one or more.
        season: places of a season, 1 for none; it plays no part before it has been seen twice.
    """
    series = np.asarray(values, dtype=float)
    is_seasonal = season > 1 and len(series) >= CYCLES * season
    indices = seasonal_indices(series, season) if is_seasonal else np.ones(1)
    factors = indices[np.arange(len(series)) % len(indices)]
    plain = np.divide(series, factors, out=np.zeros_like(series), where=factors > 0)
    levels = _levels(plain)
    misses = plain[1:] - levels[:, :-1]
    best = _steadiest((misses**2).sum(axis=1))
    return Outlook(indices, plain, levels[best])


def _levels(series: Floats) -> Floats:
    """A row for each weight: the level after each value; it begins at the first."""
    weights = np.array(WEIGHTS)
    levels = np.empty((len(weights), len(series)))
    levels[:, 0] = series[0]
    for place in range(1, len(series)):
        levels[:, place] = levels[:, place - 1] + weights * (series[place] - levels[:, place - 1])
    return levels


def _steadiest(losses: Floats) -> int:
    """The place of the least loss; of those that are alike, the first."""
    return int(np.argmax(losses <= losses.min() * (1 + ALIKE)))
