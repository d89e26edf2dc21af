"""Where sales are heading, and what a change is owed to: trend and seasonality_check."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import sqrt
from statistics import median

from tests.reference import slices
from tests.reference.periods import Period, local_day
from tests.reference.results import Result, Z
from tests.reference.runs import SEASON, back, between, following, grain_of, holding, indices
from tests.reference.slices import Key
from tests.reference.world import World

By = Sequence[str]
Series = dict[Key, dict[str, int]]


Sold = list[tuple[Period, list[int]]]  # period by period, what each deal brought


@dataclass(frozen=True)
class Course:
    """A metric that looks at the sales of many periods; `reach` names those it needs for one."""

    world: World
    by: By
    reach: Callable[[World, Period], list[Period]]
    judge: Callable[[World, Period, Sold], Result]

    def values(self, periods: Sequence[Period]) -> dict[tuple[str, Key], Result]:
        """A result for every period and every key that has sold in what is looked at."""
        needed = sorted({(each.start, each.label): each for p in periods for each in self.reach(self.world, p)}.items())
        whole = between(needed[0][1], needed[-1][1]) if needed else []
        sold: dict[Key, list[tuple[str, int]]] = {} if self.by else {(): []}
        for deal, at in self.world.won():
            key = slices.of_deal(self.world, deal, at, self.by)
            for period in whole:
                if period.holds(self.world.day(at)):
                    sold.setdefault(key, []).append((period.label, deal.money))
        return {
            (period.label, key): self.judge(self.world, period, self._series(period, found))
            for period in periods
            for key, found in sold.items()
        }

    def nothing(self) -> Result:
        """The result where nothing was sold."""
        return Result(None, reason="no_events" if self.judge is _slope else "insufficient_data")

    def _series(self, period: Period, found: list[tuple[str, int]]) -> Sold:
        run = self.reach(self.world, period)
        return [(each, [money for label, money in found if label == each.label]) for each in run]


def trend(world: World, by: By) -> Course:
    """The median slope between all pairs of the last twelve complete periods."""
    slices.check(by, slices.SALE)
    return Course(world, by, _last_twelve, _slope)


def seasonality_check(world: World, by: By) -> Course:
    """The share of a change that the season explains."""
    slices.check(by, slices.SALE)
    return Course(world, by, _whole_history, _season)


def _first_whole(world: World, grain: str) -> Period | None:
    days = [world.day(deal.row["date_create"]) for deal in world.deals]
    return following(holding(min(days), grain)) if days else None


def _is_over(world: World, period: Period) -> bool:
    return period.end <= local_day(world.as_of, world.zone)


def _last_twelve(world: World, period: Period) -> list[Period]:
    first = _first_whole(world, grain_of(period.label))
    while not _is_over(world, period):
        period = period.previous
    if first is None or period.start < first.start:
        return []
    return between(max(first, back(period, 11), key=lambda each: each.start), period)


def _whole_history(world: World, period: Period) -> list[Period]:
    first = _first_whole(world, grain_of(period.label))
    return between(first, period) if first is not None else []


def _slope(world: World, period: Period, series: Sold) -> Result:
    sales = [sum(moneys) for _, moneys in series]
    if not any(sales):
        return Result(None, n=len(sales), reason="no_events")
    if len(sales) < 6:
        return Result(None, n=len(sales), reason="insufficient_data")
    slopes = [Fraction(sales[j] - sales[i], j - i) for j in range(len(sales)) for i in range(j)]
    return Result(Fraction(round(median(slopes))), n=len(sales))


def _season(world: World, period: Period, series: Sold) -> Result:
    length = SEASON[grain_of(period.label)]
    if not _is_over(world, period):
        return Result(None, reason="not_mature")
    known = [float(sum(moneys)) for _, moneys in series[:-1]]
    if length == 1 or len(known) < max(24, 2 * length):
        return Result(None, reason="insufficient_data")
    known = known[-max(60, 3 * length) :]
    factors = indices(known, length)
    last, this = factors[(len(known) - 1) % length], factors[len(known) % length]
    factor = this / last if last > 0 else 1.0
    before, now = known[-1], float(sum(series[-1][1]))
    flags = {"flags": [f"change_{_verdict(world, series, factor)}"]}
    if now == before:
        return Result(None, n=len(known), reason="no_events", extra=flags)
    share = min(max((before * factor - before) / (now - before), 0.0), 1.0)
    return Result(share, n=len(known), extra=flags)


def _verdict(world: World, series: Sold, factor: float) -> str:
    """Chance before season, season before campaign."""
    (earlier, before), (later, now) = series[-2:]
    if _is_chance(before, now):
        return "noise"
    if _is_chance([money * factor for money in before], now):
        return "expected_season"
    came, gone = (
        _campaigns(world, later) - _campaigns(world, earlier),
        _campaigns(world, earlier) - _campaigns(world, later),
    )
    return "campaign" if (came if sum(now) > sum(before) * factor else gone) else "unexplained"


def _is_chance(before: Sequence[float], now: Sequence[float]) -> bool:
    """Sales that come at random, each with its amount, differ by no more 19 times in 20."""
    return bool(abs(sum(now) - sum(before)) <= Z * sqrt(sum(each * each for each in (*before, *now))))


def _campaigns(world: World, period: Period) -> set[str]:
    """Those on which something was spent."""
    return {
        cost["campaign"]
        for cost in world.costs
        if cost["campaign"] and cost["amount"] > 0 and period.holds(date.fromisoformat(str(cost["day"])))
    }
