"""Where and when sales broke, week by week and stage by stage."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from itertools import pairwise, permutations
from math import comb, exp, factorial, log

from tests.reference import slices
from tests.reference.bottleneck import Comparison, _is_mature, _taken
from tests.reference.deals import Visit
from tests.reference.funnel import beyond_grid
from tests.reference.periods import Period
from tests.reference.results import Result
from tests.reference.slices import Key
from tests.reference.stuck import end_of
from tests.reference.world import Deal, World

By = Sequence[str]
LIMIT = 0.00135
WEEK = timedelta(days=7)
Event = tuple[date, str]  # day, and `came`, `advanced` or `left`


def failure_point(world: World, by: By) -> Comparison:
    """How many weeks of a stage lie below their band."""
    return Comparison(world, tuple(beyond_grid(by)), _stage, _is_looked_at)


def _is_looked_at(world: World, deal: Deal, visit: Visit, stage: str, periods: Sequence[Period]) -> bool:
    """Whether anything happened at the stage in the weeks that are looked at."""
    start, end = _monday(min(p.start for p in periods) - 9 * WEEK), max(p.end for p in periods)
    end = end if end == _monday(end) else _monday(end) + WEEK
    return any(start <= day < end for day, _ in _events(world, deal, visit, stage))


def _stage(world: World, category: int, stage: str, period: Period, by: Key, rest: Key) -> Result:
    effect, share = _effect(world, category, stage, period, by, rest)
    broken = [
        monday for monday in _mondays(world, category, period) if _broke(world, category, stage, monday, by, rest)
    ]
    judged = len(_mondays(world, category, period))
    first = broken[0].isocalendar().week if broken else None
    extra = {"first_week": first, "effect": effect, "change_share": share}
    if not judged:
        return Result(None, Fraction(0), None, 0, reason="insufficient_data", extra=extra)
    return Result(Fraction(len(broken)), Fraction(len(broken)), None, judged, extra=extra)


def _mondays(world: World, category: int, period: Period) -> list[date]:
    began = [world.day(visit.start) for _, visit in world.visits() if visit.category == category]
    if not began:
        return []
    days = [period.start + timedelta(days=number) for number in range((period.end - period.start).days)]
    today = world.day(world.as_of)
    return [d for d in days if d == _monday(d) and d >= _monday(min(began)) + 8 * WEEK and d + WEEK <= today]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _events(world: World, deal: Deal, visit: Visit, stage: str) -> Iterator[Event]:
    codes = world.stages.codes(visit.category)
    rung = codes.index(stage) + 1 if stage in codes else 99
    reached = visit.reached_at(rung, world.stages) if rung <= visit.furthest(world.stages) else None
    if reached is None:
        return
    yield world.day(reached), "came"
    gone = visit.won_at if rung == len(codes) else visit.reached_at(rung + 1, world.stages)
    end = end_of(visit, deal)[0]
    if gone is not None:
        yield world.day(gone), "advanced"
    elif end is not None:
        yield world.day(end), "left"


@cache
def _all_events(world: World, category: int, stage: str, by: Key, rest: Key) -> list[Event]:
    return [
        event
        for deal, visit in world.visits()
        if visit.category == category and slices.of_deal(world, deal, visit.start, by, pipeline=category) == rest
        for event in _events(world, deal, visit, stage)
    ]


def _broke(world: World, category: int, stage: str, monday: date, by: Key, rest: Key) -> bool:
    events = _all_events(world, category, stage, by, rest)
    now = [kind for day, kind in events if monday <= day < monday + WEEK]
    before = [kind for day, kind in events if monday - 8 * WEEK <= day < monday]
    mean, came = before.count("came") / 8, now.count("came")
    if mean and sum(exp(n * log(mean) - mean - log(factorial(n))) for n in range(came + 1)) < LIMIT:
        return True
    won, all_before = before.count("advanced"), before.count("advanced") + before.count("left")
    trials = now.count("advanced") + now.count("left")
    if not trials or not all_before:
        return False
    share = Fraction(won, all_before)
    return (
        sum(comb(trials, n) * share**n * (1 - share) ** (trials - n) for n in range(now.count("advanced") + 1)) < LIMIT
    )


def _effect(
    world: World, category: int, stage: str, period: Period, by: Key, rest: Key
) -> tuple[float | None, float | None]:
    codes = world.stages.codes(category)
    if stage not in codes or not _is_mature(world, category, period):
        return None, None
    both = [_taken(world, category, when, by, rest) for when in (period.previous, period)]
    if not any(_taken(world, category, when, by, rest) for when in (period.previous, period)):
        return None, None
    sides = []
    for taken in both:
        reached = [sum(1 for _, v in taken if v.furthest(world.stages) >= rung) for rung in range(1, len(codes) + 1)]
        reached.append(sum(1 for _, v in taken if v.won_at is not None))
        sides.append([Fraction(reached[0]), *(Fraction(b, a) if a else None for a, b in pairwise(reached))])
    pairs = [
        (a if a is not None else b or Fraction(0), b if b is not None else a or Fraction(0))
        for a, b in zip(*sides, strict=True)
    ]
    effect = _shares(tuple(pairs))[codes.index(stage) + 1]
    change = sum(1 for _, v in both[1] if v.won_at is not None) - sum(1 for _, v in both[0] if v.won_at is not None)
    return effect, effect / change if change else None


@cache
def _shares(pairs: tuple[tuple[Fraction, Fraction], ...]) -> list[float]:
    before, after = (_product([pair[side] for pair in pairs]) for side in (0, 1))
    if all(a and b for a, b in pairs):
        mean = float(before) if before == after else float(after - before) / log(after / before)
        return [mean * log(b / a) for a, b in pairs]
    totals = [Fraction(0)] * len(pairs)
    orders = list(permutations(range(len(pairs))))
    for order in orders:
        now = [a for a, _ in pairs]
        for place in order:
            earlier = _product(now)
            now[place] = pairs[place][1]
            totals[place] += _product(now) - earlier
    return [float(total / len(orders)) for total in totals]


def _product(factors: Sequence[Fraction]) -> Fraction:
    found = Fraction(1)
    for factor in factors:
        found *= factor
    return found
