"""Open deals that do not move: which they are at a moment, why, and what is at stake.

As of a past moment stays and activities are taken as they are known now: an activity counts as open until it was last
changed, if it is completed; the portal does not tell when that was done
(https://apidocs.bitrix24.com/api-reference/crm/timeline/activities/activity-base/crm-activity-list.html).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.lazy import lazy
from b24kpi.metrics.columns import parted
from b24kpi.metrics.courses import read_deals, read_stays
from b24kpi.metrics.deal_activities import Activities, read_activities
from b24kpi.metrics.open_deals import Present, open_book
from b24kpi.metrics.stage_chances import IN_THE_END, StageChances
from b24kpi.metrics.stages_history import StageHistories
from b24kpi.metrics.statistics.chances import DAY

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine

Array = NDArray[Any]
Flags = NDArray[np.bool_]


class Cause(StrEnum):
    """Why a deal counts as stuck, in the order in which people read it."""

    TOO_LONG = "too_long"  # in its stage for longer than 80 % of the earlier stays
    NO_NEXT_STEP = "no_next_step"  # nothing is planned
    OVERDUE = "overdue"  # what is planned should be done by now
    SILENT = "silent"  # nothing has happened for many days


@dataclass(frozen=True)
class OpenNow(Present):
    """The deals that were open at a moment.

    Attributes:
        too_long: from which age on they count as stuck by it.
        causes: which hold for it.
        at_stake: what of its amount the lost chance to win is worth, in hundredths; 0 of those that are not stuck.
    """

    moment: int
    too_long: Array
    causes: Mapping[Cause, Flags]
    at_stake: Array

    @lazy
    def is_stuck(self) -> Flags:
        """Of each, whether anything says so."""
        return np.asarray(np.logical_or.reduce(list(self.causes.values())))


@dataclass
class Stuckness:
    """Judges the open deals of moments; what it has read serves all of them."""

    engine: "Engine"
    _judged: dict[int, OpenNow] = field(default_factory=dict)

    def at(self, moment: float, deals: Collection[int] | None = None) -> OpenNow:
        """All that were open, or those of these ids."""
        then = int(moment)
        if deals is not None:
            return self._judge(then, deals)
        if then not in self._judged:
            self._judged[then] = self._judge(then, None)
        return self._judged[then]

    def _judge(self, moment: int, deals: Collection[int] | None) -> OpenNow:
        every, book = read_deals(self.engine), open_book(self.engine)
        there = now = book.present(moment)
        if deals is not None:
            now = there.only(np.isin(there.places, every.places(np.array(sorted(deals), dtype=np.int64))))
        too_long = self._too_long(moment, there, now)
        causes = {Cause.TOO_LONG: now.ages > too_long} | self._silence(moment, now)
        at_stake = np.zeros(len(now.places))
        stuck = np.flatnonzero(np.logical_or.reduce(list(causes.values())))
        fallen = _fallen(book.chances(moment), now.stages[stuck], now.ages[stuck])
        at_stake[stuck] = np.maximum(every.money[now.places[stuck]], 0) * fallen
        return OpenNow(now.places, now.stages, now.ages, now.names, moment, too_long, causes, at_stake)

    def _too_long(self, moment: int, there: Present, now: Present) -> Array:
        """Of each deal from which age on it counts as stuck by it."""
        found, (order, parts) = np.zeros(len(now.names)), parted(there.stages, len(now.names))
        asked = set(now.stages.tolist())
        for stage, share in parts:
            if stage in asked:
                found[stage] = self._histories.too_long(stage, moment, there.ages[order[share]])
        return found[now.stages]

    def _silence(self, moment: int, now: Present) -> dict[Cause, Flags]:
        """What the activities of the deals say."""
        every = read_activities(self.engine).of(now.places)
        planned = (every.created <= moment) & (every.done > moment)
        late = planned & (every.deadline < moment)
        return {
            Cause.NO_NEXT_STEP: np.bincount(every.owner[planned], minlength=len(now.places)) == 0,
            Cause.OVERDUE: np.bincount(every.owner[late], minlength=len(now.places)) > 0,
            Cause.SILENT: moment - _latest(moment, now, every) > self.engine.figures.stuck_days * DAY,
        }

    @lazy
    def _histories(self) -> StageHistories:
        return StageHistories(read_stays(self.engine), self.engine.figures.stuck_days)


def stuckness(engine: "Engine") -> Stuckness:
    """The only one of an engine."""
    return engine.once(Stuckness, lambda: Stuckness(engine))


def _latest(moment: int, now: Present, activities: Activities) -> Array:
    """When something happened last to each deal, its coming into the stage included."""
    found = moment - now.ages.astype(np.int64)
    for happened in (activities.created, activities.touched):
        known = (activities.created <= moment) & (happened <= moment)
        np.maximum.at(found, activities.owner[known], happened[known].astype(np.int64))
    return found


def _fallen(chances: StageChances, stages: Array, ages: Array) -> Array:
    """By how much the chance to win has fallen since the stage was reached; 0 where it has not, or none is known.

    P(win | reached the stage) - P(win | still in it after so many days), the latter from the last age of LANDMARKS that
    the deal has passed and that enough stays have outlived, as in forecasts; in its first day a deal has lost nothing.
    """
    landmarks = chances.landmarks(stages, ages)
    landmarks[landmarks == 0] = -1
    reached, now = (chances.by(IN_THE_END, stages, each) for each in (np.full_like(landmarks, -1), landmarks))
    return np.asarray(np.maximum(reached - now, 0.0))
