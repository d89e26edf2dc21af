"""What a better conversion of a stage would bring, visit by visit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from math import ceil

from tests.reference import slices
from tests.reference.deals import Visit
from tests.reference.funnel import beyond_grid, grid
from tests.reference.periods import Period, midnight, split
from tests.reference.results import Result, wilson
from tests.reference.slices import Key
from tests.reference.stuck import end_of
from tests.reference.world import Deal, World

By = Sequence[str]
Taken = tuple[Deal, Visit]


@dataclass(frozen=True)
class Comparison:
    """A metric that compares the stages of each period's visits with other periods and among managers.

    judge  -- (pipeline, stage, period, dimensions of the rest, their values) → result.
    is_due -- whether the visit makes its key due at the stage in all of the periods.
    """

    world: World
    by: Key
    judge: Callable[[World, int, str, Period, Key, Key], Result]
    is_due: Callable[[World, Deal, Visit, str, Sequence[Period]], bool]

    def values(self, periods: Sequence[Period]) -> dict[tuple[str, Key], Result]:
        """A result for every period and every stage that any visit of them reached."""
        due = set(grid(self.world, self.by))
        for deal, visit in self.world.visits():
            rest = slices.of_deal(self.world, deal, visit.start, self.by, pipeline=visit.category)
            for code in self.world.stages.codes(visit.category):
                if self.is_due(self.world, deal, visit, code, periods):
                    due.add((str(visit.category), code, *rest))
        return {
            (period.label, key): self.judge(self.world, int(key[0]), key[1], period, self.by, tuple(key[2:]))
            for period in periods
            for key in sorted(due)
        }

    def nothing(self) -> Result:
        """The result of a stage that nobody has reached."""
        return self.judge(self.world, -1, "", Period("2000", date(2000, 1, 1), date(2001, 1, 1)), (), ())


def bottleneck(world: World, by: By) -> Comparison:
    """What each stage would bring at the conversion that it has been seen to have."""
    return Comparison(world, tuple(beyond_grid(by)), _stage, _has_reached)


def _has_reached(world: World, deal: Deal, visit: Visit, stage: str, periods: Sequence[Period]) -> bool:
    rung = world.stages.codes(visit.category).index(stage) + 1
    return visit.furthest(world.stages) >= rung and any(p.holds(world.day(visit.start)) for p in periods)


def _stage(world: World, category: int, stage: str, period: Period, by: Key, rest: Key) -> Result:
    mine = _taken(world, category, period, by, rest)
    advanced, reached = _counts(world, stage, mine)
    quarters = [_taken(world, category, q, by, rest) for q in _quarters(period) if _is_mature(world, category, q)]
    managers = {world.owner(deal, visit.start) for deal, visit in mine}
    own = [[each for each in mine if world.owner(each[0], each[1].start) == manager] for manager in managers]
    references = _shrunk([_counts(world, stage, each) for each in quarters])
    team = sorted(_shrunk([_counts(world, stage, each) for each in own]))
    references += [team[ceil(Fraction(3, 4) * len(team)) - 1]] if team else []
    return _worth(
        advanced,
        reached,
        sum(deal.money for deal, visit in mine if visit.won_at is not None),
        max(references, default=None),
        _seconds(world, mine, stage),
        _seconds(world, mine, None),
        is_young=not _is_mature(world, category, period),
    )


@cache
def _taken(world: World, category: int, period: Period, by: Key, rest: Key) -> list[Taken]:
    return [
        (deal, visit)
        for deal, visit in world.visits()
        if visit.category == category
        and period.holds(world.day(visit.start))
        and slices.of_deal(world, deal, visit.start, by, pipeline=category) == rest
    ]


def _counts(world: World, stage: str, taken: Sequence[Taken]) -> tuple[int, int]:
    advanced = reached = 0
    for _, visit in taken:
        codes = world.stages.codes(visit.category)
        rung, furthest = codes.index(stage) + 1, visit.furthest(world.stages)
        reached += furthest >= rung
        advanced += visit.won_at is not None if rung == len(codes) else furthest > rung
    return advanced, reached


def _seconds(world: World, taken: Sequence[Taken], stage: str | None) -> float:
    stays = [stay for _, visit in taken for stay in visit.stays if stay.semantic == "P"]
    return sum(
        max(0, min(stay.end or world.as_of, world.as_of) - stay.start)
        for stay in stays
        if stage is None or stay.stage == stage
    )


def _quarters(period: Period) -> list[Period]:
    """The four last quarters that end when the period does, or before."""
    earlier = split("quarter", period.end - timedelta(days=500), period.end)
    return [quarter for quarter in earlier if quarter.end <= period.end][-4:]


@cache
def _is_mature(world: World, category: int, period: Period) -> bool:
    """Whether nine tenths of the visits ever ended had ended at the age of the period's youngest."""
    ages = []
    for deal, visit in world.visits():
        end, _ = end_of(visit, deal)
        if visit.category == category and end is not None:
            ages.append(end - visit.start)
    if not ages:
        return False
    usual = sorted(ages)[ceil(Fraction(9, 10) * len(ages)) - 1]
    return world.as_of - midnight(period.end, world.zone) >= usual


def _shrunk(groups: Sequence[tuple[int, int]]) -> list[float]:
    """Shares drawn to their mean by as much as their spread leaves to chance, in exact fractions until the end."""
    groups = [group for group in groups if group[1]]
    if not groups:
        return []
    everything = sum(n for _, n in groups)
    mean = Fraction(sum(k for k, _ in groups), everything)
    chance, free = mean * (1 - mean), len(groups) - 1
    observed = sum(n * (Fraction(k, n) - mean) ** 2 for k, n in groups)
    scale = everything - Fraction(sum(n * n for _, n in groups), everything) - free
    between = min(max((observed - free * chance) / scale, Fraction(0)), chance) if scale > 0 else Fraction(0)
    if not between:
        return [float(mean)] * len(groups)
    return [float((k + (chance - between) / between * mean) / (n + (chance - between) / between)) for k, n in groups]


def _worth(
    advanced: int,
    reached: int,
    revenue: int,
    reference: float | None,
    seconds: float,
    cycle: float,
    *,
    is_young: bool,
) -> Result:
    if not reached:
        return Result(None, n=0, reason="no_events")
    share = advanced / reached
    extra = {
        "conversion": share,
        "reference": reference,
        "point_worth": round(revenue / share / 100) / 100 if advanced else None,
        "time_share": seconds / cycle if cycle else None,
    }
    if is_young:
        return Result(None, n=reached, reason="not_mature", extra=extra)
    upper = wilson(advanced, reached)[1]
    if reached < 30 or not advanced or reference is None or revenue * (reference / upper - 1) <= 0:
        return Result(None, n=reached, reason="insufficient_data", extra=extra)
    return Result(Fraction(round(revenue * (reference / share - 1))), n=reached, extra=extra)
