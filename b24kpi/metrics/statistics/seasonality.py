"""What belongs to the season: classical multiplicative decomposition, and whether a change is more than chance.

The indices are those of `decompose` of R (https://stat.ethz.ch/R-manual/R-devel/library/stats/html/decompose.html).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Z95 = 1.959963984540054
CYCLES = 2  # so many whole seasons it takes to tell what returns with them


class Verdict(StrEnum):
    """What a change is owed to."""

    NOISE = "noise"
    EXPECTED_SEASON = "expected_season"
    CAMPAIGN = "campaign"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True)
class Total:
    """A sum of amounts and the sum of their squares, which says how much of it is chance."""

    total: float
    squares: float


def seasonal_indices(values: Sequence[float] | Floats, length: int) -> Floats:
    """The index of each place of the season, 1 on average; the first is that of the first value.

    Args:
        values: at equal distances, two seasons or more.
        length: of the season, two places or more.
    """
    series = np.asarray(values, dtype=float)
    level = _moving_average(series, length)
    ratios = np.divide(series, level, out=np.full_like(series, np.nan), where=level > 0)
    cycles = np.full((-(-len(series) // length), length), np.nan)
    cycles.flat[: len(series)] = ratios
    counts = (~np.isnan(cycles)).sum(axis=0)
    means = np.where(counts, np.nansum(cycles, axis=0) / np.maximum(counts, 1), 1.0)
    return np.asarray(means / means.mean()) if means.mean() > 0 else np.ones(length)


def verdict(before: Total, after: Total, factor: float, *, has_campaign: bool) -> Verdict:
    """What brought the change, the plainest cause first.

    Args:
        factor: by how much the season alone multiplies what was before.
        has_campaign: marketing changed in the direction of what the season leaves.
    """
    if is_noise(before, after):
        return Verdict.NOISE
    if is_noise(Total(before.total * factor, before.squares * factor**2), after):
        return Verdict.EXPECTED_SEASON
    return Verdict.CAMPAIGN if has_campaign else Verdict.UNEXPLAINED


def is_noise(before: Total, after: Total) -> bool:
    """Whether chance alone brings such a difference 19 times in 20.

    Sales come one by one at random, each with its amount; then the variance of a sum is the expected sum of squared
    amounts, which for amounts of 1 is the limit of a Poisson control chart.
    """
    return abs(after.total - before.total) <= Z95 * sqrt(before.squares + after.squares)


def explained_share(before: float, after: float, factor: float) -> float | None:
    """The part of a change that the season explains, between 0 and 1; None where nothing changed."""
    if after == before:
        return None
    return min(max((before * factor - before) / (after - before), 0.0), 1.0)


def _moving_average(series: Floats, length: int) -> Floats:
    """Centred; NaN where the window does not fit. A window of even length takes its two ends by half."""
    weights = np.ones(length) / length
    if length % 2 == 0:
        weights = np.concatenate(([0.5], np.ones(length - 1), [0.5])) / length
    level = np.full_like(series, np.nan)
    inner = np.convolve(series, weights, mode="valid")
    start = (len(weights) - 1) // 2
    level[start : start + len(inner)] = inner
    return level
