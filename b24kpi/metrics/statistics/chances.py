"""The chance to win what is still open, by stage and age: Aalen-Johansen from a landmark.

Of all earlier stays in the stage only those count that lasted at least as long as the deal has been there; what became
of them after that age, wins and other ends competing, is what the deal has before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.statistics.ends import Ends

Array = NDArray[Any]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DAY = 86_400
# Ages in days at which chances are taken; a deal has those of the last one that it has passed.
LANDMARKS = (0, 1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365, 545, 730)
FEWEST = 10  # stays from which a chance is taken
LONGEST = 2**13 - 1  # days, 22 years: whatever lasts longer counts as that
BEGINNING = -1  # a landmark that every stay outlives
_ROOM = 1_000_000  # numbers in a table of landmarks × deals that are open


@dataclass(frozen=True)
class Stays:
    """Earlier stays in a stage.

    Attributes:
        watched: of those whose deals are closed, seconds from the beginning of the stay to the close, ascending.
        days: how many days each stay has begun; it outlived what is less.
        is_won: whether the deal was won.
        going: of those whose deals are open, for how many seconds they have been watched, ascending; `going_days` as
            above.
    """

    watched: Array
    days: Array
    is_won: Flags
    going: Array
    going_days: Array

    @classmethod
    def of(cls, lasted: Array, watched: Array, ended: Flags, won: Flags) -> "Stays":
        """In any order: how long each stay lasted, and how long it was watched, to the close if its deal `ended`."""
        order = np.argsort(watched, kind="stable")
        days = np.minimum(np.ceil(lasted / DAY), LONGEST).astype(np.int16)[order]
        watched, ended, won = watched[order], ended[order], won[order]
        return cls(watched[ended], days[ended], won[ended], watched[~ended], days[~ended])

    def counts(self, landmarks: Array) -> Array:
        """How many outlived each landmark."""
        days, going = (np.bincount(each, minlength=LONGEST + 1) for each in (self.days, self.going_days))
        upto = np.cumsum(days + going)
        return np.asarray(upto[-1] - np.where(landmarks < 0, 0, upto[landmarks]))

    def ends(self, landmark: int) -> Ends:
        """What became of those that outlived a landmark, seconds from it on."""
        is_over, is_going, since = self.days > landmark, self.going_days > landmark, max(landmark, 0) * DAY
        return Ends(
            self.watched[is_over] - since, self.watched[is_over & self.is_won] - since, self.going[is_going] - since
        )


def landmark_of(stays: Stays, age: float) -> int | None:
    """The last landmark that such an age has reached and enough stays have outlived; None without."""
    known = np.array([landmark for landmark in LANDMARKS if landmark * DAY <= age])
    enough = np.flatnonzero(stays.counts(known) >= FEWEST)
    return int(known[enough[-1]]) if len(enough) else None


def shares(stays: Stays, landmarks: Sequence[int], seconds: float = np.inf) -> Floats:
    """Of those that outlived each landmark, ascending, the share that was won within so many seconds of it.

    The same as `stays.ends(landmark).share_by(seconds)`, for all of them in one go through the stays: which is which is
    told by counting them between the moments at which something that goes on was seen last.
    """
    at_once = max(_ROOM // (len(stays.going) + 1), 1)
    every = np.array(landmarks)
    parts = [_shares(stays, every[begin : begin + at_once], seconds) for begin in range(0, len(every), at_once)]
    return np.concatenate([np.empty(0), *parts])


def _shares(stays: Stays, landmarks: Array, seconds: float) -> Floats:
    """The weight of an end is told in `ends`; here each column of a table is that of a landmark."""
    outlived = np.searchsorted(landmarks, np.arange(LONGEST + 1))  # days → how many landmarks
    rows, width = len(stays.going) + 1, len(landmarks) + 1
    # Of each that is over, how many of those that go on had been seen last before it.
    upto = np.searchsorted(stays.watched, stays.going, side="right")
    between = np.repeat(np.arange(rows), np.diff(upto, prepend=0, append=len(stays.watched))) * width
    own = outlived[stays.days]
    over = _outliving(between + own, rows, width)
    # The first landmark from which a win is not too late.
    limits = np.maximum(landmarks, 0) * DAY + seconds
    late = np.searchsorted(stays.watched, limits, side="right")
    first = np.repeat(np.arange(width), np.diff(late, prepend=0, append=len(stays.watched)))
    wins = np.flatnonzero(stays.is_won & (first < own))
    won = _outliving(between[wins] + own[wins], rows, width) - _outliving(between[wins] + first[wins], rows, width)
    is_going = outlived[stays.going_days][:, np.newaxis] > np.arange(width - 1)
    counts = over.sum(axis=0) + is_going.sum(axis=0)
    gone = np.cumsum(over[:-1] + is_going, axis=0, dtype=np.int32)
    at_risk = counts - gone + is_going
    watched = np.ones(won.shape)
    np.cumprod(np.where(is_going, (at_risk - 1) / np.maximum(at_risk, 1), 1.0), axis=0, out=watched[1:])
    weighed = won / np.where(watched > 0, watched, 1.0)
    return np.asarray(weighed.sum(axis=0) / np.maximum(counts, 1))


def _outliving(places: Array, rows: int, width: int) -> Array:
    """How many of each row of a table stand beyond each of its columns but the last.

    Args:
        places: in the table, counted through its rows.
    """
    table = np.bincount(places, minlength=rows * width).reshape(rows, width)
    return np.asarray(np.cumsum(table[:, ::-1], axis=1, dtype=np.int32)[:, -2::-1])
