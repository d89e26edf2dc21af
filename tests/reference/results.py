"""What a metric answers, and how ratios and rates become answers."""

from dataclasses import dataclass, field
from fractions import Fraction
from math import sqrt
from statistics import NormalDist
from typing import Any

Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Result:
    """One value of a metric.

    Money is in minor units (1/100) of the report currency, rates are fractions, durations seconds. `value` is None
    where the metric is undefined, and `reason` then says why. `n` counts the deals, leads, visits, stays or customers
    behind it.
    """

    value: Fraction | float | None
    numerator: Fraction | None = None
    denominator: Fraction | None = None
    n: int = 0
    low: float | None = None
    high: float | None = None
    reason: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of a share; trials > 0."""
    share = successes / trials
    middle = share + Z * Z / (2 * trials)
    spread = Z * sqrt(share * (1 - share) / trials + Z * Z / (4 * trials * trials))
    scale = 1 + Z * Z / trials
    low = 0.0 if successes == 0 else (middle - spread) / scale
    high = 1.0 if successes == trials else (middle + spread) / scale
    return low, high


def cents(hundredths: Fraction | int) -> Fraction:
    """Money in currency units, to the cent, half to even: as further figures are told."""
    return Fraction(round(hundredths), 100)


def total(amount: Fraction | int, n: int, **extra: Any) -> Result:
    """A sum: 0 over nothing, never null."""
    return Result(Fraction(amount), Fraction(amount), None, n, extra=extra)


def ratio(above: Fraction | int, below: Fraction | int, n: int, *, empty: str = "no_events", **extra: Any) -> Result:
    """above / below, null for the reason `empty` when below is 0."""
    above, below = Fraction(above), Fraction(below)
    if below == 0:
        return Result(None, above, below, n, reason=empty, extra=extra)
    return Result(above / below, above, below, n, extra=extra)


def rate(successes: int, trials: int) -> Result:
    """A share of units with its Wilson interval, null when there are no units."""
    if trials == 0:
        return ratio(successes, 0, 0)
    low, high = wilson(successes, trials)
    return Result(Fraction(successes, trials), Fraction(successes), Fraction(trials), trials, low, high)
