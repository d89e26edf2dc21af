"""The chance to win what is still open, by stage and age: Aalen-Johansen from a landmark.

Of all earlier stays in the stage only those count that lasted at least as long as the deal has been there; what became
of them after that age, wins and other ends competing, is what the deal has before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.lazy import lazy
from b24kpi.metrics.statistics.ends import Ends, Weights, below, up_to

Array = NDArray[Any]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DAY = 86_400
# Ages in days at which chances are taken; a deal has those of the last one that it has passed.
LANDMARKS = (0, 1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365, 545, 730)
BEGINNING = -1  # a landmark that every stay outlives
EVERY = (BEGINNING, *LANDMARKS)
FEWEST = 10  # stays from which a chance is taken

# Of what it has outlived twice the number of landmarks, and 1 if it was won: what makes a difference between stays.
_KINDS = 2 * (len(EVERY) + 1)
_HALF = 32  # bits
_OVER = 2**_HALF - 1
_WON = 2**_HALF + 1  # what is won is over, too
_SINCE = np.maximum(EVERY, 0) * DAY
_AT_ONCE = 2**17  # numbers that stay near the processor while they are gone through
_DAYS_OUTLIVED = np.searchsorted(EVERY, np.arange(LANDMARKS[-1] + 2)).astype(np.uint8)


def outlived(lasted: Array) -> Array:
    """How many of EVERY landmark stays of so many seconds have outlived."""
    found = np.empty(len(lasted), dtype=np.uint8)
    for begin in range(0, len(lasted), _AT_ONCE):
        days = -(-lasted[begin : begin + _AT_ONCE] // DAY)  # begun ones count
        np.take(_DAYS_OUTLIVED, days.astype(np.intp), mode="clip", out=found[begin : begin + _AT_ONCE])
    return found


def kinds(lasted_beyond: Array, is_won: Flags) -> Array:
    """Of stays of which it is known how many landmarks they have outlived, and whether their deals were won."""
    found = lasted_beyond << 1
    found |= is_won
    return found


@dataclass(frozen=True)
class Stays:
    """Earlier stays in a stage.

    Attributes:
        watched: of those whose deals are closed, seconds from the beginning of the stay to the close, ascending.
        kind: of each the number that `kinds` gives it.
        going: of those whose deals are open, for how many seconds they have been watched, ascending.
        going_beyond: how many of EVERY landmark each of these has outlived.
    """

    watched: Array
    kind: Array
    going: Array
    going_beyond: Array

    @classmethod
    def of(cls, lasted: Array, watched: Array, ended: Flags, won: Flags) -> "Stays":
        """In any order: how long each stay lasted, and how long it was watched, to the close if its deal `ended`."""
        order = np.argsort(watched, kind="stable")
        beyond, watched, ended, won = outlived(lasted[order]), watched[order], ended[order], won[order]
        return cls(watched[ended], kinds(beyond, won)[ended], watched[~ended], beyond[~ended])

    def ends(self, landmark: int) -> Ends:
        """What became of those that outlived a landmark, seconds from it on."""
        place = EVERY.index(landmark)
        is_over, is_going, since = self.kind >> 1 > place, self.going_beyond > place, int(_SINCE[place])
        is_won = is_over & (self.kind & 1 == 1)
        return Ends(self.watched[is_over] - since, self.watched[is_won] - since, self.going[is_going] - since)

    @lazy
    def last(self) -> int | None:
        """The place among LANDMARKS of the last one that enough have outlived, None without."""
        over = np.bincount(self.kind, minlength=_KINDS).reshape(-1, 2).sum(axis=1)
        return _last(_beyond(over + np.bincount(self.going_beyond, minlength=len(EVERY) + 1)).tolist())


def passed(ages: Any) -> Any:
    """The place among LANDMARKS of the last one that each age has reached, in seconds."""
    return np.searchsorted(_SINCE[1:], ages, side="right") - 1


def landmark_of(stays: Stays, age: float) -> int | None:
    """The last landmark that such an age has reached and enough stays have outlived; None without."""
    return None if stays.last is None else LANDMARKS[min(int(passed(age)), stays.last)]


class Chances:
    """Of stays the share that was won, from landmarks on: of all of them by one go through the stays.

    Which is which is told by counting them between the moments at which something that goes on was seen last.

    Attributes:
        last: the place among LANDMARKS of the last one that enough stays have outlived, None without.
    """

    def __init__(self, stays: Stays) -> None:
        self._stays = stays
        # Of each that goes on how many of those that are over had been seen last before it, or with it.
        self._upto = np.searchsorted(stays.watched, stays.going, side="right")
        self._counts = self._counted()
        going = _beyond(np.bincount(stays.going_beyond, minlength=len(EVERY) + 1))
        self.last = _last(((self._counts.sum(axis=1) & _OVER) + going).tolist())
        self._known: dict[int, _FromLandmark] = {}

    def by(self, seconds: float = np.inf, places: Sequence[int] = range(len(EVERY))) -> Floats:
        """The share of those that outlived a landmark that was won within so many seconds of it.

        The same as `stays.ends(landmark).share_by(seconds)`; of the landmarks at these places, 0 for the others.
        """
        limits, found = _SINCE + seconds, np.zeros(len(EVERY))
        if seconds == np.inf:
            found[list(places)] = [self._from(place).share for place in places]
            return found
        rows, ends = below(self._stays.going, limits).tolist(), up_to(self._stays.watched, limits).tolist()
        begins = [int(self._upto[row - 1]) if row else 0 for row in rows]
        for place in places:
            rest = self._stays.kind[begins[place] : ends[place]]
            won = int(np.count_nonzero(rest[rest > 2 * place + 2] & 1))
            found[place] = self._from(place).share_by(rows[place], won)
        return found

    def _from(self, place: int) -> "_FromLandmark":
        if place not in self._known:
            (going,) = (self._stays.going_beyond > place).nonzero()
            self._known[place] = _FromLandmark(going, self._counts[place].cumsum())
        return self._known[place]

    def _counted(self) -> Array:
        """How many are over, and won, between those that go on: a row for EVERY landmark, of those beyond it.

        One number tells both, so that they are added up at once: the wins are in its upper half.
        """
        rows = len(self._upto) + 1
        cells = np.repeat(np.arange(rows), np.diff(self._upto, prepend=0, append=len(self._stays.kind)))
        cells += np.multiply(self._stays.kind, rows, dtype=np.intp)
        table = np.bincount(cells, minlength=_KINDS * rows).reshape(-1, 2, rows)
        return _beyond(table[:, 0] + table[:, 1] * _WON)


class _FromLandmark:
    """Those that outlived a landmark.

    Args:
        going: which of all that go on.
        counts: how many were over, and won, before or when each of all that go on was seen last, and in the end.
    """

    def __init__(self, going: Array, counts: Array) -> None:
        self._going, self._counts = going, counts
        own = counts.take(going)
        self._weights = Weights(int(counts[-1] & _OVER) + len(going), own & _OVER, own >> _HALF)

    @property
    def share(self) -> float:
        """That was won in the end."""
        return self._weights.share(len(self._going), int(self._counts[-1] >> _HALF)) if self._weights.n else 0.0

    def share_by(self, row: int, won: int) -> float:
        """That was won after so many of all that go on had been seen last, and so many wins more."""
        if not self._weights.n:
            return 0.0
        happened = won + (int(self._counts[row - 1] >> _HALF) if row else 0)
        return self._weights.share(int(self._going.searchsorted(row)), happened)


def _last(counts: Sequence[int]) -> int | None:
    """By how many stays have outlived EVERY landmark."""
    enough = [place for place, count in enumerate(counts[1:]) if count >= FEWEST]
    return enough[-1] if enough else None


def _beyond(counts: Array) -> Array:
    """How many have outlived each landmark, by how many have outlived so many of them."""
    found = np.array(counts[1:])
    for place in reversed(range(len(found) - 1)):  # row by row: quicker than what numpy has for it
        found[place] += found[place + 1]
    return found
