"""Which deals were open at a moment, and what chances they had by what was known then."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.lazy import lazy
from b24kpi.metrics.by_stage import by_stage
from b24kpi.metrics.courses import Deals, Stage, Stays, never, read_deals, read_stays
from b24kpi.metrics.statistics import chances
from b24kpi.metrics.statistics.chances import DAY, LANDMARKS, Chances, Curve, landmark_of, landmarks_before

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine

Array = NDArray[Any]
Curves = tuple[Curve, ...]
Group = Stage | int | None  # a stage, a pipeline, or all

RECENT = 730 * DAY  # stays that began longer ago say little of how deals go now


@dataclass(frozen=True)
class OpenDeals:
    """Deals that were open at a moment, in the order of their ids, one place of each array for each.

    Attributes:
        places: of the deals among all.
        stages: where they were, places in `names`; ages: for how many seconds.
        curve: the place among `curves` of the chance to be won in time from then on.
    """

    places: Array
    stages: Array
    ages: Array
    names: tuple[Stage, ...]
    curve: Array
    _curves: Callable[[], Curves]
    _known: dict[tuple[float, float], Array] = field(default_factory=dict)

    @property
    def curves(self) -> Curves:
        """The different ones, of all stays that they are made of: many megabytes."""
        return self._curves()

    def chances(self, begin: float, end: float) -> Array:
        """Of each, the chance to be won after so many seconds, and before so many."""
        if (begin, end) not in self._known:
            own = [each.won_by(end) - (each.won_by(begin) if begin > 0 else 0.0) for each in self.curves]
            self._known[begin, end] = np.array(own, dtype=float)[self.curve]
        return self._known[begin, end]


class OpenBook:
    """Looks for open deals by their stays in stages, which are ordered once."""

    def __init__(self, engine: "Engine") -> None:
        self._deals, self._stays = read_deals(engine), read_stays(engine)
        self._closed = self._deals.closed[self._stays.deal]
        self._found: dict[int, OpenDeals | None] = {}
        self._latest: tuple[int, Curves | None] = (0, ())

    def at(self, moment: float) -> OpenDeals | None:
        """Those that were open then; None where there is no telling what chances some of them had."""
        then = int(moment)
        if then not in self._found:
            self._found[then] = self._find(then)
        return self._found[then]

    def _find(self, moment: int) -> OpenDeals | None:
        stays = self._stays
        rows = np.flatnonzero((stays.entered <= moment) & (stays.left > moment) & (self._closed > moment))
        stages, ages = stays.stage[rows], moment - stays.entered[rows]
        # One curve for all in a stage that have passed the same landmarks.
        kinds, kind = np.unique(stages * len(LANDMARKS) + landmark_of(ages), return_inverse=True)

        def curves() -> Curves:
            return self._kept(moment, kinds) or ()

        if self._kept(moment, kinds) is None:
            return None
        return OpenDeals(stays.deal[rows], stages, ages, stays.stages, kind.reshape(-1), curves)

    def _kept(self, moment: int, kinds: Array) -> Curves | None:
        """The curves of these stages and landmarks; only those of the moment asked for last are kept."""
        if self._latest[0] != moment:
            self._latest = moment, self._made(moment, kinds)
        return self._latest[1]

    def _made(self, moment: int, kinds: Array) -> Curves | None:
        known, found = Chances(lambda group: self._earlier.stays(group, moment)), []  # type: ignore[arg-type]
        for stage, landmark in zip(*divmod(kinds, len(LANDMARKS)), strict=True):
            name = self._stays.stages[stage]
            curve = known.curve((name, name[0], None), LANDMARKS[landmark] * DAY)
            if curve is None:
                return None
            found.append(curve)
        return tuple(found)

    @lazy
    def _earlier(self) -> "_Earlier":
        return _Earlier(self._deals, self._stays)


def open_book(engine: "Engine") -> OpenBook:
    """The only one of an engine."""
    if OpenBook not in engine.memo:
        engine.memo[OpenBook] = OpenBook(engine)
    found: OpenBook = engine.memo[OpenBook]
    return found


class _Earlier:
    """What stays say of chances, as it was known at moments."""

    def __init__(self, deals: Deals, stays: Stays) -> None:
        closed = deals.closed[stays.deal]
        is_closed = closed < never(closed)
        watched = np.maximum(np.where(is_closed, closed, stays.entered) - stays.entered, 0)
        order, self._shares = by_stage(stays.stage, watched, len(stays.stages))
        self._stages = stays.stages
        self._entered, self._left = stays.entered[order], stays.left[order]
        self._closed, self._watched = closed[order], watched[order]
        self._is_won = deals.is_won[stays.deal[order]]
        self._outlived = landmarks_before(self._left - self._entered)
        self._moment = 0
        self._over: Array = np.empty(0, dtype=np.int64)
        self._going: Array = np.empty(0, dtype=np.int64)

    def stays(self, group: Group, moment: int) -> chances.Stays:
        """What was known of the stays of a group that had begun in the two years before."""
        if self._moment != moment:
            self._look(moment)
        over, going = self._of(group, self._over), self._of(group, self._going)
        if not isinstance(group, tuple):
            over = over[np.argsort(self._watched[over], kind="stable")]
        going = going[np.argsort(-self._entered[going], kind="stable")]
        return chances.Stays(
            self._watched[over],
            self._known_outlived(over, moment),
            self._is_won[over],
            moment - self._entered[going],
            self._known_outlived(going, moment),
        )

    def _look(self, moment: int) -> None:
        is_recent = (self._entered > moment - RECENT) & (self._entered <= moment)
        is_over = self._closed <= moment
        self._over, self._going = np.flatnonzero(is_recent & is_over), np.flatnonzero(is_recent & ~is_over)
        self._moment = moment

    def _of(self, group: Group, rows: Array) -> Array:
        if group is None:
            return rows
        stages = [code for code, stage in enumerate(self._stages) if group in (stage, stage[0])]
        return np.concatenate([self._shares.of(stage, rows) for stage in stages])

    def _known_outlived(self, rows: Array, moment: int) -> Array:
        """As `landmarks_before`; a stay that went on had lasted until then."""
        found = self._outlived[rows]
        going_on = np.flatnonzero(self._left[rows] > moment)
        found[going_on] = landmarks_before(moment - self._entered[rows[going_on]])
        return found
