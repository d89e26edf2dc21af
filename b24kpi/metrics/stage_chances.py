"""What chances the deals in each stage had at a moment, by the stays that were known then."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.columns import parted
from b24kpi.metrics.courses import Stage
from b24kpi.metrics.known_stays import merged
from b24kpi.metrics.statistics.chances import Chances, Stays, passed

Array = NDArray[Any]


@dataclass(frozen=True)
class StageChances:
    """Chances by stage; those of a stage of which too few stays are known are those of its pipeline, else of all.

    Attributes:
        names: all stages.
        known: the stays in a stage, by its place among the names.
    """

    names: Sequence[Stage]
    known: Callable[[int], Stays]
    _stays: dict[int, Stays] = field(default_factory=dict)
    _chances: dict[tuple[int, ...], Chances] = field(default_factory=dict)

    def landmarks(self, stages: Array, ages: Array) -> Array:
        """Of each deal, by its stage and for how many seconds it has been there, the LANDMARKS that its chances are of.

        That is the last one that it has passed and that enough stays have outlived; -1 where no chance is known.
        """
        last = np.full(len(self.names), -1)
        for stage in np.flatnonzero(np.bincount(stages)).tolist():
            if chances := self._of(stage):
                last[stage] = chances.last
        return np.asarray(np.minimum(passed(ages), last[stages]))

    def by(self, seconds: float, stages: Array, landmarks: Array) -> Array:
        """Of deals in stages the chance to win within so many seconds of the LANDMARKS at these places.

        -1 is the moment at which the stage was reached. Of stages of which nothing is known it is 0.
        """
        order, parts = parted(stages, len(self.names))
        found, places = np.zeros(len(stages)), landmarks[order] + 1  # of EVERY landmark
        for stage, share in parts:
            if chances := self._of(stage):
                asked = np.flatnonzero(np.bincount(places[share])).tolist()
                found[order[share]] = chances.by(seconds, asked)[places[share]]
        return found

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
