"""Interrupted time series: how level and slope of a series changed at a moment, by segmented regression.

Wagner, Soumerai, Zhang, Ross-Degnan, Segmented regression analysis of interrupted time series studies in medication use
research, Journal of Clinical Pharmacy and Therapeutics 27 (2002), 299-309. Ordinary least squares; the oracle are
regressions of either side.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ENOUGH = 6  # points on either side
_UPPER = 0.975

Points = Sequence[tuple[float, float]]  # (time, value)


@dataclass(frozen=True)
class Break:
    """What changed at time 0, with 95 % intervals; `slope` is a change per unit of time."""

    level: float
    level_low: float
    level_high: float
    slope: float
    slope_low: float
    slope_high: float


def interruption(before: Points, after: Points) -> Break | None:
    """The break between two stretches of a series; None where either has too few points.

    Args:
        before: points with negative times; after: points from time 0 on.
    """
    from scipy.special import stdtrit

    if min(len(before), len(after)) < ENOUGH:
        return None
    time, value = (np.array(column, dtype=float) for column in zip(*before, *after, strict=True))
    is_after = time >= 0
    design = np.column_stack([np.ones_like(time), time, is_after, time * is_after])
    fitted, *_ = np.linalg.lstsq(design, value, rcond=None)
    freedom = len(time) - design.shape[1]
    variance = float(((value - design @ fitted) ** 2).sum()) / freedom
    errors = np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design)))
    reach = float(stdtrit(freedom, _UPPER)) * errors
    level, slope = float(fitted[2]), float(fitted[3])
    return Break(
        level, level - float(reach[2]), level + float(reach[2]), slope, slope - float(reach[3]), slope + float(reach[3])
    )
