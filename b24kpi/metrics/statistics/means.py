"""The difference of two means of independent samples."""

from dataclasses import dataclass
from math import sqrt

UPPER = 0.975


@dataclass(frozen=True)
class Sample:
    """Numbers by their count, their sum and the sum of their squares."""

    n: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        return self.total / self.n

    @property
    def error(self) -> float:
        """The squared standard error of the mean; needs two numbers or more."""
        return max(self.squares - self.total**2 / self.n, 0.0) / (self.n - 1) / self.n


def mean_difference(one: Sample, other: Sample) -> tuple[float, float]:
    """95 % interval of Welch's: the samples may differ in size and spread; each has two numbers or more.

    Two sums per sample are enough for it, so that no amounts have to be read; the difference of two skewed means is
    much less skewed than either. Degrees of freedom by Satterthwaite.
    """
    from scipy.special import stdtrit  # takes a while to load, and most answers need no means

    difference, squared = one.mean - other.mean, one.error + other.error
    if not squared:
        return difference, difference
    freedom = squared**2 / (one.error**2 / (one.n - 1) + other.error**2 / (other.n - 1))
    margin = float(stdtrit(freedom, UPPER)) * sqrt(squared)
    return difference - margin, difference + margin
