"""Which deals were open at a moment, and what chances they had by what was known then."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.courses import Stage, read_deals, read_stays
from b24kpi.metrics.known_stays import StageStays
from b24kpi.metrics.stage_chances import StageChances
from b24kpi.metrics.statistics.chances import DAY, Stays

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine

Array = NDArray[Any]

RECENT = 730 * DAY  # stays that began longer ago say little of how deals go now


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
            self._known[seconds] = self._won_by(seconds)
        return self._known[seconds]


class OpenBook:
    """Looks for open deals by their stays in stages."""

    def __init__(self, engine: "Engine") -> None:
        self._deals, self._stays = read_deals(engine), read_stays(engine)
        self._of_stage = {place: self._until_closed(share) for place, share in enumerate(self._stays.shares)}
        self._found: dict[int, OpenDeals | None] = {}
        self._latest: tuple[int, StageChances] | None = None  # many megabytes

    def at(self, moment: float) -> OpenDeals | None:
        """Those that were open then; None where there is no telling what chances some of them had."""
        then = int(moment)
        if then not in self._found:
            self._found[then] = self._find(then)
        return self._found[then]

    def _find(self, moment: int) -> OpenDeals | None:
        every = self._stays
        rows = np.flatnonzero((every.entered <= moment) & (every.left > moment))
        rows = rows[self._deals.closed[every.deal[rows]] > moment]
        rows = rows[np.argsort(every.deal[rows], kind="stable")]
        stages, ages = every.stage_of(rows), moment - every.entered[rows]
        landmark = self._chances(moment).landmarks(stages, ages)
        if (landmark < 0).any():
            return None

        def won_by(seconds: float) -> Array:
            return self._chances(moment).by(seconds, stages, landmark)

        return OpenDeals(every.deal[rows], stages, ages, every.stages, landmark, won_by)

    def _chances(self, moment: int) -> StageChances:
        """Only those of the moment asked for last are kept."""
        if self._latest is None or self._latest[0] != moment:
            stays = partial(self._stays_at, moment)
            self._latest = moment, StageChances(self._stays.stages, stays)
        return self._latest[1]

    def _stays_at(self, moment: int, stage: int) -> Stays:
        return self._of_stage[stage].at(moment, moment - RECENT)

    def _until_closed(self, share: slice) -> StageStays:
        every, deals = self._stays, self._deals
        own = every.deal[share]
        return StageStays(
            every.entered[share], every.left[share], deals.closed[own], every.beyond[share], deals.is_won[own]
        )


def open_book(engine: "Engine") -> OpenBook:
    """The only one of an engine."""
    return engine.once(OpenBook, lambda: OpenBook(engine))
