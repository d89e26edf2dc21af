"""Stays as they were known at moments, by stage and in the order in which estimators go through them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.lazy import lazy
from b24kpi.metrics.statistics.chances import Stays, kinds, outlived

Array = NDArray[Any]
Flags = NDArray[np.bool_]

_MARK = 8  # bits


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
        is_known = self.begun <= moment
        if since is not None:
            is_known &= self.begun > since
        is_over = self.close <= moment
        over, going = np.flatnonzero(is_known & is_over), np.flatnonzero(is_known & ~is_over)
        beyond = self._beyond_at(going, moment)
        kind = self.begun.dtype
        return Stays(
            *_parts(self._over_at(over, moment), kind), *_parts(_whole(moment - self.begun[going], beyond), kind)
        )

    def _over_at(self, rows: Array, moment: int) -> Array:
        """What people close before it is left seems longer from day to day until then."""
        found = self._when_over[rows]
        if self._is_any_early:
            there = np.flatnonzero(self.left[rows] > moment)
            found[there] = self._marked(rows[there], self._beyond_at(rows[there], moment))
        return found

    def _beyond_at(self, rows: Array, moment: int) -> Array:
        return outlived(np.minimum(self.left[rows], moment) - self.begun[rows])

    @lazy
    def _when_over(self) -> Array:
        """Of each for how long it was watched in the end, with what it was."""
        return self._marked(slice(None), self.beyond)

    def _marked(self, rows: Array | slice, beyond: Array) -> Array:
        watched = np.maximum(self.close[rows] - self.begun[rows], 0)  # people enter close dates before the stay
        return _whole(watched, kinds(beyond, self.is_won[rows]))

    @lazy
    def _is_any_early(self) -> bool:
        return bool((self.close < self.left).any())


def _whole(seconds: Array, marks: Array) -> Array:
    """Numbers that hold both are sorted several times as quickly as places are, by which both would be fetched."""
    found = seconds.astype(np.int64)
    found <<= _MARK
    found |= marks
    return found


def _parts(whole: Array, kind: np.dtype[Any]) -> tuple[Array, Array]:
    """Seconds in order, of some kind of number, and the mark of each."""
    whole.sort()
    marks = whole.astype(np.uint8)
    whole >>= _MARK
    return whole.astype(kind), marks


def merged(parts: Sequence[Stays]) -> Stays:
    """Those of several stages."""
    if len(parts) == 1:
        return parts[0]
    watched, kind, going, beyond = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("watched", "kind", "going", "going_beyond")
    )
    over, on = np.argsort(watched, kind="stable"), np.argsort(going, kind="stable")
    return Stays(watched[over], kind[over], going[on], beyond[on])
