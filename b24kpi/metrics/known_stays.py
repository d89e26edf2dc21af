"""Stays as they were known at moments, by stage and in the order in which estimators go through them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.lazy import lazy
from b24kpi.metrics.statistics.chances import Stays, kinds, outlived

Array = NDArray[Any]
Flags = NDArray[np.bool_]

_SHORT = 4  # bytes
_PLACES = 31  # bits


class StageStays:
    """Stays in one stage, sorted once for all moments: what is known at one of them is in the same order.

    Args:
        begun, left, close: when each stay began and was left, and when its deal was closed; epoch seconds, `never` if
            that has not come.
        is_won: how it was closed.
    """

    def __init__(self, begun: Array, left: Array, close: Array, is_won: Flags) -> None:
        self._watched, order = in_order(np.maximum(close - begun, 0))  # people enter close dates before the stay
        self._begun, self._left = begun.take(order, mode="clip"), left.take(order, mode="clip")
        self._over_from = self._begun + self._watched
        self._kind = kinds(outlived(self._left - self._begun), is_won.take(order, mode="clip"))

    def at(self, moment: int, since: int) -> Stays:
        """What was known then, of stays that had begun after `since`."""
        is_over = self._over_from <= moment
        is_known = self._begun <= moment
        if self._first <= since:
            is_recent = self._begun > since
            is_over &= is_recent
            is_known &= is_recent
        is_known ^= is_over  # what is over has begun
        (going,) = is_known.nonzero()
        seen, going = in_order(moment - self._begun[going], going)
        (over,) = is_over.nonzero()
        return Stays(self._watched.take(over), self._kind_at(moment).take(over), seen, self._beyond_at(going, moment))

    def _kind_at(self, moment: int) -> Array:
        """What people close before it is left seems longer from day to day until then."""
        there = self._early[self._left[self._early] > moment]
        if not len(there):
            return self._kind
        found = self._kind.copy()
        found[there] = kinds(self._beyond_at(there, moment), self._kind[there] & 1 == 1)
        return found

    def _beyond_at(self, rows: Array, moment: int) -> Array:
        return outlived(np.minimum(self._left[rows], moment) - self._begun[rows])

    @lazy
    def _early(self) -> Array:
        """Which were over before they were left."""
        return np.flatnonzero(self._over_from < self._left)

    @lazy
    def _first(self) -> int:
        return int(self._begun.min(initial=np.iinfo(self._begun.dtype).max))


def in_order(seconds: Array, rows: Array | None = None) -> tuple[Array, Array]:
    """Numbers in their order, and of each its place, or what `rows` has at it.

    Where one number holds both, these are sorted several times as quickly as places by what they stand for.
    """
    if seconds.dtype.itemsize > _SHORT or len(seconds) > 2**_PLACES:
        order = np.argsort(seconds, kind="stable")
        ascending = seconds[order]
    else:
        whole = seconds.astype(np.int64)
        whole <<= _PLACES
        whole |= np.arange(len(seconds))
        whole.sort()
        ascending, order = (whole >> _PLACES).astype(seconds.dtype), whole & 2**_PLACES - 1
    return ascending, order if rows is None else rows[order]


def merged(parts: Sequence[Stays]) -> Stays:
    """Those of several stages."""
    if len(parts) == 1:
        return parts[0]
    watched, kind, going, beyond = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("watched", "kind", "going", "going_beyond")
    )
    over, on = np.argsort(watched, kind="stable"), np.argsort(going, kind="stable")
    return Stays(watched[over], kind[over], going[on], beyond[on])
