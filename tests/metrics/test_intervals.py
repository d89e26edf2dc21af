"""The Wilson interval of a share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from b24kpi.metrics.statistics.intervals import wilson

# Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998), table I.
NEWCOMBE = [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
COUNTS = st.integers(1, 2000).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials)))


@pytest.mark.parametrize(("successes", "trials", "low", "high"), NEWCOMBE)
def test_published_intervals_come_out(successes: int, trials: int, low: float, high: float) -> None:
    """To the four digits that are printed."""
    assert tuple(round(bound, 4) for bound in wilson(successes, trials)) == (low, high)


@given(COUNTS)
def test_scipy_agrees(counts: tuple[int, int]) -> None:
    """For any counts."""
    expected = binomtest(*counts).proportion_ci(method="wilson")
    assert wilson(*counts) == pytest.approx((expected.low, expected.high), abs=1e-12)


@given(COUNTS)
def test_the_share_lies_inside(counts: tuple[int, int]) -> None:
    """Within nothing and all."""
    low, high = wilson(*counts)
    assert 0 <= low <= counts[0] / counts[1] + 1e-15
    assert counts[0] / counts[1] - 1e-15 <= high <= 1


@given(COUNTS)
def test_failures_are_the_mirror_of_successes(counts: tuple[int, int]) -> None:
    """It does not matter which of the two is called so."""
    low, high = wilson(*counts)
    assert wilson(counts[1] - counts[0], counts[1]) == pytest.approx((1 - high, 1 - low), abs=1e-12)
