"""Which deals were open at a moment, and what chances they had by what was known then."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.courses import Stage, read_deals, read_stays
from b24kpi.metrics.known_stays import StageStays, in_order
from b24kpi.metrics.stage_chances import StageChances
from b24kpi.metrics.statistics.chances import DAY, Stays

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine

Array = NDArray[Any]

RECENT = 730 * DAY  # stays that began longer ago say little of how deals go now


@dataclass(frozen=True)
class Present:
    """The stays that go on at a moment, in the order of their deals' ids, one place of each array for each.

    Attributes:
        places: of the deals among all.
        stages: where they were, places in `names`; ages: for how many seconds.
    """

    places: Array
    stages: Array
    ages: Array
    names: tuple[Stage, ...]

    def only(self, which: Array) -> "Present":
        """Some of them."""
        return Present(self.places[which], self.stages[which], self.ages[which], self.names)


@dataclass(frozen=True)
class OpenDeals(Present):
    """Deals that were open at a moment, with their chances.

    Attributes:
        landmark: of each the place of the landmark from which its chances are taken.
    """

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
    """Looks for open deals by their stays in stages, and for what these stays say of their chances.

    Everything is kept moment by moment, so that whoever asks for the same moment has the same chances.
    """

    def __init__(self, engine: "Engine") -> None:
        self._deals, self._stays = read_deals(engine), read_stays(engine)
        self._shares = tuple(self._stays.shares)
        self._of_stage: dict[int, StageStays] = {}
        self._present: dict[int, Present] = {}
        self._open: dict[int, OpenDeals | None] = {}
        self._chances: dict[int, StageChances] = {}
        self._latest = 0

    def at(self, moment: float) -> OpenDeals | None:
        """Those that were open then; None where there is no telling what chances some of them had."""
        then = int(moment)
        if then not in self._open:
            self._open[then] = self._find(then)
        return self._open[then]

    def present(self, moment: int) -> Present:
        """The stays that went on then, also of deals that people close before they leave a stage."""
        if moment not in self._present:
            every = self._stays
            rows = np.flatnonzero((every.entered <= moment) & (every.left > moment))
            deals, rows = in_order(every.deal[rows], rows)
            stages, ages = every.stage_of(rows), moment - every.entered[rows]
            self._present[moment] = Present(deals, stages, ages, every.stages)
        return self._present[moment]

    def chances(self, moment: int) -> StageChances:
        """By the stays of the last RECENT; of no other moment than the one asked for last they are kept in full."""
        if moment not in self._chances:
            self._chances[moment] = StageChances(self._stays.stages, partial(self._stays_at, moment))
        if moment != self._latest and self._latest in self._chances:
            self._chances[self._latest].forget()
        self._latest = moment
        return self._chances[moment]

    def _find(self, moment: int) -> OpenDeals | None:
        present = self.present(moment)
        is_open = self._deals.closed[present.places] > moment
        present = present if is_open.all() else present.only(is_open)
        landmark = self.chances(moment).landmarks(present.stages, present.ages)
        if (landmark < 0).any():
            return None

        def won_by(seconds: float) -> Array:
            return self.chances(moment).by(seconds, present.stages, landmark)

        return OpenDeals(present.places, present.stages, present.ages, present.names, landmark, won_by)

    def _stays_at(self, moment: int, stage: int) -> Stays:
        if stage not in self._of_stage:
            self._of_stage[stage] = self._until_closed(self._shares[stage])
        return self._of_stage[stage].at(moment, moment - RECENT)

    def _until_closed(self, share: slice) -> StageStays:
        every, deals = self._stays, self._deals
        own = every.deal[share].astype(np.intp)
        closed, is_won = (column.take(own, mode="clip") for column in (deals.closed, deals.is_won))
        return StageStays(every.entered[share], every.left[share], closed, is_won)


def open_book(engine: "Engine") -> OpenBook:
    """The only one of an engine."""
    return engine.once(OpenBook, lambda: OpenBook(engine))
