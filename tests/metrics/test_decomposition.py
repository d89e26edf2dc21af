"""What each factor brings to the change of a product."""

from fractions import Fraction
from itertools import permutations
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24kpi.metrics.statistics.decomposition import apportioned, effects, lmdi, prices, shapley

# PyLMDI (github.com/xiwangxiang/PyLMDI, Numercial_Examples/Examples_China.py): carbon emission of China's commercial
# buildings, 2017 and 2018, by population, income, services, intensity, energy and emission factor.
CHINA_2017 = (1390.08, 59.04367375, 0.51892765, 0.002876626, 3.004500526, 2.07)
CHINA_2018 = (1395.38, 64.52073987, 0.521570193, 0.002743568, 3.053397862, 2.02)
PYLMDI = (2.9614, 69.0322, 3.9527, -36.8539, 12.5628, -19.0275)

FACTORS = st.fractions(min_value=Fraction(1, 100), max_value=10**6, max_denominator=1000)
WITH_ZERO = st.one_of(st.just(Fraction(0)), FACTORS)
PARTS = st.lists(st.fractions(min_value=-(10**9), max_value=10**9, max_denominator=997), min_size=1, max_size=6)


def sides(factors: st.SearchStrategy[Fraction]) -> st.SearchStrategy[tuple[list[Fraction], list[Fraction]]]:
    """Two to five factors, before and after."""
    return st.integers(2, 5).flatmap(
        lambda n: st.tuples(st.lists(factors, min_size=n, max_size=n), st.lists(factors, min_size=n, max_size=n))
    )


def test_the_example_of_pylmdi_comes_out() -> None:
    """To the four digits that are printed, and their sum to six."""
    found = lmdi(CHINA_2017, CHINA_2018)
    assert tuple(round(effect, 4) for effect in found) == PYLMDI
    assert sum(found) == pytest.approx(794.6119504871361 - 761.984276581356, abs=1e-6)
    assert round(sum(found), 6) == 32.627674


@settings(max_examples=40)
@given(sides(FACTORS))
def test_lmdi_leaves_no_residual(pair: tuple[list[Fraction], list[Fraction]]) -> None:
    """The effects add up to the change of the product, as far as floats go."""
    before, after = pair
    largest = max(map(abs, lmdi(before, after)))
    assert sum(lmdi(before, after)) == pytest.approx(float(prod(after) - prod(before)), abs=float(largest) * 1e-9)


@settings(max_examples=40)
@given(sides(WITH_ZERO))
def test_shapley_leaves_no_residual(pair: tuple[list[Fraction], list[Fraction]]) -> None:
    """Exactly, zeros or not."""
    before, after = pair
    assert sum(shapley(before, after)) == prod(after) - prod(before)


@settings(max_examples=40)
@given(sides(WITH_ZERO))
def test_shapley_is_the_mean_over_all_orders(pair: tuple[list[Fraction], list[Fraction]]) -> None:
    """The closed form against its definition."""
    before, after = (side[:4] for side in pair)
    assert list(shapley(before, after)) == mean_over_orders(before, after)


def mean_over_orders(before: list[Fraction], after: list[Fraction]) -> list[Fraction]:
    """Change the factors one by one in every order, and note what each step brings."""
    found = [Fraction(0)] * len(before)
    orders = list(permutations(range(len(before))))
    for order in orders:
        present = list(before)
        for place in order:
            earlier = prod(present)
            present[place] = after[place]
            found[place] += prod(present) - earlier
    return [effect / len(orders) for effect in found]


@settings(max_examples=40)
@given(sides(FACTORS))
def test_swapped_periods_flip_the_signs(pair: tuple[list[Fraction], list[Fraction]]) -> None:
    """To the last bit: neither period is the base."""
    before, after = pair
    assert lmdi(after, before) == tuple(-effect for effect in lmdi(before, after))
    assert shapley(after, before) == tuple(-effect for effect in shapley(before, after))


