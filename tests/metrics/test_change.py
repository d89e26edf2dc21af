"""The change of sales, taken apart into factors: exact to the cent, alike from both sides, honest about chance."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from b24kpi.metrics.change import Effect, Side, Verdict, effects, segment_effects


@st.composite
def a_side(draw: st.DrawFn) -> Side:
    """Any outcome of a period: nothing closed, nothing won, wins without amount, returns."""
    won, lost = draw(st.integers(0, 200)), draw(st.integers(0, 200))
    orders = draw(st.integers(0, won))
    amounts = draw(st.integers(orders, 10**10)) if orders else 0
    returns = draw(st.integers(-(10**8), 0)) if won > orders else 0
    squares = draw(st.floats(1, 3)) * amounts**2 / orders if orders else 0.0
    return Side(won, lost, orders, amounts, squares, amounts + returns)


SIDES = a_side()


def by_factor(found: tuple[Effect, ...]) -> dict[str, int]:
    return {effect.factor: effect.money for effect in found}


@settings(max_examples=40)
@given(SIDES, SIDES)
def test_effects_add_up_to_the_change_of_sales(before: Side, after: Side) -> None:
    """To the cent, of the whole and of a segment."""
    assert sum(effect.money for effect in effects(before, after)) == after.sales - before.sales
    assert sum(effect.money for effect in segment_effects(before, after)) == after.sales - before.sales


@settings(max_examples=40)
@given(SIDES, SIDES)
def test_swapped_periods_flip_every_cent(before: Side, after: Side) -> None:
    """Neither period is the base."""
    there, back = by_factor(effects(before, after)), by_factor(effects(after, before))
    assert back == {factor: -money for factor, money in there.items()}


@settings(max_examples=40)
@given(SIDES, SIDES)
def test_an_effect_has_the_sign_of_its_factor(before: Side, after: Side) -> None:
    """Fewer deals never bring more money; what is unknown on a side brings nothing."""
    for effect in effects(before, after)[:-1]:
        if effect.before is None or effect.after is None:
            assert effect.money == 0 or not (before.closed and after.closed)
        else:
            assert effect.money * (effect.after - effect.before) >= 0


@settings(max_examples=40)
@given(SIDES, SIDES)
def test_what_is_within_noise_has_an_interval_over_zero(before: Side, after: Side) -> None:
    """The verdict is the interval's; the effect lies in it, but for the cent of its rounding."""
    for effect in effects(before, after):
        if effect.low is not None and effect.high is not None:
            assert effect.low - 1 <= effect.money <= effect.high + 1 or effect.verdict is None
        if effect.verdict is Verdict.WITHIN_NOISE:
            assert (effect.low or 0) <= 0 <= (effect.high or 0)


def test_factors_multiply_to_the_sales_of_orders() -> None:
    """Closed deals × win rate × paid share × average order."""
    side = Side(won=5, lost=3, orders=4, order_sales=1003, sales=1001)
    deals, rate, paid, average = side.factors
    assert (deals, rate, paid, average) == (8, Fraction(5, 8), Fraction(4, 5), Fraction(1003, 4))
    assert side.returns == -2


def test_a_segment_that_is_new_or_gone_is_not_taken_apart() -> None:
    """Nothing is known of its factors on the other side."""
    sold = Side(won=3, lost=1, orders=3, order_sales=600, squares=120_000.0, sales=600)
    assert by_factor(segment_effects(Side(), sold)) == {"new_segments": 600}
    assert by_factor(segment_effects(sold, Side())) == {"lost_segments": -600}


def test_large_differences_are_beyond_noise_and_small_ones_within() -> None:
    """200 of 400 against 300 of 410: the rate has changed, the number of deals has not."""
    before = Side(won=200, lost=200, orders=200, order_sales=20_000, squares=2_500_000.0, sales=20_000)
    after = Side(won=300, lost=110, orders=300, order_sales=30_000, squares=3_700_000.0, sales=30_000)
    verdicts = {effect.factor: effect.verdict for effect in effects(before, after)}
    assert verdicts["win_rate"] is Verdict.BEYOND_NOISE
    assert verdicts["deals"] is Verdict.WITHIN_NOISE
    assert verdicts["aov"] is None


def test_nine_orders_say_nothing_of_their_mean() -> None:
    """Ten on both sides are the least."""
    nine = Side(won=9, orders=9, order_sales=900, squares=100_000.0, sales=900)
    ten = Side(won=10, orders=10, order_sales=1100, squares=130_000.0, sales=1100)
    assert by_name(nine, ten, "aov").verdict is Verdict.TOO_FEW
    assert by_name(ten, Side(won=10, orders=10, order_sales=900, squares=100_000.0, sales=900), "aov").low is not None


def by_name(before: Side, after: Side, factor: str) -> Effect:
    return next(effect for effect in effects(before, after) if effect.factor == factor)
