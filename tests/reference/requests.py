"""Metrics of the pipelines and stages that people map: requests, approvals and documents."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.reference import slices, survival
from tests.reference.deals import Stay, Visit
from tests.reference.plan import Entry, Plan, always
from tests.reference.results import Result, rate
from tests.reference.stages import Stages
from tests.reference.survival import Duration
from tests.reference.work_time import worked
from tests.reference.world import Deal, World

By = Sequence[str]
REQUEST = slices.DEAL - {"pipeline", "currency"}
UNSET = Result(None, reason="not_configured")


def resolved_rate(world: World, by: By) -> Plan:
    """Won among the won and lost deals of the pipeline of requests, by the day of their closing."""
    slices.check(by, REQUEST)
    entries = []
    for deal in requests(world):
        if (at := deal.life.closed_at) is not None:
            entries.append(
                Entry(world.day(at), slices.of_deal(world, deal, at, by), "closed", deal.life.outcome == "S")
            )
    return Plan(entries, lambda found: _share(world, "request_pipeline", found), always(by))


def request_processing_time(world: World, by: By) -> Plan:
    """Working time from the creation of requests to their closing, whichever it is."""
    slices.check(by, REQUEST)
    entries = []
    for deal in requests(world):
        created, closed = deal.row["date_create"], deal.life.closed_at
        is_over = closed is not None and closed <= world.as_of
        seconds = worked(created, closed if is_over and closed is not None else world.as_of, world.zone)
        key = slices.of_deal(world, deal, created, by)
        entries.append(Entry(world.day(created), key, "request", Duration(seconds, "closed" if is_over else None)))
    return Plan(entries, lambda found: _processing(world, found), always(by))


def approval_time(world: World, by: By) -> Plan:
    """How long the stays begun in the approval stages lasted."""
    slices.check(by, frozenset({"pipeline", "manager", "department", "source"}))
    entries = []
    for deal, stay in world.stays():
        if stay.stage in world.mapped.get("approval_stages", ()):
            key = slices.of_deal(world, deal, stay.start, by, pipeline=stay.category)
            is_over = stay.end is not None and stay.end <= world.as_of
            end = stay.end if is_over and stay.end is not None else world.as_of
            what = Duration(max(0, end - stay.start), "left" if is_over else None)
            entries.append(Entry(world.day(stay.start), key, "stay", what))
    return Plan(entries, lambda found: _approval(world, found), always(by))


def document_error_rate(world: World, by: By) -> Plan:
    """Visits that went from a document stage back to an earlier one, of those that left their first such stage."""
    slices.check(by, slices.DEAL - {"currency"})
    entries = []
    for deal, visit in world.visits():
        made = [place for place, stay in enumerate(visit.stays) if is_document(world, stay)]
        if made and (ready := visit.stays[made[0]].end) is not None:
            key = slices.of_deal(world, deal, visit.stays[made[0]].start, by, pipeline=visit.category)
            entries.append(Entry(world.day(ready), key, "visit", any(_goes_back(world, visit, at) for at in made)))
    return Plan(entries, lambda found: _share(world, "document_stages", found), always(by))


def requests(world: World) -> list[Deal]:
    """The deals of the mapped pipeline, none without one."""
    wanted = world.mapped.get("request_pipeline")
    return [deal for deal in world.deals if wanted is not None and (deal.row["category_id"] or 0) == wanted]


def is_document(world: World, stay: Stay) -> bool:
    """Whether documents are made in the stage of a stay."""
    return stay.semantic == "P" and stay.stage in world.mapped.get("document_stages", ())


def _goes_back(world: World, visit: Visit, place: int) -> bool:
    """Whether the next stay of the visit is in an earlier stage; one that nobody knows is no earlier one."""
    if place + 1 >= len(visit.stays):
        return False
    here, after = visit.stays[place : place + 2]
    ranks = [rank(world.stages, stay) for stay in (here, after)]
    return after.semantic == "P" and None not in ranks and ranks[1] < ranks[0]  # type: ignore[operator]


def rank(stages: Stages, stay: Stay) -> int | None:
    """The place of a stage among those of its pipeline, None for one that is not in the dictionary."""
    return stages.rank(stay.category, stay.stage) if stages.knows(stay.category, stay.stage) else None


def _share(world: World, needed: str, entries: list[Entry]) -> Result:
    found = rate(sum(1 for entry in entries if entry.what), len(entries))
    return found if is_given(world, needed) else replace(found, value=None, reason="not_configured")


def _processing(world: World, entries: list[Entry]) -> Result:
    closed = [entry.what.seconds for entry in entries if entry.what.end]
    return _median(world, "request_pipeline", entries, {"median_of_closed": survival.nearest_rank_median(closed)})


def _approval(world: World, entries: list[Entry]) -> Result:
    return _median(world, "approval_stages", entries, {})


def _median(world: World, needed: str, entries: list[Entry], extra: dict[str, Any]) -> Result:
    if not is_given(world, needed):
        return UNSET
    durations = [entry.what for entry in entries]
    steps = list(survival.curve(durations))
    value = survival.quantile(steps, survival.HALF)
    low, high = survival.interval(steps)
    reason = None if value is not None else "not_mature" if durations else "no_events"
    extra = extra | {"p80": survival.quantile(steps, survival.HALF * 2 / 5)}
    return Result(value, n=len(durations), low=low, high=high, reason=reason, extra=extra)


def is_given(world: World, name: str) -> bool:
    """Whether people mapped it; pipeline 0 is one."""
    return world.mapped.get(name) not in (None, ())
