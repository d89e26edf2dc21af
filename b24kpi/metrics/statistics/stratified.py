"""A difference of shares within strata: Mantel and Haenszel's estimate with the stratified Newcombe interval."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

from b24kpi.metrics.statistics.intervals import Z95, Estimate


@dataclass(frozen=True)
class Stratum:
    """Of `trials` cases on one side `successes` had the event, on the other side of `other_trials` `others`."""

    successes: int
    trials: int
    others: int
    other_trials: int

    @property
    def weight(self) -> float:
        """Mantel and Haenszel's; 0 where a side is empty, so that the stratum tells nothing."""
        both = self.trials + self.other_trials
        return self.trials * self.other_trials / both if both else 0.0


def common_difference(strata: Sequence[Stratum]) -> Estimate | None:
    """The difference of shares that all strata have in common, and its 95 % interval; None if no stratum has two sides.

    The interval is Newcombe's, made of the stratified Wilson bounds of both sides: Yan and Su, Stratified Wilson and
    Newcombe confidence intervals for multiple binomial proportions, Statistics in Biopharmaceutical Research 2 (2010),
    329-335, with the weights of Mantel and Haenszel. Of one stratum it is Newcombe's own.

    >>> [round(number, 4) for number in common_difference([Stratum(56, 70, 48, 80)])]
    [0.2, 0.0524, 0.3339]
    """
    told = [stratum for stratum in strata if stratum.weight]
    if not told:
        return None
    whole = sum(stratum.weight for stratum in told)
    weights = [stratum.weight / whole for stratum in told]
    mine = _Side(weights, [(each.successes, each.trials) for each in told])
    other = _Side(weights, [(each.others, each.other_trials) for each in told])
    difference = mine.share - other.share
    (low, high), (other_low, other_high) = mine.bounds(), other.bounds()
    return (
        difference,
        difference - Z95 * sqrt(mine.variance(low) + other.variance(other_high)),
        difference + Z95 * sqrt(mine.variance(high) + other.variance(other_low)),
    )


def standardised_share(weights: Sequence[float], counts: Sequence[tuple[int, int]]) -> Estimate:
    """The share that (successes, trials) of several strata would come to if each stratum had its weight.

    Its 95 % interval is the stratified Wilson interval of Yan and Su (2010, see above); of one stratum Wilson's own.

    >>> [round(number, 4) for number in standardised_share([1], [(81, 263)])]
    [0.308, 0.2553, 0.3662]
    """
    whole = sum(weights)
    side = _Side([weight / whole for weight in weights], counts)
    return side.share, *side.bounds()


@dataclass(frozen=True)
class _Side:
    """(successes, trials) of one side in each stratum, and the weights of the strata."""

    weights: Sequence[float]
    counts: Sequence[tuple[int, int]]

    @property
    def share(self) -> float:
        return sum(weight * successes / trials for weight, successes, trials in self._strata())

    def variance(self, share: float) -> float:
        """What the variance of the weighted share would be if the share of all strata were this one."""
        return share * (1 - share) * sum(weight**2 / trials for weight, _, trials in self._strata())

    def bounds(self) -> tuple[float, float]:
        """The Wilson bounds of the strata, weighted; their quantile is such that the whole has 95 %."""
        quantile = self._quantile()
        found = [
            (weight, *_wilson(successes / trials, trials, quantile)) for weight, successes, trials in self._strata()
        ]
        low, high = (sum(weight * bounds[place] for weight, *bounds in found) for place in (0, 1))
        return max(0.0, low), min(1.0, high)

    def _quantile(self) -> float:
        deviations = [sqrt(s / n * (1 - s / n) / n) for s, n in self.counts]
        if not any(deviations):  # as if all strata had the same share, whichever
            deviations = [sqrt(1 / n) for _, n in self.counts]
        products = [weight * deviation for weight, deviation in zip(self.weights, deviations, strict=True)]
        return Z95 * sqrt(sum(each**2 for each in products)) / sum(products)

    def _strata(self) -> Iterator[tuple[float, int, int]]:
        return ((weight, *counts) for weight, counts in zip(self.weights, self.counts, strict=True))


def _wilson(share: float, trials: int, quantile: float) -> tuple[float, float]:
    spread = quantile * sqrt(share * (1 - share) / trials + quantile**2 / (4 * trials**2))
    centre, scale = share + quantile**2 / (2 * trials), 1 + quantile**2 / trials
    return (centre - spread) / scale, (centre + spread) / scale
