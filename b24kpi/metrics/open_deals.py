"""Which deals were open at a moment, and what chances they had by what was known then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.statistics.chances import DAY, Chances, Curve, Stays

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine

Array = NDArray[Any]
Stage = tuple[int, str]  # pipeline and stage
Group = Stage | int | None  # a stage, a pipeline, or all

RECENT = 730 * DAY  # stays that began longer ago say little of how deals go now


@dataclass(frozen=True)
class OpenDeal:
    """A deal at a moment.

    Attributes:
        place: of the deal among all.
        stage: where it was, for `age` seconds.
        curve: its chance to be won in time from then on.
    """

    place: int
    stage: Stage
    age: float
    curve: Curve


class OpenDeals:
    """Looks for open deals by their stays in stages, which are read once.

    Args:
        closed: moment of the close of each deal, epoch seconds, NaN where it is open; `is_won` its kind.
        places: deal id → its place in these two.
    """

    def __init__(self, engine: "Engine", places: Mapping[int, int], closed: Array, is_won: Array) -> None:
        rows = engine.store.query(
            "SELECT deal_id, entered_at, left_at, category_id, stage_id FROM fact_stay WHERE semantic = 'P' "
            "ORDER BY entered_at, deal_id, position"
        )
        self._deals = np.array([places[row[0]] for row in rows], dtype=int)
        self._entered, self._left = column(rows, 1), column(rows, 2)
        self._closed, self._is_won = closed[self._deals], is_won[self._deals]
        self._stages: list[Stage] = [(row[3], row[4]) for row in rows]
        self._groups = _grouped(self._stages)
        self._known: dict[float, list[OpenDeal] | None] = {}

    def at(self, moment: float) -> list[OpenDeal] | None:
        """Those that were open then; None where there is no telling what chances some of them had."""
        if moment not in self._known:
            self._known[moment] = self._find(moment)
        return self._known[moment]

    def _find(self, moment: float) -> list[OpenDeal] | None:
        chances = Chances(lambda group: self._stays(group, moment))  # type: ignore[arg-type]
        is_open = (self._entered <= moment) & ~(self._left <= moment) & ~(self._closed <= moment)
        found = []
        for row in np.flatnonzero(is_open).tolist():
            stage, age = self._stages[row], moment - float(self._entered[row])
            curve = chances.curve((stage, stage[0], None), age)
            if curve is None:
                return None
            found.append(OpenDeal(int(self._deals[row]), stage, age, curve))
        return found

    def _stays(self, group: Group, moment: float) -> Stays:
        """What was known of the stays of a group that had begun in the two years before."""
        rows = self._groups.get(group, np.empty(0, dtype=int))
        first, last = np.searchsorted(self._entered[rows], (moment - RECENT, moment), side="right")
        rows = rows[first:last]
        return known_stays(self._entered[rows], self._left[rows], self._closed[rows], self._is_won[rows], moment)


def known_stays(entered: Array, left: Array, closed: Array, is_won: Array, moment: float) -> Stays:
    """What was known at a moment of stays that had begun by then; moments in epoch seconds, NaN for not yet."""
    ended = closed <= moment
    watched = np.maximum(np.where(ended, closed, moment) - entered, 0)
    lasted = np.where(left <= moment, left, moment) - entered
    return Stays(lasted, watched, ended, ended & is_won)


def column(rows: Sequence[Sequence[Any]], place: int) -> Array:
    """A column of numbers; NULL is NaN."""
    return np.array([np.nan if row[place] is None else row[place] for row in rows], dtype=float)


def _grouped(stages: Sequence[Stage]) -> dict[Group, Array]:
    groups: dict[Group, list[int]] = {None: list(range(len(stages)))}
    for row, stage in enumerate(stages):
        groups.setdefault(stage, []).append(row)
        groups.setdefault(stage[0], []).append(row)
    return {group: np.array(rows, dtype=int) for group, rows in groups.items()}
