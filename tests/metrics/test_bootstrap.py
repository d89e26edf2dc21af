"""How sure a mean of money is: always the same, and what scipy's bootstrap finds."""

from random import Random

import numpy as np
import pytest
from scipy.stats import bootstrap

from b24kpi.metrics.statistics.bootstrap import FEWEST, MANY, Floats, mean_interval, mean_intervals


def amounts(count: int, seed: int = 1) -> Floats:
    """Skewed as money is: many small ones and few large ones."""
    return np.round(np.random.default_rng(seed).lognormal(8, 1.2, count))


@pytest.mark.parametrize("count", [FEWEST, 40, MANY, MANY + 1, 5 * MANY])
def test_scipy_finds_the_same_interval(count: int) -> None:
    """But for the chance in drawing, and for what the limit leaves out: 5 % of the width."""
    found = amounts(count)
    theirs = bootstrap(
        (found,), np.mean, n_resamples=10_000, method="percentile", rng=np.random.default_rng(2), batch=500
    ).confidence_interval
    width = theirs.high - theirs.low
    assert mean_interval(found) == pytest.approx((theirs.low, theirs.high), abs=0.05 * width)


def test_the_order_of_amounts_does_not_matter() -> None:
    """Rows come as they come, and the number stays."""
    found = amounts(50).tolist()
    shuffled = Random(3).sample(found, len(found))
    assert mean_interval(np.array(found)) == mean_interval(np.array(shuffled))


def test_many_means_are_each_their_own() -> None:
    """Whichever of them are of one size, too small, or beyond resampling."""
    sizes = [12] * 300 + [FEWEST - 1, 40, MANY + 1, 12, 40]
    samples = [amounts(size, seed) for seed, size in enumerate(sizes)]
    assert mean_intervals(samples) == [mean_interval(each) for each in samples]


def test_of_few_amounts_nothing_is_said() -> None:
    """Nine are too few."""
    assert mean_interval(amounts(FEWEST - 1)) == (None, None)


@pytest.mark.parametrize("count", [FEWEST, MANY + 1])
def test_equal_amounts_leave_no_doubt(count: int) -> None:
    """By resampling and by the limit."""
    assert mean_interval(np.full(count, 700.0)) == pytest.approx((700, 700))
