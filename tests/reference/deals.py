"""The life of one deal out of its row and its history: stays, visits, the outcome and its moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

from tests.reference.periods import midnight
from tests.reference.stages import Row, Stages


@dataclass(frozen=True)
class Stay:
    """An uninterrupted stay in one stage; `end` is None while it lasts. Moments are epoch seconds."""

    category: int
    stage: str
    semantic: str
    start: float
    end: float | None


@dataclass(frozen=True)
class Visit:
    """Consecutive stays in one pipeline. `won_at` is set on the last visit of a deal that is won now."""

    category: int
    stays: tuple[Stay, ...]
    won_at: float | None

    @property
    def start(self) -> float:
        """Moment at which the deal entered the pipeline."""
        return self.stays[0].start

    def furthest(self, stages: Stages) -> int:
        """Rank of the last rung that counts as reached; a stay in a success stage passes them all."""
        if any(stay.semantic == "S" for stay in self.stays):
            return len(stages.codes(self.category))
        return max(1, *(_rank(stay, stages) for stay in self.stays))

    def reached_at(self, rung: int, stages: Stages) -> float | None:
        """First moment at which the rung counts as reached; the first rung with the visit itself; None if never."""
        if rung == 1:
            return self.start
        return min((s.start for s in self.stays if s.semantic == "S" or _rank(s, stages) >= rung), default=None)


@dataclass(frozen=True)
class Life:
    """outcome is S (won), F (lost) or P (open); closed_at is None while open; approx if only CLOSEDATE tells it."""

    stays: tuple[Stay, ...]
    visits: tuple[Visit, ...]
    outcome: str
    closed_at: float | None
    approx: bool


@dataclass(frozen=True)
class _Move:
    """A row of the history, or what stands for it; `dated` is False when its time is only a place in the order."""

    category: int
    stage: str
    semantic: str
    time: float
    dated: bool = True


def live(deal: Row, steps: Sequence[Row], stages: Stages, zone: ZoneInfo) -> Life:
    """The life of a deal; steps are its rows of stage history in any order, possibly none or out of date."""
    moves = _moves(deal, steps, stages)
    stays = _stays(moves)
    outcome = _present(deal, stages).semantic
    closed_at, approx = (None, False) if outcome == "P" else _closing(deal, moves, outcome, zone)
    return Life(stays, _visits(stays, closed_at if outcome == "S" else None), outcome, closed_at, approx)


def _moves(deal: Row, steps: Sequence[Row], stages: Stages) -> list[_Move]:
    ordered = sorted(steps, key=lambda step: (step["created_time"], step["id"]))
    moves = [_move(step, stages) for step in ordered] or [_beginning(deal, stages)]
    present = _present(deal, stages)
    if (moves[-1].category, moves[-1].stage) != (present.category, present.stage):
        moves.append(_placed_after(moves[-1], present, deal["moved_time"]))
    return moves


def _move(step: Row, stages: Stages) -> _Move:
    category = step["category_id"] or 0
    semantic = stages.semantic(category, step["stage_id"], step["stage_semantic_id"])
    return _Move(category, step["stage_id"], semantic, step["created_time"])


def _beginning(deal: Row, stages: Stages) -> _Move:
    """A deal without history began in the first stage of its pipeline; if that has none, in its present one."""
    category = deal["category_id"] or 0
    codes = stages.codes(category)
    if not codes:
        present = _present(deal, stages)
        return _Move(
            category, present.stage, present.semantic, deal["date_create"], dated=deal["moved_time"] is not None
        )
    return _Move(category, codes[0], "P", deal["date_create"])


def _present(deal: Row, stages: Stages) -> _Move:
    category = deal["category_id"] or 0
    return _Move(category, deal["stage_id"], stages.semantic(category, deal["stage_id"], deal["stage_semantic_id"]), 0)


def _placed_after(last: _Move, present: _Move, moved_time: float | None) -> _Move:
    time = last.time if moved_time is None else max(moved_time, last.time)
    return _Move(present.category, present.stage, present.semantic, time, dated=moved_time is not None)


def _stays(moves: Sequence[_Move]) -> tuple[Stay, ...]:
    """Consecutive moves into the same stage are one stay; its semantic is that of the first."""
    starts = [moves[0]]
    for before, move in pairwise(moves):
        if (before.category, before.stage) != (move.category, move.stage):
            starts.append(move)
    ends = [move.time for move in starts[1:]]
    return tuple(
        Stay(move.category, move.stage, move.semantic, move.time, end)
        for move, end in zip(starts, [*ends, None], strict=True)
    )


def _visits(stays: Sequence[Stay], won_at: float | None) -> tuple[Visit, ...]:
    runs: list[list[Stay]] = []
    for stay in stays:
        if runs and runs[-1][0].category == stay.category:
            runs[-1].append(stay)
        else:
            runs.append([stay])
    return tuple(Visit(run[0].category, tuple(run), won_at if run is runs[-1] else None) for run in runs)


def _closing(deal: Row, moves: Sequence[_Move], outcome: str, zone: ZoneInfo) -> tuple[float, bool]:
    """Start of the last unbroken run of the outcome, else the moved time, else (approximate) the day in CLOSEDATE."""
    run: list[_Move] = []
    for move in reversed(moves):
        if move.semantic != outcome:
            break
        run.append(move)
    if run and run[-1].dated:
        return run[-1].time, False
    if deal["moved_time"] is not None:
        return deal["moved_time"], False
    if deal["closedate"]:
        return midnight(date.fromisoformat(deal["closedate"]), zone), True
    return moves[-1].time, True


def _rank(stay: Stay, stages: Stages) -> int:
    return stages.rank(stay.category, stay.stage) if stay.semantic == "P" else 0
