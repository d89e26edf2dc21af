"""Metrics of time: sales_cycle, time_in_stage, customer_lifespan and early_visit_loss."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from tests.reference import slices, survival
from tests.reference.funnel import beyond_grid, grid
from tests.reference.plan import Entry, Plan, always
from tests.reference.results import Result
from tests.reference.survival import Duration
from tests.reference.world import Deal, Purchase, World

By = Sequence[str]
DAY = 86400
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


def customer_lifespan(world: World, by: By) -> Plan:
    """From the first purchase until W days after the last, of the customers who came back, by their first purchase."""
    slices.check(by, slices.DEAL)
    lives: dict[str, list[Purchase]] = {}
    for purchase in world.purchases:
        lives.setdefault(purchase.customer, []).append(purchase)
    entries = []
    for first, *rest in lives.values():
        if rest:
            lost_at = won_at(rest[-1].deal) + world.base_days * DAY
            what = _duration(world, won_at(first.deal), lost_at, "left")
            entries.append(Entry(world.day(won_at(first.deal)), of_first(world, first, by), "customer", what))
    return Plan(entries, lambda found: _median([each.what for each in found]), always(by))


def early_visit_loss(world: World, by: By) -> Plan:
    """Share of the purchases 1, 2 and 3 of customers after which none follows for W days, the last still open."""
    slices.check(by, slices.VISIT)
    after = {(p.customer, p.number): won_at(p.deal) for p in world.purchases}
    entries = []
    for purchase in world.purchases:
        if purchase.number <= 3:
            start = won_at(purchase.deal)
            what = _duration(world, start, after.get((purchase.customer, purchase.number + 1)), "left")
            entries.append(Entry(world.day(start), of_first(world, purchase, by), "visit", what))
    return Plan(entries, lambda found: _lasting([each.what for each in found], world.base_days * DAY), always(by))


def won_at(deal: Deal) -> float:
    """Moment of the win of a deal that is won."""
    assert deal.life.closed_at is not None
    return deal.life.closed_at


def of_first(world: World, purchase: Purchase, by: By) -> slices.Key:
    """Dimensions of the customer's first purchase; `visit` is the number of this one."""
    rest = [name for name in by if name != "visit"]
    own = dict(zip(rest, slices.of_deal(world, purchase.first, won_at(purchase.first), rest), strict=True))
    return tuple({"visit": str(purchase.number), **own}[name] for name in by)


def _lasting(durations: Sequence[Duration], horizon: float) -> Result:
    """The share that lasts longer than the horizon, with its log-log interval; null where nobody was watched for it."""
    if not durations:
        return Result(None, reason="no_events")
    steps = [step for step in survival.curve(durations) if step.time <= horizon]
    share = steps[-1].survivors if steps else Fraction(1)
    if share and max(each.seconds for each in durations) < horizon:
        return Result(None, n=len(durations), reason="not_mature")
    low, high = survival.band(steps[-1]) if steps else (None, None)
    return Result(share, n=len(durations), low=low, high=high)


def _cycle(world: World, deal: Deal, by: By) -> Entry:
    created = deal.row["date_create"]
    what = _duration(world, created, deal.life.closed_at, ENDINGS.get(deal.life.outcome, ""))
    return Entry(world.day(created), slices.of_deal(world, deal, created, by), "created", what)


def _duration(world: World, start: float, end: float | None, how: str) -> Duration:
    if end is None or end > world.as_of:
        return Duration(max(0, world.as_of - start), None)
    return Duration(max(0, end - start), how)


def _fold_cycle(entries: list[Entry]) -> Result:
    won = [entry.what for entry in entries if entry.kind == "won"]
    durations = [entry.what for entry in entries if entry.kind == "created"]
    time_to_win = survival.half_of_winners(list(survival.curve(durations)))
    steps = list(survival.curve(durations))
    eventual = (steps[-1].won if steps else Fraction(0)) if durations else None
    middle = survival.nearest_rank_median(won)
    return _median(durations, median_of_won=middle, time_to_win=time_to_win, eventual=eventual)


def _median(durations: Sequence[Duration], **extra: Any) -> Result:
    steps = list(survival.curve(durations))
    value = survival.quantile(steps, survival.HALF)
    low, high = survival.interval(steps)
    finished = [each.seconds for each in durations if each.end]
    extra["mean_of_finished"] = sum(map(Fraction, finished), Fraction(0)) / len(finished) if finished else None
    extra |= {"p80": survival.quantile(steps, Fraction(1, 5)), "p90": survival.quantile(steps, Fraction(1, 10))}
    extra |= {"mean": survival.mean(durations), "ended": sum(1 for each in durations if each.end)}
    reason = None if value is not None else "not_mature" if durations else "no_events"
    return Result(value, n=len(durations), low=low, high=high, reason=reason, extra=extra)
