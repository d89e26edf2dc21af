"""What the past stays in a stage say: how long is too long, and how probable a win still is; as known at a moment."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from b24kpi.metrics.statistics.survival import (
    Flags,
    Floats,
    Observations,
    cumulative_incidence,
    kaplan_meier_quantile,
)

if TYPE_CHECKING:
    from b24kpi.cache.store import Store

DAY = 86_400
LONG_SHARE = 0.8  # a stay is long once so many of the earlier ones were over
LEAST_STAYS = 20  # of fewer stays no such share is taken

Stage = tuple[int, str]  # pipeline, stage code


@dataclass(frozen=True)
class Stays:
    """All stays in one process stage, in the order of their beginning.

    Attributes:
        entered, left: epoch seconds; `left` is infinite while the stay goes on.
        closed: when the visit to the pipeline ended, infinite while it goes on; `won` tells those that ended in a win.
    """

    entered: Floats
    left: Floats
    closed: Floats
    won: Flags


def read_stays(store: "Store", only: Stage | None = None) -> dict[Stage, Stays]:
    """Every stay of every deal in a process stage, or in one of them, by stage."""
    chosen = "" if only is None else "AND s.category_id = ? AND s.stage_id = ? "
    groups: dict[Stage, list[tuple[float, float, float, bool]]] = {}
    for category, stage, entered, left, closed, outcome in store.query(
        "SELECT s.category_id, s.stage_id, s.entered_at, s.left_at, v.left_at, v.outcome FROM fact_stay AS s "
        "JOIN fact_pipeline_visit AS v ON v.deal_id = s.deal_id AND v.visit = s.visit "
        f"WHERE s.semantic = 'P' {chosen}ORDER BY s.entered_at",
        only or (),
    ):
        end, close = (np.inf if moment is None else moment for moment in (left, closed))
        groups.setdefault((category, stage), []).append((entered, end, close, outcome == "won"))
    return {stage: _stays(rows) for stage, rows in groups.items()}


@dataclass
class StageHistory:
    """The stays in a stage as they were known at a moment; later moves are unknown to it.

    Attributes:
        usual_days: what is too long where too few stays are known, or too few of them are over.
    """

    stays: Stays
    moment: float
    usual_days: int
    _chances: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = self.stays.entered <= self.moment
        entered = self.stays.entered[known]
        self._lasted = np.minimum(self.stays.left[known], self.moment) - entered
        self._is_over = self.stays.left[known] <= self.moment
        self._is_closed = self.stays.closed[known] <= self.moment
        self._is_won = self._is_closed & self.stays.won[known]
        # A close date that people have entered may lie before the stay.
        self._to_close = np.maximum(np.minimum(self.stays.closed[known], self.moment) - entered, 0)
        self.too_long = self._too_long()

    def at_stake(self, age: float) -> float:
        """By how much the chance to win has fallen since the stage was reached; 0 where it has not.

        The age counts in whole days: P(win | reached the stage) - P(win | still in it after so many days).
        """
        return max(self.chance(0) - self.chance(int(age // DAY)), 0.0)

    def chance(self, days: int) -> float:
        """The probability (Aalen-Johansen) that a deal is won in the end that is still in the stage after so many days.

        0 where no other deal has ever been there for longer.
        """
        if days not in self._chances:
            self._chances[days] = self._win_probability(days * DAY)
        return self._chances[days]

    def _win_probability(self, age: float) -> float:
        still = (self._lasted > age) & (self._to_close > age) if age else np.ones(len(self._lasted), dtype=bool)
        if not still.any():
            return 0.0
        observed = Observations(self._to_close[still] - age, self._is_closed[still], self._is_won[still])
        return float(cumulative_incidence(observed)[1][-1])

    def _too_long(self) -> float:
        """Seconds after which a stay is too long."""
        if len(self._lasted) < LEAST_STAYS:
            return float(self.usual_days * DAY)
        observed = Observations(self._lasted, self._is_over, self._is_over)
        found = kaplan_meier_quantile(observed, LONG_SHARE).value
        return float(self.usual_days * DAY) if found is None else found


def _stays(rows: list[tuple[float, float, float, bool]]) -> Stays:
    entered, left, closed, won = zip(*rows, strict=True)
    return Stays(np.array(entered, dtype=float), np.array(left), np.array(closed), np.array(won, dtype=bool))
