"""Two periods' closed deals → how much of the change of sales each factor brings, to the cent; pure.

    sales = closed deals × win rate × share of wins that bring money × average order + returns

which holds exactly: the win rate and the average order are those of the catalogue, so wins without an amount have a
factor of their own, and returns, negative amounts, are added.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

from b24kpi.metrics.model import Unit
from b24kpi.metrics.statistics.decomposition import Factor, apportioned, prices
from b24kpi.metrics.statistics.intervals import newcombe, poisson_difference
from b24kpi.metrics.statistics.means import Sample, mean_difference

# Means of money say nothing of chance below this many orders.
LEAST_ORDERS = 10
UNITS: Mapping[str, Unit | None] = MappingProxyType(
    {
        "deals": Unit.COUNT,
        "win_rate": Unit.RATIO,
        "paid_share": Unit.RATIO,
        "aov": Unit.MONEY,
        "returns": Unit.MONEY,
        "new_segments": None,
        "lost_segments": None,
    }
)
FACTORS = ("deals", "win_rate", "paid_share", "aov")

Interval = tuple[float, float]


class Verdict(StrEnum):
    """What chance alone would make of a factor's change."""

    WITHIN_NOISE = "within_noise"  # the 95 % interval covers 0
    BEYOND_NOISE = "beyond_noise"
    TOO_FEW = "too_few"  # too few deals for an interval


@dataclass(frozen=True)
class Side:
    """What was closed in one period; money in hundredths.

    Attributes:
        orders, order_sales: the won deals with an amount above 0, and their money.
        squares: the sum of the squares of these amounts.
        sales: the money of all won deals.
    """

    won: int = 0
    lost: int = 0
    orders: int = 0
    order_sales: int = 0
    squares: float = 0.0
    sales: int = 0

    @property
    def closed(self) -> int:
        return self.won + self.lost

    @property
    def returns(self) -> int:
        return self.sales - self.order_sales

    @property
    def factors(self) -> tuple[Fraction | None, ...]:
        """In the order of `FACTORS`; None where the denominator is 0."""
        return (
            Fraction(self.closed),
            _ratio(self.won, self.closed),
            _ratio(self.orders, self.won),
            _ratio(self.order_sales, self.orders),
        )

    @property
    def sample(self) -> Sample:
        """The amounts of orders, for the interval of their mean."""
        return Sample(self.orders, float(self.order_sales), self.squares)


@dataclass(frozen=True)
class Effect:
    """What one factor brought.

    Attributes:
        factor: a key of `UNITS`.
        before, after: the factor's values, money in hundredths; None where undefined.
        money: hundredths of the report currency; those of all effects add up to the change of sales.
        low, high: 95 % interval of that money, None where there is none.
        verdict: None where there is nothing to judge: the factor is unchanged, undefined, or no matter of chance.
    """

    factor: str
    before: Fraction | None
    after: Fraction | None
    money: int
    low: float | None = None
    high: float | None = None
    verdict: Verdict | None = None


def effects(before: Side, after: Side) -> tuple[Effect, ...]:
    """Every factor's effect, in the order of `FACTORS`, then that of returns.

    A factor that is undefined on one side (the average order of a period without wins) is taken to be what it is on
    the other: nothing is known of its change.
    """
    known = [_both(*pair) for pair in zip(before.factors, after.factors, strict=True)]
    worth = prices(*zip(*known, strict=True))
    parts = [price * (now - then) for price, (then, now) in zip(worth, known, strict=True)]
    moneys = apportioned(parts, after.order_sales - before.order_sales)
    found = map(_effect, FACTORS, before.factors, after.factors, moneys, worth, _intervals(before, after))
    return (*found, _returns(before, after))


def segment_effects(before: Side, after: Side) -> tuple[Effect, ...]:
    """Effects within one segment; one that had no closed deal on a side is new or lost as a whole."""
    if bool(before.closed) == bool(after.closed):
        return effects(before, after)
    name = "new_segments" if after.closed else "lost_segments"
    return (Effect(name, None, None, after.sales - before.sales),)


def _effect(
    factor: str,
    before: Fraction | None,
    after: Fraction | None,
    money: int,
    price: Factor,
    interval: Interval | None,
) -> Effect:
    low, high = (None, None) if interval is None else (float(price) * bound for bound in interval)
    verdict = None if before == after or None in (before, after) else _verdict(interval)
    return Effect(factor, before, after, money, low, high, verdict)


def _returns(before: Side, after: Side) -> Effect:
    change = after.returns - before.returns
    return Effect("returns", Fraction(before.returns), Fraction(after.returns), change)


def _verdict(interval: Interval | None) -> Verdict:
    if interval is None:
        return Verdict.TOO_FEW
    return Verdict.WITHIN_NOISE if interval[0] <= 0 <= interval[1] else Verdict.BEYOND_NOISE


def _intervals(before: Side, after: Side) -> tuple[Interval | None, ...]:
    """95 % intervals of the factors' changes, each in the factor's own unit."""
    enough = min(before.orders, after.orders) >= LEAST_ORDERS
    return (
        poisson_difference(after.closed, before.closed),
        _rate_difference(after.won, after.closed, before.won, before.closed),
        _rate_difference(after.orders, after.won, before.orders, before.won),
        mean_difference(after.sample, before.sample) if enough else None,
    )


def _rate_difference(successes: int, trials: int, others: int, other_trials: int) -> Interval | None:
    return newcombe(successes, trials, others, other_trials) if trials and other_trials else None


def _both(before: Fraction | None, after: Fraction | None) -> tuple[Fraction, Fraction]:
    one = before if before is not None else after
    other = after if after is not None else before
    return one or Fraction(0), other or Fraction(0)


def _ratio(above: int, below: int) -> Fraction | None:
    return Fraction(above, below) if below else None
