"""Means of small samples, and the difference of two."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Self

UPPER = 0.975


@dataclass(frozen=True)
class Sample:
    """Numbers by their count, their sum and the sum of their squares."""

    n: int
    total: float
    squares: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Self:
        """The sample that consists of these numbers."""
        return cls(len(numbers), sum(numbers), sum(number * number for number in numbers))

    @property
    def mean(self) -> float:
        return self.total / self.n

    @property
    def error(self) -> float:
        """The squared standard error of the mean; needs two numbers or more."""
        return max(self.squares - self.total**2 / self.n, 0.0) / (self.n - 1) / self.n


def mean_interval(sample: Sample) -> tuple[float, float]:
    """95 % interval of a mean, Student's; needs two numbers or more."""
    from scipy.special import stdtrit  # takes a while to load, and most answers need no means

    reach = float(stdtrit(sample.n - 1, UPPER)) * sqrt(sample.error)
    return sample.mean - reach, sample.mean + reach


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
