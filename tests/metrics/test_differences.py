"""Intervals of differences: of two shares, of two counts, of two means."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from b24kpi.metrics.statistics.intervals import newcombe, poisson, poisson_difference, wilson
from b24kpi.metrics.statistics.means import Sample, mean_difference

# Newcombe, Interval estimation for the difference between independent proportions, Statistics in Medicine 17 (1998),
# table II, method 10.
PUBLISHED = [
    ((56, 70, 48, 80), (0.0524, 0.3339)),
    ((9, 10, 3, 10), (0.1705, 0.8090)),
    ((10, 10, 0, 10), (0.6075, 1.0)),
]
SHARES = st.integers(1, 500).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials)))
COUNTS = st.integers(0, 10_000)
AMOUNTS = st.lists(st.integers(1, 10**6), min_size=2, max_size=40).filter(lambda found: len(set(found)) > 1)


@pytest.mark.parametrize(("counts", "interval"), PUBLISHED)
def test_published_intervals_come_out(counts: tuple[int, int, int, int], interval: tuple[float, float]) -> None:
    """To the four digits that are printed."""
    assert tuple(round(bound, 4) for bound in newcombe(*counts)) == interval


@given(SHARES, SHARES)
def test_swapped_shares_mirror_the_interval(one: tuple[int, int], other: tuple[int, int]) -> None:
    """And the difference lies inside."""
    low, high = newcombe(*one, *other)
    assert newcombe(*other, *one) == (-high, -low)
    assert low <= one[0] / one[1] - other[0] / other[1] <= high


@given(COUNTS, COUNTS)
def test_swapped_counts_mirror_the_interval(one: int, other: int) -> None:
    """Equal counts differ by nothing that could be told."""
    low, high = poisson_difference(one, other)
    assert poisson_difference(other, one) == (-high, -low)
    assert low <= one - other <= high
    assert poisson_difference(one, one)[0] < 0 < poisson_difference(one, one)[1]


@given(st.integers(0, 1000))
def test_a_count_is_a_rare_event_among_very_many(count: int) -> None:
    """The score interval of a Poisson mean is the limit of Wilson's."""
    trials = 10**9
    assert [bound * trials for bound in wilson(count, trials)] == pytest.approx(poisson(count), rel=1e-4, abs=1e-4)


@given(AMOUNTS, AMOUNTS)
def test_scipy_agrees_on_means(one: list[int], other: list[int]) -> None:
    """Welch's interval of `ttest_ind`, from sums alone."""
    expected = ttest_ind(one, other, equal_var=False).confidence_interval()
    scale = max(*one, *other)
    found = mean_difference(sample(one), sample(other))
    assert found == pytest.approx((expected.low, expected.high), rel=1e-6, abs=scale * 1e-6)


def test_amounts_that_are_all_alike_leave_no_doubt() -> None:
    """Without spread the interval is the difference."""
    assert mean_difference(sample([5, 5, 5]), sample([3, 3])) == (2, 2)


def sample(amounts: list[int]) -> Sample:
    numbers = np.array(amounts, dtype=float)
    return Sample(len(amounts), float(numbers.sum()), float((numbers**2).sum()))
