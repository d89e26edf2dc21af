"""Weeks out of their band, and the change of wins shared out among stages."""

from datetime import date
from math import comb, exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24kpi.metrics.failure import WEEK, Break, Week, broken, stage_effects
from b24kpi.metrics.statistics.control import LIMIT, few, low_share

MONDAY = date(2026, 6, 1)
FUNNELS = st.lists(st.integers(0, 40), min_size=3, max_size=6).map(lambda counts: sorted(counts, reverse=True))


def history(usual: Week, last: Week) -> dict[date, Week]:
    return {MONDAY - WEEK * number: usual for number in range(1, 9)} | {MONDAY: last}


def stages(counts: list[int]) -> list[tuple[int, int]]:
    """What reached one stage after the other as (advanced, reached); the last number are the wins."""
    return list(zip(counts[1:], counts, strict=False))


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (Week(0, 0, 0), (Break.ENTRIES,)),
        (Week(1, 10, 8), ()),
        (Week(7, 10, 2), (Break.PASSAGE,)),
        (Week(0, 10, 2), (Break.ENTRIES, Break.PASSAGE)),
        (Week(70, 10, 10), ()),
    ],
)
def test_a_week_is_judged_by_the_eight_before(last: Week, expected: tuple[Break, ...]) -> None:
    """Seven entries are usual, and 80 % of those decided go on; more than usual is no failure."""
    assert broken(history(Week(7, 5, 4), last), MONDAY) == expected


def test_nothing_breaks_where_nothing_was() -> None:
    """Without entries before none are missed."""
    assert broken({}, MONDAY) == ()


@given(st.integers(0, 60), st.floats(0.1, 40))
def test_few_are_few_by_the_poisson_distribution(count: int, mean: float) -> None:
    """By its own sum, but for means at the very limit."""
    term = tail = exp(-mean)
    for number in range(1, count + 1):
        term *= mean / number
        tail += term
    assert few(count, mean) == (tail < LIMIT) or tail == pytest.approx(LIMIT, rel=1e-9)


@given(st.integers(0, 40), st.integers(0, 40), st.floats(0.01, 0.99))
def test_a_low_share_is_low_by_the_binomial_distribution(successes: int, others: int, share: float) -> None:
    """By its own sum."""
    trials = successes + others
    tail = sum(comb(trials, n) * share**n * (1 - share) ** (trials - n) for n in range(successes + 1))
    assert low_share(successes, trials, share) == (tail < LIMIT and trials > 0) or tail == pytest.approx(
        LIMIT, rel=1e-9
    )


@given(FUNNELS, FUNNELS)
def test_effects_of_stages_and_entries_are_the_change_of_wins(before: list[int], after: list[int]) -> None:
    """Turned around they only change their signs; where as many entered the stages have brought all of it."""
    size = min(len(before), len(after))
    one, other = stages(before[:size]), stages(after[:size])
    effects = stage_effects(one, other)
    assert effects == pytest.approx([-effect for effect in stage_effects(other, one)])
    if before[0] == after[0]:
        assert sum(effects) == pytest.approx(after[size - 1] - before[size - 1], abs=1e-9)
