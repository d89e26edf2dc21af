"""What sales may come to: open deals won or not, new business as uncertain as it has been, drawn with a fixed seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.statistics.survival import rank_of

Floats = NDArray[np.float64]

SEED = 20_051_120
DRAWS = 4_000
SINGLY = 32  # deals that are drawn one by one, those with the largest variance
LOW, HIGH = 0.1, 0.9  # an interval of 80 %


@dataclass(frozen=True)
class Prospects:
    """Where the sales of a period are to come from, in hundredths.

    Attributes:
        won: already there.
        amounts, chances: open deals, and the chance of each to be won within the period.
        new: expected of deals that are not there yet; None where nothing is known of them.
        errors: by how much such expectations have missed.
    """

    won: float
    amounts: Floats
    chances: Floats
    new: float | None = None
    errors: Floats | None = None

    @property
    def pipeline(self) -> float:
        """Expected of the open deals."""
        return weighed(self.amounts, self.chances)

    @property
    def expected(self) -> float:
        return self.won + self.pipeline + (self.new or 0.0)


def draw(prospects: Prospects) -> Floats:
    """As many possible sums as DRAWS, the same at every call.

    The deals on which most depends are drawn one by one. The others together, of which none matters much, come to what
    a normal distribution with their mean and variance makes of them (central limit theorem), within what is possible.
    """
    amounts, chances = prospects.amounts, prospects.chances
    variances = amounts**2 * chances * (1 - chances)
    single = largest(variances)
    sums = prospects.won + _singly(amounts[single], chances[single])
    if len(single) < len(amounts):
        is_other = np.ones(len(amounts), dtype=bool)
        is_other[single] = False
        rest, chances, variances = (each[is_other] for each in (amounts, chances, variances))
        drawn = weighed(rest, chances) + np.sqrt(variances.sum()) * _normal()
        sums += np.clip(drawn, np.minimum(rest, 0).sum(), np.maximum(rest, 0).sum())
    if prospects.new is not None:
        sums += _new_business(prospects.new, prospects.errors)
    return np.asarray(sums)


def interval(sums: Floats) -> tuple[float, float]:
    """The middle 80 %, by nearest rank."""
    ascending = np.sort(sums)  # quicker than to look for two places only
    low, high = (ascending[rank_of(len(sums), share) - 1] for share in (LOW, HIGH))
    return float(low), float(high)


def weighed(amounts: Floats, chances: Floats) -> float:
    """What is expected of amounts, the same on every machine: a product of numpy's depends on its processors."""
    return float(np.einsum("i,i", amounts, chances))


def probability_of(plan: float, sums: Floats) -> float:
    """The share of possible sums that reach the plan."""
    return float((sums >= plan).mean())


def error_rate(forecasts: Sequence[float], actuals: Sequence[float]) -> float | None:
    """MAPE: the mean of |forecast - actual| / |actual|, of where there was something; None where there never was."""
    misses = [
        abs(forecast - actual) / abs(actual) for forecast, actual in zip(forecasts, actuals, strict=True) if actual
    ]
    return sum(misses) / len(misses) if misses else None


def largest(variances: Floats) -> NDArray[np.intp]:
    """The places of the largest, as many as are drawn singly, in their order; of equal ones the first."""
    least = np.partition(variances, -SINGLY)[-SINGLY] if len(variances) > SINGLY else -np.inf
    enough = np.flatnonzero(variances >= least)
    return enough[np.argsort(-variances[enough], kind="stable")][:SINGLY]


def _singly(amounts: Floats, chances: Floats) -> Floats:
    """Of each draw the sum of the amounts that are won in it: those whose number in it is below their chance.

    They are gathered from what is sorted: a chance is small, and most amounts are not won.
    """
    ascending, order = _sorted_uniform()
    counts = [numbers.searchsorted(chance) for numbers, chance in zip(ascending, chances.tolist(), strict=False)]
    won = [own[:count] for own, count in zip(order, counts, strict=False)]
    drawn = np.bincount(np.concatenate([order[0][:0], *won]), np.repeat(amounts, counts), minlength=DRAWS)
    return drawn.astype(np.float64, copy=False)


def _new_business(expected: float, errors: Floats | None) -> Floats:
    """Never below nothing, unless that is what is expected."""
    missed = np.zeros(DRAWS)
    if errors is not None and len(errors):
        missed = errors[_picks(len(errors))]
    return np.maximum(expected + missed, min(expected, 0.0))


@cache
def _uniform(count: int) -> Floats:
    """So many rows of DRAWS numbers between 0 and 1, each count with its own."""
    return np.random.default_rng((SEED, count)).random((count, DRAWS))


@cache
def _sorted_uniform() -> tuple[list[Floats], list[NDArray[np.intp]]]:
    """The numbers of each deal that is drawn singly, ascending, and in which draws they are."""
    order = np.argsort(_uniform(SINGLY), axis=1, kind="stable")
    return list(np.take_along_axis(_uniform(SINGLY), order, axis=1)), list(order)


@cache
def _picks(count: int) -> NDArray[np.intp]:
    """For each draw one of so many."""
    return np.asarray((_uniform(1)[0] * count).astype(np.intp))


@cache
def _normal() -> Floats:
    return np.random.default_rng((SEED, 0)).standard_normal(DRAWS)
