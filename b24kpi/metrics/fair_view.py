"""What managers achieve with the same leads: shares and sales standardised on the whole team's mix of lead sources.

Who gets the leads of the best source wins more of them without being better. So each manager's win rate is taken
source by source and weighed as the sources weigh among the closed deals of all (direct standardisation), and so are
the sales that a closed deal brings. A source of which he has closed fewer than five deals says nothing of him; where
such sources make up more than a fifth of the team's mix, he is not judged. He is compared with all the others, weighed
alike: Newcombe's interval of the difference, made of stratified Wilson intervals (Yan and Su 2010).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import hypot
from statistics import fmean
from typing import TYPE_CHECKING

from b24kpi.metrics.catalogue import find
from b24kpi.metrics.compiler import adds_statement
from b24kpi.metrics.statistics.intervals import Estimate, estimate_difference
from b24kpi.metrics.statistics.stratified import standardised_share

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine
    from b24kpi.metrics.period import Period

METRIC = "win_rate"
BY = ("manager", "source")
LEAST = 5  # closed deals of a source
COVERED = 0.8  # of the team's mix
Bounds = tuple[float, float]


@dataclass
class Closed:
    """Deals that were closed: how many, and the money of those that were won, in hundredths."""

    lost: int = 0
    won: list[int] = field(default_factory=list)

    @property
    def count(self) -> int:
        return self.lost + len(self.won)

    @property
    def sides(self) -> tuple[int, int]:
        """Won, closed."""
        return len(self.won), self.count

    @property
    def amounts(self) -> list[int]:
        """What each closed deal brought, a lost one nothing."""
        return [*self.won, *[0] * self.lost]


Team = Mapping[str, Mapping[str, Closed]]  # manager → source → his closed deals


@dataclass(frozen=True)
class Fair:
    """A manager by the team's mix of sources. Money is in hundredths, for each closed deal.

    Attributes:
        won, closed: his deals as they are; `sales`: what a closed one brought.
        rate: what his win rate would be with the team's mix; `others`: that of all the others, with the same weights.
        difference: 95 % interval of the difference of the two.
        fair_sales, sales_bounds: what a closed deal would bring with the team's mix, and its 95 % interval, if told.
        covered: which part of the team's mix his own deals tell of; `thin`: sources of which he has too few.
    """

    manager: str
    won: int
    closed: int
    sales: Fraction
    covered: float
    thin: tuple[str, ...]
    rate: Estimate | None = None
    others: Estimate | None = None
    difference: Bounds | None = None
    fair_sales: float | None = None
    sales_bounds: Bounds | None = None

    @property
    def is_judged(self) -> bool:
        return self.rate is not None

    @property
    def is_different(self) -> bool:
        """Whether the difference to the others is more than chance often brings."""
        return self.difference is not None and not self.difference[0] <= 0 <= self.difference[1]


def fair_view(engine: "Engine", period: "Period", where: Mapping[str, str]) -> list[Fair]:
    """Every manager who closed a deal in the period, best first; those who cannot be judged behind them.

    Args:
        where: dimensions of deals besides the manager.
    """
    return standardise(read_team(engine, period, where))


def read_team(engine: "Engine", period: "Period", where: Mapping[str, str]) -> Team:
    """The closed deals of a period by manager and source; "" where the CRM leaves one empty."""
    metric = find(METRIC)
    engine.set_periods(metric, (period,))
    team: dict[str, dict[str, Closed]] = {}
    for name in ("won_money", "lost_money"):
        statement = adds_statement(metric.measures[name], BY, where)
        for (_, (manager, source)), (money,) in engine.rows(statement, len(BY)):
            closed = team.setdefault(manager, {}).setdefault(source, Closed())
            if name == "won_money":
                closed.won.append(money)
            else:
                closed.lost += 1
    return team


def standardise(team: Team) -> list[Fair]:
    """Each manager by the mix of all, those without one included; who has no name is not judged himself."""
    mix = _together(list(team.values()))
    found = [_fair(name, own, _without(mix, own), mix) for name, own in team.items() if name]
    return sorted(found, key=lambda each: (-(each.rate or (-1.0,))[0], -each.closed, each.manager))


def _together(parts: Sequence[Mapping[str, Closed]]) -> dict[str, Closed]:
    mix: dict[str, Closed] = {}
    for part in parts:
        for source, closed in part.items():
            whole = mix.setdefault(source, Closed())
            whole.lost += closed.lost
            whole.won += closed.won
    return mix


def _without(mix: Mapping[str, Closed], own: Mapping[str, Closed]) -> dict[str, tuple[int, int]]:
    """Source → won and closed of all the others."""
    nothing = Closed()
    return {
        source: (len(all_.won) - len(own.get(source, nothing).won), all_.count - own.get(source, nothing).count)
        for source, all_ in mix.items()
    }


def _fair(
    manager: str, own: Mapping[str, Closed], others: Mapping[str, tuple[int, int]], mix: Mapping[str, Closed]
) -> Fair:
    told = [source for source in mix if source in own and own[source].count >= LEAST]
    whole = sum(closed.count for closed in mix.values())
    mine = _together([own])
    closed, money = sum(each.count for each in mine.values()), sum(sum(each.won) for each in mine.values())
    thin = tuple(sorted((source for source in mix if source not in told), key=lambda source: -mix[source].count))
    covered = sum(mix[source].count for source in told) / whole
    won = sum(len(each.won) for each in mine.values())
    plain = Fair(manager, won, closed, Fraction(money, closed), covered, thin)
    return (
        plain
        if covered < COVERED
        else _judged(plain, [own[s] for s in told], [others[s] for s in told], [mix[s].count for s in told])
    )


def _judged(plain: Fair, own: Sequence[Closed], others: Sequence[tuple[int, int]], weights: Sequence[int]) -> Fair:
    rate = standardised_share(weights, [closed.sides for closed in own])
    rest = standardised_share(weights, others) if all(trials for _, trials in others) else None
    sales, bounds = _sales(own, weights)
    return Fair(
        plain.manager,
        plain.won,
        plain.closed,
        plain.sales,
        plain.covered,
        plain.thin,
        rate=rate,
        others=rest,
        difference=None if rest is None else estimate_difference(rate, rest),
        fair_sales=sales,
        sales_bounds=bounds,
    )


def _sales(own: Sequence[Closed], weights: Sequence[int]) -> tuple[float, Bounds | None]:
    """The weighted mean, and its interval of those of the sources: distances to their bounds, squared and added.

    Zou and Donner, Statistics in Medicine 27 (2008), 1693-1702; None where any source has too few deals for its own.
    """
    import numpy as np  # a tenth of a second to load, like what uses it

    from b24kpi.metrics.statistics.bootstrap import FEWEST, mean_interval

    shares = [weight / sum(weights) for weight in weights]
    amounts = [closed.amounts for closed in own]
    means = [fmean(each) for each in amounts]
    value = sum(share * mean for share, mean in zip(shares, means, strict=True))
    if any(len(each) < FEWEST for each in amounts):
        return value, None
    intervals = [mean_interval(np.array(each, dtype=np.float64)) for each in amounts]
    below = [share * (mean - (low or 0.0)) for share, mean, (low, _) in zip(shares, means, intervals, strict=True)]
    above = [share * ((high or 0.0) - mean) for share, mean, (_, high) in zip(shares, means, intervals, strict=True)]
    return value, (value - hypot(*below), value + hypot(*above))
