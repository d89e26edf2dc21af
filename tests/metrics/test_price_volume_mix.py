"""Price, volume and mix: what holds for any sales, and the index numbers that it stands for."""

from math import log

from hypothesis import given
from hypothesis import strategies as st

from b24kpi.metrics.price_volume_mix import Effects, effects

Side = dict[str | None, tuple[int, int]]

money, quantities = st.integers(-(10**9), 10**9), st.integers(0, 10**7)
goods = st.dictionaries(st.sampled_from([None, "1", "2", "3", "name:x"]), st.tuples(money, quantities), max_size=5)
sold = st.fixed_dictionaries(dict.fromkeys("abc", st.tuples(st.integers(1, 10**9), st.integers(1, 10**7))))


@given(goods, goods)
def test_the_parts_are_the_change(before: Side, now: Side) -> None:
    """To the hundredth, whatever was sold, returns and rows without a quantity included."""
    change = sum(amount for amount, _ in now.values()) - sum(amount for amount, _ in before.values())
    assert effects(before, now).change == change


@given(goods)
def test_nothing_changes_where_all_is_the_same(side: Side) -> None:
    """Every part is 0."""
    told = effects(side, side)
    assert told == Effects(products=told.products)


@given(sold, sold)
def test_swapping_the_sides_flips_the_signs(before: Side, now: Side) -> None:
    """New is dropped then; the rest only changes its sign."""
    there, back = effects(before, now), effects(now, before)
    assert (there.price, there.volume, there.mix) == (-back.price, -back.volume, -back.mix)
    assert (there.new, there.dropped) == (-back.dropped, -back.new)


@given(sold, st.integers(2, 5))
def test_prices_alone_are_prices_alone(before: Side, times: int) -> None:
    """The same quantities for more money."""
    now = {name: (amount * times, quantity) for name, (amount, quantity) in before.items()}
    assert effects(before, now) == Effects(price=sum(a * (times - 1) for a, _ in before.values()), products=3)


@given(sold, st.integers(2, 5))
def test_quantities_alone_are_volume_alone(before: Side, times: int) -> None:
    """More of everything at the same prices."""
    now = {name: (amount * times, quantity * times) for name, (amount, quantity) in before.items()}
    assert effects(before, now) == Effects(volume=sum(a * (times - 1) for a, _ in before.values()), products=3)


@given(sold, sold)
def test_the_price_effect_is_that_of_each_product(before: Side, now: Side) -> None:
    """The logarithmic mean of its money × the logarithm of its price's change, summed: LMDI as published."""
    total = 0.0
    for name, (later, pieces) in now.items():
        earlier, fewer = before[name]
        mean = later if later == earlier else (later - earlier) / log(later / earlier)
        total += mean * log((later / pieces) / (earlier / fewer))
    assert abs(effects(before, now).price - total) <= 1 + 1e-9 * abs(total)
