"""What changed the revenue of products between two periods: their prices, how much was sold, of which products; pure.

    revenue = total quantity × the product's share of it × its price, summed over the products of both periods

The effects of the three factors are those of LMDI, where a factor is not above 0 those of Shapley; products that are
new or dropped, and what cannot be told by price and quantity, stand apart with their whole money. All of it adds up
exactly. Quantities are added up whatever their units: that shifts money between volume and mix, never the price.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from b24kpi.metrics.statistics.decomposition import apportioned
from b24kpi.metrics.statistics.decomposition import effects as decomposed

Sold = Mapping[str | None, tuple[int, int]]


@dataclass(frozen=True)
class Effects:
    """In hundredths; they add up to the change.

    Attributes:
        price, volume, mix: of the products sold in both periods, `products` in number.
        new, dropped: of products sold in one of them only.
        other: of deals without products, and of rows without a quantity.
    """

    price: int = 0
    volume: int = 0
    mix: int = 0
    new: int = 0
    dropped: int = 0
    other: int = 0
    products: int = 0

    @property
    def change(self) -> int:
        return self.price + self.volume + self.mix + self.new + self.dropped + self.other


def effects(before: Sold, now: Sold) -> Effects:
    """Take a change of revenue apart.

    Args:
        before, now: product → (money in hundredths, quantity); None is what has no product.
    """
    earlier, later = _countable(before), _countable(now)
    both = sorted(earlier.keys() & later.keys())
    new = sum(money for product, (money, _) in later.items() if product not in earlier)
    dropped = -sum(money for product, (money, _) in earlier.items() if product not in later)
    total = _money(now) - _money(before)
    shared = _money(later) - new - (_money(earlier) + dropped)
    price, volume, mix = _of_both({name: (earlier[name], later[name]) for name in both}, shared)
    return Effects(price, volume, mix, new, dropped, total - shared - new - dropped, len(both))


def _countable(sold: Sold) -> dict[str, tuple[int, int]]:
    return {product: (money, quantity) for product, (money, quantity) in sold.items() if product and quantity > 0}


def _money(sold: Sold | Mapping[str, tuple[int, int]]) -> int:
    return sum(money for money, _ in sold.values())


def _of_both(both: Mapping[str, tuple[tuple[int, int], tuple[int, int]]], change: int) -> tuple[int, int, int]:
    """Effects of price, volume and mix on the money of products sold in both periods, in hundredths."""
    totals = [sum(sides[place][1] for sides in both.values()) for place in (0, 1)]
    price, volume, mix = 0.0, 0.0, 0.0
    for sides in both.values():
        then, since = (_factors(sides[place], totals[place]) for place in (0, 1))
        parts = decomposed(then, since)
        volume, mix, price = volume + parts[0], mix + parts[1], price + parts[2]
    cents = apportioned((price, volume, mix), change)
    return cents[0], cents[1], cents[2]


def _factors(side: tuple[int, int], total: int) -> tuple[Fraction, Fraction, Fraction]:
    """Total quantity, the product's share of it, its price."""
    money, quantity = side
    return Fraction(total), Fraction(quantity, total), Fraction(money, quantity)
