"""Metrics of time: sales_cycle and time_in_stage."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from tests.reference import slices, survival
from tests.reference.funnel import beyond_grid, grid
from tests.reference.plan import Entry, Plan, always
from tests.reference.results import Result
from tests.reference.survival import Duration
from tests.reference.world import Deal, World

By = Sequence[str]
ENDINGS = {"S": "won", "F": "lost"}


def sales_cycle(world: World, by: By) -> Plan:
    """Creation to closing of the deals created in the period; `median_of_won` is of the deals won in it."""
    slices.check(by, slices.DEAL)
    entries = [_cycle(world, deal, by) for deal in world.deals]
    for deal, won_at in world.won():
        seconds = max(0, won_at - deal.row["date_create"])
        entries.append(Entry(world.day(won_at), slices.of_deal(world, deal, won_at, by), "won", seconds))
    return Plan(entries, _fold_cycle, always(by))


def time_in_stage(world: World, by: By) -> Plan:
    """How long the stays begun in the period lasted."""
    by = beyond_grid(by)
    entries = []
    for deal, stay in world.stays():
        rest = slices.of_deal(world, deal, stay.start, by, pipeline=stay.category)
        what = _duration(world, stay.start, stay.end, "left")
        entries.append(Entry(world.day(stay.start), (str(stay.category), stay.stage, *rest), "stay", what))
    return Plan(entries, lambda stays: _median([stay.what for stay in stays]), grid(world, by))


def _cycle(world: World, deal: Deal, by: By) -> Entry:
    created = deal.row["date_create"]
    what = _duration(world, created, deal.life.closed_at, ENDINGS.get(deal.life.outcome, ""))
    return Entry(world.day(created), slices.of_deal(world, deal, created, by), "created", what)


def _duration(world: World, start: float, end: float | None, how: str) -> Duration:
    if end is None:
        return Duration(max(0, world.as_of - start), None)
    return Duration(max(0, end - start), how)


def _fold_cycle(entries: list[Entry]) -> Result:
    won = [entry.what for entry in entries if entry.kind == "won"]
    durations = [entry.what for entry in entries if entry.kind == "created"]
    time_to_win = survival.half_of_winners(list(survival.curve(durations)))
    return _median(durations, median_of_won=survival.nearest_rank_median(won), time_to_win=time_to_win)


def _median(durations: Sequence[Duration], **extra: Any) -> Result:
    steps = list(survival.curve(durations))
    value = survival.quantile(steps, survival.HALF)
    low, high = survival.interval(steps)
    extra |= {"p80": survival.quantile(steps, Fraction(1, 5)), "ended": sum(1 for each in durations if each.end)}
    reason = None if value is not None else "not_mature" if durations else "no_events"
    return Result(value, n=len(durations), low=low, high=high, reason=reason, extra=extra)
