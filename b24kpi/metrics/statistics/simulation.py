"""What sales may come to: open deals won or not, new business as uncertain as it has been, drawn with a fixed seed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SEED = 20_051_120
DRAWS = 4_000
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
        return float(self.amounts @ self.chances)

    @property
    def expected(self) -> float:
        return self.won + self.pipeline + (self.new or 0.0)


def draw(prospects: Prospects) -> Floats:
    """As many possible sums as DRAWS, the same at every call."""
    random = np.random.default_rng(SEED)
    sums = np.full(DRAWS, prospects.won)
    for amount, chance in zip(prospects.amounts, prospects.chances, strict=True):
        if amount and chance:
            sums += np.where(random.random(DRAWS) < chance, amount, 0.0)
    if prospects.new is not None:
        sums += _new_business(prospects.new, prospects.errors, random)
    return sums


def interval(sums: Floats) -> tuple[float, float]:
    """The middle 80 %, by nearest rank."""
    low, high = np.quantile(sums, (LOW, HIGH), method="inverted_cdf")
    return float(low), float(high)


def probability_of(plan: float, sums: Floats) -> float:
    """The share of possible sums that reach the plan."""
    return float((sums >= plan).mean())


def error_rate(forecasts: Sequence[float], actuals: Sequence[float]) -> float | None:
    """MAPE: the mean of |forecast - actual| / |actual|, of where there was something; None where there never was."""
    misses = [
        abs(forecast - actual) / abs(actual) for forecast, actual in zip(forecasts, actuals, strict=True) if actual
    ]
    return sum(misses) / len(misses) if misses else None


def _new_business(expected: float, errors: Floats | None, random: np.random.Generator) -> Floats:
    """Never below nothing, unless that is what is expected."""
    missed = np.zeros(DRAWS) if errors is None or not len(errors) else random.choice(errors, DRAWS)
    return np.maximum(expected + missed, min(expected, 0.0))
