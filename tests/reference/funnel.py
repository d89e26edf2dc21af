"""Metrics of visits to a pipeline: stage_conversion and funnel_conversion, by cohort of entry or as flow."""

from collections.abc import Callable, Iterator, Sequence

from tests.reference import slices
from tests.reference.deals import Visit
from tests.reference.plan import Entry, Plan, always
from tests.reference.results import Result, rate, ratio
from tests.reference.slices import Key
from tests.reference.world import Deal, World

By = Sequence[str]
GRID = ("pipeline", "stage")


def stage_conversion(world: World, by: By, mode: str) -> Plan:
    """Of the visits that reached a stage, those that went on to the next, or won after the last."""
    by = beyond_grid(by)
    parts = [
        _stage_cohort(world, *each, by) if mode == "cohort" else _stage_flow(world, *each, by)
        for each in world.visits()
    ]
    return Plan([entry for part in parts for entry in part], _fold(mode), grid(world, by))


def funnel_conversion(world: World, by: By, mode: str) -> Plan:
    """Of the visits that began, those that won."""
    slices.check(by, slices.DEAL)
    entries: list[Entry] = []
    for deal, visit in world.visits():
        key = slices.of_deal(world, deal, visit.start, by, pipeline=visit.category)
        entries.append(Entry(world.day(visit.start), key, "in"))
        if visit.won_at is not None:
            entries.append(Entry(world.day(visit.start if mode == "cohort" else visit.won_at), key, "out"))
    return Plan(entries, _fold(mode), always(by))


def beyond_grid(by: By) -> By:
    """Dimensions besides pipeline and stage, which stage metrics always have."""
    rest = tuple(name for name in by if name not in GRID)
    slices.check(rest, slices.DEAL)
    return rest


def grid(world: World, by: By) -> list[Key]:
    """All rungs of all pipelines, due in every period unless sliced further."""
    return [] if by else [(str(n), code) for n in world.stages.categories() for code in world.stages.codes(n)]


def _stage_cohort(world: World, deal: Deal, visit: Visit, by: By) -> Iterator[Entry]:
    """Every rung reached goes in, every rung passed goes out, both on the day the visit began."""
    furthest, day = visit.furthest(world.stages), world.day(visit.start)
    for rung, key in _rungs(world, deal, visit, by):
        last = rung == len(world.stages.codes(visit.category))
        if rung <= furthest:
            yield Entry(day, key, "in")
        if (visit.won_at is not None) if last else furthest > rung:
            yield Entry(day, key, "out")


def _stage_flow(world: World, deal: Deal, visit: Visit, by: By) -> Iterator[Entry]:
    """Every rung reached goes in on its day, and out on the day the next one is reached, or the deal won."""
    for rung, key in _rungs(world, deal, visit, by):
        last = rung == len(world.stages.codes(visit.category))
        reached = visit.reached_at(rung, world.stages)
        left = visit.won_at if last else visit.reached_at(rung + 1, world.stages)
        if reached is not None:
            yield Entry(world.day(reached), key, "in")
        if left is not None:
            yield Entry(world.day(left), key, "out")


def _rungs(world: World, deal: Deal, visit: Visit, by: By) -> Iterator[tuple[int, Key]]:
    rest = slices.of_deal(world, deal, visit.start, by, pipeline=visit.category)
    for rung, code in enumerate(world.stages.codes(visit.category), 1):
        yield rung, (str(visit.category), code, *rest)


def _fold(mode: str) -> Callable[[list[Entry]], Result]:
    return _share if mode == "cohort" else _throughput


def _count(entries: Sequence[Entry]) -> tuple[int, int]:
    return sum(1 for each in entries if each.kind == "out"), sum(1 for each in entries if each.kind == "in")


def _share(entries: list[Entry]) -> Result:
    return rate(*_count(entries))


def _throughput(entries: list[Entry]) -> Result:
    """Different visits come in and go out, so the value may pass 1 and has no Wilson interval."""
    out, came = _count(entries)
    return ratio(out, came, came)
