"""Where a series is heading: the line of Theil and Sen, which a few odd periods do not sway."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import theilslopes

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Trend:
    """The median of the slopes of all pairs of points, per step of the series, with its 95 % interval."""

    slope: float
    low: float
    high: float

    @property
    def direction(self) -> int:
        """1 up, -1 down, 0 where the interval holds both."""
        return 1 if self.low > 0 else -1 if self.high < 0 else 0


def trend(values: Sequence[float]) -> Trend:
    """The trend of values at equal distances, two or more; the interval is Sen's, from the ranks of the slopes."""
    found = theilslopes(np.asarray(values, dtype=float), alpha=CONFIDENCE)
    return Trend(float(found.slope), float(found.low_slope), float(found.high_slope))
