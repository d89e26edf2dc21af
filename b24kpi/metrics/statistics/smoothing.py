"""The next values of a series: exponential smoothing of its level, times the season where two of them are known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.statistics.seasonality import CYCLES, seasonal_indices

Floats = NDArray[np.float64]

WEIGHTS = tuple(step / 20 for step in range(1, 20))  # of the newest value, tried in turn
# Errors that differ by less than this share are alike; the steadier level is taken then.
ALIKE = 1e-9
_AT_ONCE = 256  # series


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


def smooth(series: Floats, season: int) -> list[Outlook]:
    """The outlook of each series: its level by the weight whose one-step forecasts missed least.

    Args:
        series: a row for each, of values at equal distances, one or more.
        season: places of a season, 1 for none; it plays no part before it has been seen twice.
    """
    is_seasonal = season > 1 and series.shape[1] >= CYCLES * season
    every = [seasonal_indices(own, season) if is_seasonal else np.ones(1) for own in series]
    found: list[Outlook] = []
    for begin in range(0, len(series), _AT_ONCE):
        some, indices = series[begin : begin + _AT_ONCE], np.array(every[begin : begin + _AT_ONCE])
        factors = indices[:, np.arange(series.shape[1]) % indices.shape[1]]
        plain = np.divide(some, factors, out=np.zeros_like(some), where=factors > 0)
        found += map(Outlook, indices, plain, _best_levels(plain))
    return found


def _best_levels(series: Floats) -> Floats:
    """Of each series the level after each value, which begins at the first."""
    weights = np.array(WEIGHTS)[:, np.newaxis]
    levels = np.empty((series.shape[1], len(weights), len(series)))
    levels[0] = series[:, 0]
    losses = np.zeros(levels.shape[1:])
    for place in range(1, len(levels)):
        missed = series[:, place] - levels[place - 1]
        levels[place] = levels[place - 1] + weights * missed
        losses += missed**2
    best = _steadiest(losses)
    return np.ascontiguousarray(levels[:, best, np.arange(len(series))].T)


def _steadiest(losses: Floats) -> NDArray[np.intp]:
    """Of each series, a column, the place of the least loss; of those that are alike, the first."""
    return np.asarray(np.argmax(losses <= losses.min(axis=0) * (1 + ALIKE), axis=0))
