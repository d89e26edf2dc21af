"""Confidence intervals of rates and counts, and of their differences."""

from math import hypot, sqrt

Z95 = 1.959963984540054
Estimate = tuple[float, float, float]  # value, lower bound, upper bound


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """95 % Wilson score interval of a share (Wilson 1927); Newcombe's table of 1998 is the oracle.

    A closed formula and not scipy's `binomtest`, which computes an exact p-value of the whole distribution first:
    a report holds thousands of rates.

    >>> [round(bound, 4) for bound in wilson(81, 263)]
    [0.2553, 0.3662]
    """
    share = successes / trials
    spread = Z95 * sqrt(share * (1 - share) / trials + Z95**2 / (4 * trials**2))
    centre = share + Z95**2 / (2 * trials)
    scale = 1 + Z95**2 / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def newcombe(successes: int, trials: int, others: int, other_trials: int) -> tuple[float, float]:
    """95 % interval of the difference of two independent shares: Newcombe's hybrid score, his method 10.

    Newcombe, Interval estimation for the difference between independent proportions, Statistics in Medicine 17
    (1998), 873-890; its table II is the oracle.

    >>> [round(bound, 4) for bound in newcombe(56, 70, 48, 80)]
    [0.0524, 0.3339]
    """
    return estimate_difference(
        (successes / trials, *wilson(successes, trials)), (others / other_trials, *wilson(others, other_trials))
    )


def poisson(count: int) -> tuple[float, float]:
    """95 % score interval of the mean of a Poisson count: the Wilson interval of a rare event among very many."""
    centre, spread = count + Z95**2 / 2, Z95 * sqrt(count + Z95**2 / 4)
    return max(0.0, centre - spread), centre + spread


def poisson_difference(count: int, other: int) -> tuple[float, float]:
    """95 % interval of the difference of the means of two Poisson counts, made as Newcombe's.

    Zou and Donner, Construction of confidence limits about effect measures, Statistics in Medicine 27 (2008),
    1693-1702: the method of variance estimates recovery.
    """
    return estimate_difference((count, *poisson(count)), (other, *poisson(other)))


def estimate_difference(one: Estimate, other: Estimate) -> tuple[float, float]:
    """The 95 % interval of a difference from those of its two sides: distances to the bounds, squared and added."""
    (value, low, high), (other_value, other_low, other_high) = one, other
    difference = value - other_value
    return (
        difference - hypot(value - low, other_high - other_value),
        difference + hypot(high - value, other_value - other_low),
    )
