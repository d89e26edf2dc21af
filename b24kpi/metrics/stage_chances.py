"""What chances the deals in each stage had at a moment, by the stays that were known then."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.courses import Stage
from b24kpi.metrics.known_stays import merged
from b24kpi.metrics.statistics.chances import BEGINNING, EVERY, Chances, Stays, passed

Array = NDArray[Any]
Floats = NDArray[np.float64]

IN_THE_END = float("inf")
_REACHED = EVERY.index(BEGINNING)


@dataclass(frozen=True)
class StageChances:
    """Chances by stage; those of a stage of which too few stays are known are those of its pipeline, else of all.

    What has been asked for is kept, a number for each stage and landmark; the stays only until they are forgotten.

    Attributes:
        names: all stages.
        known: the stays in a stage, by its place among the names.
    """

    names: Sequence[Stage]
    known: Callable[[int], Stays]
    _last: dict[int, int] = field(default_factory=dict)
    _rows: dict[tuple[float, int], Floats] = field(default_factory=dict)
    _stays: dict[int, Stays] = field(default_factory=dict)
    _chances: dict[tuple[int, ...], Chances] = field(default_factory=dict)

    def landmarks(self, stages: Array, ages: Array) -> Array:
        """Of each deal, by its stage and for how many seconds it has been there, the LANDMARKS that its chances are of.

        That is the last one that it has passed and that enough stays have outlived; -1 where no chance is known.
        """
        last = np.full(len(self.names), -1)
        for stage in _occurring(stages):
            last[stage] = self._last_of(stage)
        return np.asarray(np.minimum(passed(ages), last[stages]))

    def by(self, seconds: float, stages: Array, landmarks: Array) -> Array:
        """Of deals in stages the chance to win within so many seconds of the LANDMARKS at these places.

        -1 is the moment at which the stage was reached. Of stages of which nothing is known it is 0.
        """
        table, cells = np.zeros((len(self.names), len(EVERY))), stages * len(EVERY) + landmarks + 1
        is_asked = np.bincount(cells, minlength=table.size).reshape(table.shape) > 0
        for stage in _occurring(stages):
            table[stage] = self._row(seconds, stage, is_asked[stage])
        return np.asarray(table.ravel()[cells])

    def forget(self) -> None:
        """The stays, which are megabytes; they are sought again if something else is asked for."""
        self._stays.clear()
        self._chances.clear()

    def _row(self, seconds: float, stage: int, is_asked: Array) -> Floats:
        """The chances in a stage by EVERY landmark, at least of those that are asked for.

        Those in the end are worked out beside all others: they come out of the same weights.
        """
        kept = self._rows.get((seconds, stage))
        if kept is not None and not np.isnan(kept[is_asked]).any():
            return kept
        chances, places = self._of(stage), [_REACHED, *(np.flatnonzero(is_asked[_REACHED + 1 :]) + 1).tolist()]
        for limit in (seconds, IN_THE_END):
            row = self._rows.setdefault((limit, stage), np.full(len(EVERY), np.nan))
            row[places] = chances.by(limit, places)[places] if chances else 0.0
        return self._rows[seconds, stage]

    def _last_of(self, stage: int) -> int:
        if stage not in self._last:
            chances = self._of(stage)
            self._last[stage] = -1 if chances is None or chances.last is None else chances.last
        return self._last[stage]

    def _of(self, stage: int) -> Chances | None:
        pipeline = tuple(place for place, name in enumerate(self.names) if name[0] == self.names[stage][0])
        groups = ((stage,), pipeline, tuple(range(len(self.names))))
        return next((found for group in groups if (found := self._of_group(group)).last is not None), None)

    def _of_group(self, group: tuple[int, ...]) -> Chances:
        if group not in self._chances:
            self._chances[group] = Chances(merged([self._known(stage) for stage in group]))
        return self._chances[group]

    def _known(self, stage: int) -> Stays:
        if stage not in self._stays:
            self._stays[stage] = self.known(stage)
        return self._stays[stage]


def _occurring(stages: Array) -> list[int]:
    found: list[int] = np.flatnonzero(np.bincount(stages)).tolist()
    return found