@settings(max_examples=40)
@given(sides(FACTORS), st.randoms(use_true_random=False))
def test_the_order_of_factors_does_not_matter(pair: tuple[list[Fraction], list[Fraction]], random: object) -> None:
    """Each factor's effect goes with it."""
    before, after = pair
    places = list(range(len(before)))
    random.shuffle(places)  # type: ignore[attr-defined]
    moved = [[side[place] for place in places] for side in pair]
    assert lmdi(*moved) == tuple(lmdi(before, after)[place] for place in places)
    assert shapley(*moved) == tuple(shapley(before, after)[place] for place in places)


@settings(max_examples=40)
@given(sides(FACTORS), st.fractions(min_value=Fraction(1, 50), max_value=Fraction(49, 50)))
def test_proportional_parts_add_up_to_the_whole(pair: tuple[list[Fraction], list[Fraction]], share: Fraction) -> None:
    """Segments that differ in size alone change nothing in what is said of the factors."""
    halves = [[[side[0] * part, *side[1:]] for side in pair] for part in (share, 1 - share)]
    for method in (lmdi, shapley):
        sums = [sum(effects) for effects in zip(*(method(*half) for half in halves), strict=True)]
        assert [float(each) for each in sums] == pytest.approx([float(each) for each in method(*pair)], rel=1e-9)


@settings(max_examples=40)
@given(sides(WITH_ZERO))
def test_an_unchanged_factor_brings_nothing(pair: tuple[list[Fraction], list[Fraction]]) -> None:
    """By either method."""
    before, after = pair[0], [pair[0][0], *pair[1][1:]]
    assert shapley(before, after)[0] == 0
    if all((*before, *after)):
        assert lmdi(before, after)[0] == 0


@settings(max_examples=40)
@given(sides(WITH_ZERO))
def test_a_price_is_never_negative(pair: tuple[list[Fraction], list[Fraction]]) -> None:
    """More of anything that is counted is never worth less: an effect has the sign of its factor's change."""
    assert min(prices(*pair)) >= 0


def test_a_zero_is_no_obstacle() -> None:
    """Where a logarithm is missing, Shapley answers: 2 → 4 at a mean of 1/4, 0 → 1/2 at a mean of 3."""
    before, after = (Fraction(2), Fraction(0), Fraction(100)), (Fraction(4), Fraction(1, 2), Fraction(100))
    assert prices(before, after) == (Fraction(25), Fraction(300), Fraction(5, 6))
    assert shapley(before, after) == (50, 150, 0)


def test_a_cent_between_large_effects_is_seen() -> None:
    """Effects of ±0.7 million that differ by a cent in a product of ten million; logarithms of floats lose it."""
    before, after = (Fraction(10**9), Fraction(1)), (Fraction(2 * 10**9), Fraction(10**9 + 1, 2 * 10**9))
    found = lmdi(before, after)
    assert found[0] == pytest.approx(10**9 * 0.6931471805599453, rel=1e-8)
    assert sum(found) == pytest.approx(1, abs=1e-6)


@settings(max_examples=40)
@given(PARTS)
def test_rounded_parts_add_up(parts: list[Fraction]) -> None:
    """To the whole, none moved by a unit or more, and a part of nothing stays nothing."""
    whole = round(sum(parts))
    parts[0] += whole - sum(parts)
    found = apportioned(parts, whole)
    assert sum(found) == whole
    assert all(abs(rounded - part) < 1 for rounded, part in zip(found, parts, strict=True))
    assert apportioned([*parts, Fraction(0)], whole) == (*found, 0)


@settings(max_examples=40)
@given(PARTS)
def test_opposite_parts_are_rounded_to_opposite_numbers(parts: list[Fraction]) -> None:
    """So swapped periods flip the signs of every cent."""
    parts[0] += round(sum(parts)) - sum(parts)
    flipped = apportioned([-part for part in parts], -round(sum(parts)))
    assert flipped == tuple(-rounded for rounded in apportioned(parts, round(sum(parts))))


def test_a_factor_below_nothing_is_taken_apart_too() -> None:
    """More was paid back than paid: no logarithm, and still no residual."""
    before, after = (Fraction(10), Fraction(1, 2), Fraction(100)), (Fraction(12), Fraction(1, 2), Fraction(-20))
    assert sum(effects(before, after)) == pytest.approx(float(prod(after) - prod(before)))
