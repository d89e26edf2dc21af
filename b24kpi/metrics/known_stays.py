"""Stays as they were known at moments, by stage and in the order in which estimators go through them.

Nearly all of them are over for good: these are sorted once, and what was over at a moment is picked out of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.lazy import lazy
from b24kpi.metrics.courses import never
from b24kpi.metrics.statistics.chances import Stays, kinds, outlived

Array = NDArray[Any]
Flags = NDArray[np.bool_]

_PLACE, _BEYOND = 32, 8  # bits


@dataclass(frozen=True)
class StageStays:
    """Stays in one stage, until they are left and until their deals, or their visits to the pipeline, end.

    Attributes:
        begun, left, close: epoch seconds; `never` if it has not come.
        beyond: how many landmarks each stay has outlived when it is left.
        is_won: how it ended.
    """

    begun: Array
    left: Array
    close: Array
    beyond: Array
    is_won: Flags

    def at(self, moment: int, since: int | None = None) -> Stays:
        """What was known then, of stays that had begun; only of those that began after `since`, if it is given."""
        over = self._settled.at(moment, since)
        rows = np.flatnonzero((self.begun <= moment) & (self.close > moment))
        rows = rows if since is None else rows[self.begun[rows] > since]
        going = (moment - self.begun[rows]).astype(np.int64) << _BEYOND
        going |= outlived(self._lasted(rows, moment))
        going.sort()  # several times as quick as argsort
        watched = (going >> _BEYOND).astype(self.begun.dtype)
        found = Stays(*over, watched, going.astype(np.uint8))
        return self._with_early(found, moment, since) if len(self._early) else found

    def _with_early(self, found: Stays, moment: int, since: int | None) -> Stays:
        """With those that people closed before they were left; until then they seem longer from day to day."""
        begun, close = self.begun[self._early], self.close[self._early]
        is_known = (begun <= moment) & (close <= moment)
        rows = self._early[is_known if since is None else is_known & (begun > since)]
        kind = kinds(outlived(self._lasted(rows, moment)), self.is_won[rows])
        watched = np.concatenate([found.watched, np.maximum(self.close[rows] - self.begun[rows], 0)])
        order = np.argsort(watched, kind="stable")
        return Stays(watched[order], np.concatenate([found.kind, kind])[order], found.going, found.going_beyond)

    def _lasted(self, rows: Array, moment: int) -> Array:
        return np.minimum(self.left[rows], moment) - self.begun[rows]

    @lazy
    def _early(self) -> Array:
        return np.flatnonzero(self.close < self.left)

    @lazy
    def _settled(self) -> "_Settled":
        rows = np.flatnonzero((self.close >= self.left) & (self.close != never(self.close)))
        begun = self.begun[rows]
        watched = np.maximum(self.close[rows] - begun, 0)  # people enter close dates before the stay
        whole = watched.astype(np.int64) << _PLACE
        whole |= np.arange(len(rows))
        whole.sort()  # as above
        order = whole.astype(np.uint32)
        whole >>= _PLACE
        watched = whole.astype(watched.dtype)
        return _Settled(watched, begun[order] + watched, kinds(self.beyond[rows], self.is_won[rows])[order])


@dataclass(frozen=True)
class _Settled:
    """Stays of which nothing more will be known: for how long each was watched, until when, and its kind."""

    watched: Array
    until: Array
    kind: Array

    def at(self, moment: int, since: int | None) -> tuple[Array, Array]:
        """How long those were watched, ascending, that were over, and their kinds."""
        is_over = self.until <= moment
        if since is not None:
            is_over &= self.until - self.watched > since
        rows = np.flatnonzero(is_over)
        return self.watched[rows], self.kind[rows]


def merged(parts: Sequence[Stays]) -> Stays:
    """Those of several stages."""
    if len(parts) == 1:
        return parts[0]
    watched, kind, going, beyond = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("watched", "kind", "going", "going_beyond")
    )
    over, on = np.argsort(watched, kind="stable"), np.argsort(going, kind="stable")
    return Stays(watched[over], kind[over], going[on], beyond[on])
