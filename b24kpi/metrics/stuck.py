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
from b24kpi.metrics.courses import Stage, read_activities, read_deals, read_stays
from b24kpi.metrics.stage_chances import StageChances
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
class OpenNow:
    """The deals that were open at a moment, in the order of their ids, one place of each array for each.

    Attributes:
        places: of the deals among all; stages: where they were, places in `names`.
        ages: seconds since they came into their stages; too_long: from which age on they count as stuck by it.
        causes: which hold for it.
        at_stake: what of its amount the lost chance to win is worth, in hundredths; 0 of those that are not stuck.
    """

    moment: int
    places: Array
    stages: Array
    names: tuple[Stage, ...]
    ages: Array
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
        stays, every = read_stays(self.engine), read_deals(self.engine)
        is_open = (stays.entered <= moment) & (stays.left > moment)
        if deals is not None:
            is_open &= np.isin(stays.deal, every.places(np.array(sorted(deals), dtype=np.int64)))
        rows = np.flatnonzero(is_open)
        rows = rows[np.argsort(stays.deal[rows], kind="stable")]
        places, stages, entered = stays.deal[rows], stays.stage_of(rows), stays.entered[rows]
        ages, too_long = moment - entered, np.zeros(len(stays.stages))
        for stage in np.flatnonzero(np.bincount(stages)).tolist():
            too_long[stage] = self._histories.too_long(stage, moment)
        causes = {Cause.TOO_LONG: ages > too_long[stages]} | self._silence(moment, places, entered)
        at_stake = np.zeros(len(rows))
        stuck = np.flatnonzero(np.logical_or.reduce(list(causes.values())))
        fallen = _fallen(self._histories.chances(moment), stages[stuck], ages[stuck])
        at_stake[stuck] = np.maximum(every.money[places[stuck]], 0) * fallen
        return OpenNow(moment, places, stages, stays.stages, ages, too_long[stages], causes, at_stake)

    def _silence(self, moment: int, places: Array, entered: Array) -> dict[Cause, Flags]:
        """What the activities of the deals at these places say."""
        every = read_activities(self.engine)
        rows, owner = every.of(places)
        known = every.created[rows] <= moment
        rows, owner = rows[known], owner[known]
        planned = every.done[rows] > moment
        late = planned & (every.deadline[rows] < moment)
        touched = np.where(every.touched[rows] <= moment, every.touched[rows], every.created[rows])
        latest = entered.astype(np.int64)
        np.maximum.at(latest, owner, np.maximum(touched, every.created[rows]).astype(np.int64))
        return {
            Cause.NO_NEXT_STEP: np.bincount(owner[planned], minlength=len(places)) == 0,
            Cause.OVERDUE: np.bincount(owner[late], minlength=len(places)) > 0,
            Cause.SILENT: moment - latest > self.engine.figures.stuck_days * DAY,
        }

    @lazy
    def _histories(self) -> StageHistories:
        return StageHistories(read_stays(self.engine), self.engine.figures.stuck_days)


def stuckness(engine: "Engine") -> Stuckness:
    """The only one of an engine."""
    return engine.once(Stuckness, lambda: Stuckness(engine))


def _fallen(chances: StageChances, stages: Array, ages: Array) -> Array:
    """By how much the chance to win has fallen since the stage was reached; 0 where it has not, or none is known.

    P(win | reached the stage) - P(win | still in it after so many days), the latter from the last age of LANDMARKS that
    the deal has passed and that enough stays have outlived, as in forecasts; in its first day a deal has lost nothing.
    """
    landmarks = chances.landmarks(stages, ages)
    landmarks[landmarks == 0] = -1
    reached, now = (chances.by(np.inf, stages, each) for each in (np.full_like(landmarks, -1), landmarks))
    return np.asarray(np.maximum(reached - now, 0.0))
