"""Shares drawn to their mean: as much as chance explains, and no more."""

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24kpi.metrics.statistics.shrinkage import shrunk

GROUPS = st.lists(
    st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=9
)


@given(GROUPS)
def test_a_share_lies_between_itself_and_the_mean(groups: list[tuple[int, int]]) -> None:
    """Never beyond either, and the order of equally large groups stays."""
    mean = sum(k for k, _ in groups) / sum(n for _, n in groups)
    for (k, n), drawn in zip(groups, shrunk(groups), strict=True):
        assert min(k / n, mean) - 1e-9 <= drawn <= max(k / n, mean) + 1e-9


@given(st.integers(0, 50), st.integers(1, 8))
def test_equal_groups_stay_what_they_are(hits: int, groups: int) -> None:
    """There is nothing between them to explain."""
    assert shrunk([(hits, 50)] * groups) == pytest.approx([hits / 50] * groups)


def test_groups_that_differ_by_chance_become_equal() -> None:
    """26 and 30 of 40 are no further from each other than two samples of one coin."""
    assert shrunk([(26, 40), (30, 40)]) == pytest.approx([0.7, 0.7])


def test_groups_that_differ_more_keep_most_of_it() -> None:
    """20 and 36 of 40: the mean weighs as much as 40/23 trials."""
    assert shrunk([(20, 40), (36, 40)]) == pytest.approx([float(Fraction(61, 120)), float(Fraction(107, 120))])


def test_nothing_of_nothing() -> None:
    """Without groups there are no shares."""
    assert shrunk([]) == []


def test_shrunk_shares_are_nearer_to_the_truth() -> None:
    """Over many teams whose true shares are known, with a smaller squared error than the plain ones."""
    rng = Random(7)
    plain = drawn = 0.0
    for _ in range(300):
        truths = [rng.betavariate(12, 8) for _ in range(8)]
        groups = [(sum(rng.random() < truth for _ in range(20)), 20) for truth in truths]
        plain += sum((k / n - truth) ** 2 for (k, n), truth in zip(groups, truths, strict=True))
        drawn += sum((share - truth) ** 2 for share, truth in zip(shrunk(groups), truths, strict=True))
    assert drawn < 0.8 * plain
