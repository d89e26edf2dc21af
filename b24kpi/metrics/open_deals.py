"""Which deals were open at a moment, and what chances they had by what was known then."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.courses import Stage, read_deals, read_stays
from b24kpi.metrics.known_stays import KnownStays, StaysInTime
from b24kpi.metrics.statistics.chances import DAY, FEWEST, LANDMARKS, Stays, shares

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine

Array = NDArray[Any]

RECENT = 730 * DAY  # stays that began longer ago say little of how deals go now
_LANDMARKS = np.array(LANDMARKS)

_Basis = tuple[Stays, int]  # from which chances are taken, and the place of the last landmark that enough outlived


@dataclass(frozen=True)
class OpenDeals:
    """Deals that were open at a moment, in the order of their ids, one place of each array for each.

    Attributes:
        places: of the deals among all.
        stages: where they were, places in `names`; ages: for how many seconds.
        landmark: the place of the landmark from which their chances are taken.
    """

    places: Array
    stages: Array
    ages: Array
    names: tuple[Stage, ...]
    landmark: Array
    _won_by: Callable[[float], Array]
    _known: dict[float, Array] = field(default_factory=dict)

    def chances(self, begin: float, end: float) -> Array:
        """Of each, the chance to be won after so many seconds, and before so many."""
        return self.won_by(end) - self.won_by(begin) if begin > 0 else self.won_by(end)

    def won_by(self, seconds: float) -> Array:
        """Of each, the chance to be won within so many seconds."""
        if seconds not in self._known:
            self._known[seconds] = self._won_by(seconds)[self.stages, self.landmark]
        return self._known[seconds]


class OpenBook:
    """Looks for open deals by their stays in stages."""

    def __init__(self, engine: "Engine") -> None:
        deals, self._stays = read_deals(engine), read_stays(engine)
        stays, self._closed = self._stays, deals.closed[self._stays.deal]
        self._in_time = StaysInTime(stays.stage, stays.entered, stays.left, self._closed, deals.is_won[stays.deal])
        self._found: dict[int, OpenDeals | None] = {}
        self._latest: tuple[int, KnownStays, dict[int, _Basis | None]] | None = None  # many megabytes

    def at(self, moment: float) -> OpenDeals | None:
        """Those that were open then; None where there is no telling what chances some of them had."""
        then = int(moment)
        if then not in self._found:
            self._found[then] = self._find(then)
        return self._found[then]

    def _find(self, moment: int) -> OpenDeals | None:
        every = self._stays
        rows = np.flatnonzero((every.entered <= moment) & (every.left > moment) & (self._closed > moment))
        stages, ages = every.stage[rows], moment - every.entered[rows]
        last = np.full(len(every.stages), -1)
        for stage in np.unique(stages).tolist():
            found = self._basis(stage, moment)
            if found is None:
                return None
            last[stage] = found[1]
        passed = np.searchsorted(_LANDMARKS * DAY, ages, side="right") - 1
        landmark = np.minimum(passed, last[stages])

        def won_by(seconds: float) -> Array:
            table = np.zeros((len(every.stages), len(LANDMARKS)))
            for stage in np.unique(stages).tolist():
                if basis := self._basis(stage, moment):
                    known = LANDMARKS[: basis[1] + 1]
                    table[stage, : len(known)] = shares(basis[0], known, seconds)
            return table

        return OpenDeals(every.deal[rows], stages, ages, every.stages, landmark, won_by)

    def _basis(self, stage: int, moment: int) -> _Basis | None:
        """Only those of the moment asked for last are kept."""
        if self._latest is None or self._latest[0] != moment:
            self._latest = moment, self._in_time.at(moment, moment - RECENT), {}
        _, known, found = self._latest
        if stage not in found:
            found[stage] = self._find_basis(stage, known)
        return found[stage]

    def _find_basis(self, stage: int, known: KnownStays) -> _Basis | None:
        """The stays of the stage, else of its pipeline, else all; None where they are too few."""
        names = self._stays.stages
        pipeline = [place for place, name in enumerate(names) if name[0] == names[stage][0]]
        for group in ([stage], pipeline, range(len(names))):
            stays = known.of(group)
            enough = np.flatnonzero(stays.counts(_LANDMARKS) >= FEWEST)
            if len(enough):
                return stays, int(enough[-1])
        return None


def open_book(engine: "Engine") -> OpenBook:
    """The only one of an engine."""
    return engine.once(OpenBook, lambda: OpenBook(engine))
