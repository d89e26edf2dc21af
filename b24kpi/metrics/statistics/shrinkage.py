"""Shares of groups, drawn to their common mean as far as chance explains how they differ: empirical Bayes.

A beta-binomial model whose two parameters are estimated from the groups by moments (Kleinman, Proportions with
extraneous variance: single and independent samples, Journal of the American Statistical Association 68 (1973), 46-54).
The best of several small groups is best by luck too; after shrinking it is no better than the data show.
"""

from collections.abc import Sequence


def shrunk(groups: Sequence[tuple[int, int]]) -> list[float]:
    """The shares of (successes, trials) in their order; groups need one trial or more.

    >>> shrunk([(5, 10), (5, 10)])
    [0.5, 0.5]
    """
    trials = sum(count for _, count in groups)
    if not trials:
        return []
    mean = sum(hits for hits, _ in groups) / trials
    spread = _spread(groups, trials, mean)
    if not spread:
        return [mean] * len(groups)
    weight = (mean * (1 - mean) - spread) / spread
    return [(hits + weight * mean) / (count + weight) for hits, count in groups]


def _spread(groups: Sequence[tuple[int, int]], trials: int, mean: float) -> float:
    """The variance of the true shares between groups, from none up to all that shares can have."""
    whole, others = mean * (1 - mean), len(groups) - 1
    squares = sum(count * (hits / count - mean) ** 2 for hits, count in groups)
    scale = trials - sum(count**2 for _, count in groups) / trials - others
    return min(max((squares - others * whole) / scale, 0.0), whole) if scale > 0 else 0.0
