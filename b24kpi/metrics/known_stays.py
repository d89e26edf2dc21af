"""Stays as they were known at moments, by stage and in the order in which estimators go through them.

What is sorted is one whole number that holds all of a stay: sorting numbers is several times as quick as sorting places
and fetching every column by them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.statistics.chances import DAY, LONGEST, Stays

Array = NDArray[Any]
Flags = NDArray[np.bool_]

# Bits of each; the stage comes before them.
_SECONDS, _DAYS, _WON = 32, LONGEST.bit_length(), 1
_ROOM = _SECONDS + _DAYS + _WON


@dataclass(frozen=True)
class KnownStays:
    """Stays of which all that came after a moment is unknown: those whose deals were closed by then, and the others."""

    over: Array
    going: Array

    def of(self, stages: Collection[int]) -> Stays:
        """Those of some stages."""
        over, going = (_own(whole, stages) for whole in (self.over, self.going))
        return Stays(*_parts(over), over & 1 == 1, *_parts(going))


class StaysInTime:
    """Stays, to be looked at from moments; these are epoch seconds.

    Args:
        stage: of each stay.
        begun, left: when it began and ended.
        close, is_won: when its deal, or its visit to the pipeline, ended, and how.
    """

    def __init__(self, stage: Array, begun: Array, left: Array, close: Array, is_won: Flags) -> None:
        self._stage, self._begun, self._left, self._close, self._is_won = stage, begun, left, close, is_won
        # True of a stay once its deal is closed; of those that people closed too early only once they are left, too.
        self._whole = _whole(stage, close - begun, left - begun, is_won)
        self._early = np.flatnonzero(close < left)

    def at(self, moment: int, since: int | None = None) -> KnownStays:
        """What was known then, of stays that had begun; only of those that began after `since`, if it is given."""
        is_known = self._begun <= moment
        if since is not None:
            is_known &= self._begun > since
        is_settled = self._close <= moment
        others = np.flatnonzero(is_known & ~is_settled)
        early = self._early[is_known[self._early] & is_settled[self._early] & (self._left[self._early] > moment)]
        is_settled[early] = False
        over = self._whole[is_known & is_settled]
        if len(early):
            over = np.concatenate([over, self._then(early, self._close[early], moment)])
        return KnownStays(np.sort(over), np.sort(self._then(others, moment, moment)))

    def _then(self, rows: Array, watched_until: Array | int, moment: int) -> Array:
        """Stays as they were then, of which some went on."""
        begun, left = self._begun[rows], np.minimum(self._left[rows], moment)
        return _whole(self._stage[rows], watched_until - begun, left - begun, self._is_won[rows])


def _whole(stage: Array, watched: Array, lasted: Array, is_won: Flags) -> Array:
    """Times in seconds; people enter close dates before the stay."""
    found = stage.astype(np.int64) << _SECONDS
    found |= np.minimum(np.maximum(watched, 0), min(2**_SECONDS - 1, np.iinfo(watched.dtype).max))
    found <<= _DAYS
    found |= np.clip(-(-lasted // DAY), 0, LONGEST)  # begun ones count
    found <<= _WON
    found |= is_won
    return found


def _own(whole: Array, stages: Collection[int]) -> Array:
    """Ascending by the rest of the number."""
    shares = [slice(*np.searchsorted(whole, [stage << _ROOM, (stage + 1) << _ROOM])) for stage in stages]
    parts = [whole[share] - (stage << _ROOM) for stage, share in zip(stages, shares, strict=True)]
    return parts[0] if len(parts) == 1 else np.sort(np.concatenate(parts))


def _parts(whole: Array) -> tuple[Array, Array]:
    """For how many seconds, and how many days."""
    return whole >> _DAYS + _WON, (whole >> _WON & LONGEST).astype(np.int16)
