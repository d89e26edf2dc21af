"""How much of a product's change each of its factors brings: additive LMDI, and Shapley where a factor is 0.

Either way a factor's effect is its own change times a price, what one unit of it is worth while the others change
too, and the effects add up to the change of the product without a residual. Both treat the two sides alike: to swap
them only flips the signs.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import atanh, factorial, log, prod

Factor = int | float | Fraction


def lmdi(before: Sequence[Factor], after: Sequence[Factor]) -> tuple[float, ...]:
    """Effects by the logarithmic mean Divisia index I: L(product) × ln(after / before).

    Ang, LMDI decomposition approach: a guide for implementation, Energy Policy 86 (2015), 233-238.
    Proportional parts of a whole have effects that add up to those of the whole.

    Args:
        before, after: the factors in the same order, all above 0.
    """
    return tuple(float(effect) for effect in _effects(_lmdi_prices(before, after), before, after))


def shapley(before: Sequence[Factor], after: Sequence[Factor]) -> tuple[Fraction, ...]:
    """Effects averaged over all orders in which the factors may change one after another; exact, zeros allowed."""
    return tuple(Fraction(effect) for effect in _effects(_shapley_prices(before, after), before, after))


def prices(before: Sequence[Factor], after: Sequence[Factor]) -> tuple[Factor, ...]:
    """What one unit of each factor is worth in the change: by LMDI, by Shapley where any factor is not above 0."""
    return (_lmdi_prices if min((*before, *after)) > 0 else _shapley_prices)(before, after)


def effects(before: Sequence[Factor], after: Sequence[Factor]) -> tuple[float, ...]:
    """What each factor's change brings, at those prices; together the change of the product."""
    return tuple(float(effect) for effect in _effects(prices(before, after), before, after))


def logarithmic_mean(one: Factor, other: Factor) -> float:
    """(a - b) / ln(a / b), and a where both are a.

    >>> round(logarithmic_mean(2, 1), 4)
    1.4427
    """
    return float(one) if one == other else float(one - other) / _log_ratio(one, other)


def apportioned(parts: Sequence[Factor], whole: int) -> tuple[int, ...]:
    """Whole numbers near the parts that add up to `whole`: money to the cent.

    Each part is rounded; the units that are then missing or too many go, one each, to the parts that rounding took
    most from in that direction, of equal ones to the first. So nothing moves by a unit or more, a part of 0 stays 0,
    and the opposite parts give the opposite numbers.

    >>> apportioned((0.4, 0.4, 0.2), 1)
    (1, 0, 0)
    """
    rounded = [round(part) for part in parts]
    missing = whole - sum(rounded)
    step = 1 if missing > 0 else -1
    order = sorted(range(len(parts)), key=lambda place: step * (rounded[place] - parts[place]))
    for place in order[: abs(missing)]:
        rounded[place] += step
    return tuple(rounded)


def _effects(prices: Sequence[Factor], before: Sequence[Factor], after: Sequence[Factor]) -> Iterator[Factor]:
    return (price * (now - then) for price, then, now in zip(prices, before, after, strict=True))


def _lmdi_prices(before: Sequence[Factor], after: Sequence[Factor]) -> tuple[float, ...]:
    mean = logarithmic_mean(prod(after), prod(before))
    return tuple(mean / logarithmic_mean(now, then) for then, now in zip(before, after, strict=True))


def _shapley_prices(before: Sequence[Factor], after: Sequence[Factor]) -> tuple[Fraction, ...]:
    exact = [(Fraction(then), Fraction(now)) for then, now in zip(before, after, strict=True)]
    return tuple(_mean_product(exact[:place] + exact[place + 1 :]) for place in range(len(exact)))


def _mean_product(others: Sequence[tuple[Fraction, Fraction]]) -> Fraction:
    """The product of the other factors, some of which have changed already, averaged over all orders of changes.

    The products in which so many have changed add up to a coefficient of Π (before + after · x).
    """
    products = [Fraction(1)]
    for then, now in others:
        unchanged, changed = [*products, Fraction(0)], [Fraction(0), *products]
        products = [then * one + now * other for one, other in zip(unchanged, changed, strict=True)]
    orders = factorial(len(others) + 1)
    return sum(
        (
            Fraction(factorial(size) * factorial(len(others) - size), orders) * product
            for size, product in enumerate(products)
        ),
        Fraction(0),
    )


def _log_ratio(one: Factor, other: Factor) -> float:
    """ln(one / other); near 1 from the difference, which is exact for fractions where a quotient would round it off."""
    if 2 * min(one, other) >= max(one, other):
        return 2 * atanh(float(one - other) / float(one + other))
    return log(one) - log(other)
