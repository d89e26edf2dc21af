"""Random walks of a deal through stages and pipelines, and what the portal has kept of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from tests.event_stages import UNKNOWN, final_stages, process_stages

HOUR, DAY = 3600, 86400
# how a deal moves next: out of a stage in progress, out of a final one
ACTIONS = (
    "forward",
    "forward",
    "forward",
    "skip",
    "back",
    "again",
    "unknown",
    "transfer",
    "win",
    "win",
    "lose",
    "lose",
)
ACTIONS_WHEN_FINAL = ("again", "win", "lose", "back", "forward", "transfer")


@dataclass(frozen=True)
class Step:
    """A move into a stage; time in epoch seconds, type_id as in the stage history."""

    time: int
    category: int
    stage: str
    semantic: str
    type_id: int


def walk(rng: Random, start: int, until: int) -> list[Step]:
    """One move or more, the first at `start`, none at or after `until`."""
    path = [_first(rng, start)]
    for _ in range(rng.randint(0, 8)):
        time = path[-1].time + _pause(rng)
        if time >= until:
            break
        path.append(_next(rng, path[-1], time))
        if path[-1].semantic != "P" and rng.random() < 0.7:
            break
    return path


def as_recorded(rng: Random, path: Sequence[Step]) -> list[Step]:
    """What the history has of the path: mostly all, else nothing, all but the end, or the last pipeline only."""
    kept = rng.choice(["all"] * 7 + ["nothing", "not the end", "last pipeline"])
    if kept == "nothing":
        return []
    if kept == "not the end":
        return list(path[:-1])
    if kept == "last pipeline":
        return [step for step in path if step.category == path[-1].category]
    return list(path)


def _first(rng: Random, time: int) -> Step:
    category = rng.choice([0, 0, 0, 5, 9])
    if rng.random() < 0.05:
        return _close(rng, Step(time, category, "", "P", 1), time, rng.choice("SF"))
    codes = process_stages(category)
    stage = codes[min(len(codes) - 1, rng.choice([0, 1, 1, 1, 2]))]
    return Step(time, category, stage, "P", 1)


def _next(rng: Random, now: Step, time: int) -> Step:
    action = rng.choice(ACTIONS if now.semantic == "P" else ACTIONS_WHEN_FINAL)
    if action == "again":
        return replace(now, time=time, type_id=2)
    if action in ("win", "lose"):
        return _close(rng, now, time, "S" if action == "win" else "F")
    if action == "unknown":
        return Step(time, now.category, UNKNOWN[now.category], "P", 2)
    if action == "transfer":
        return _transfer(rng, now, time)
    return Step(time, now.category, _shifted(rng, now, action), "P", 2)


def _close(rng: Random, now: Step, time: int, semantic: str) -> Step:
    return Step(time, now.category, rng.choice(final_stages(now.category, semantic)), semantic, 3)


def _transfer(rng: Random, now: Step, time: int) -> Step:
    """Into another pipeline: mostly its beginning, sometimes straight into a won stage."""
    category = rng.choice([other for other in (0, 5, 9) if other != now.category])
    if rng.random() < 0.15:
        return Step(time, category, rng.choice(final_stages(category, "S")), "S", 5)
    return Step(time, category, rng.choice(process_stages(category)), "P", 5)


def _shifted(rng: Random, now: Step, action: str) -> str:
    codes = process_stages(now.category)
    place = codes.index(now.stage) if now.stage in codes else len(codes) - 1
    shift = {"forward": 1, "skip": rng.randint(2, 3), "back": -rng.randint(1, 3)}[action]
    return codes[max(0, min(len(codes) - 1, place + shift))]


def _pause(rng: Random) -> int:
    return rng.choice(
        [0, rng.randint(1, 59), rng.randint(HOUR, 9 * HOUR), *(rng.randint(DAY, 30 * DAY) for _ in range(3)), DAY]
    )
