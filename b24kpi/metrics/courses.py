"""How all deals go, as arrays: the deals, their stays in process stages, their activities.

Moments are whole epoch seconds; what has not happened lies later than every moment, see `never`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from b24kpi.facts.arrays import NO_MOMENT, unpacked, unpacked_texts

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine

Array = NDArray[Any]
Flags = NDArray[np.bool_]
Stage = tuple[int, str]  # pipeline, stage code
Read = TypeVar("Read")

_LAST = 2**31 - 1  # in 2038
_FOREIGN = {2: "fx_approx", 4: "fx_unknown"}  # bits of a deal's mark


@dataclass(frozen=True)
class Deals:
    """All deals in the order of their ids.

    Attributes:
        money: hundredths of the report currency.
        is_won: whether the close was a win.
        mark: bits of `flags_of`.
    """

    ids: Array
    created: Array
    closed: Array
    money: Array
    is_won: Flags
    mark: Array

    def places(self, ids: Array) -> tuple[Array, Flags]:
        """The place of each of these deals, and whether there is such a deal."""
        found = np.minimum(np.searchsorted(self.ids, ids), max(len(self.ids) - 1, 0))
        is_known = self.ids[found] == ids if len(self.ids) else np.zeros(len(ids), dtype=bool)
        return found.astype(np.int32), is_known


@dataclass(frozen=True)
class Stays:
    """All stays in process stages, deal by deal.

    Attributes:
        deal: the place of the deal; stage: the place in `stages`.
        end: when the visit to the pipeline ended; `is_won`: in a win.
    """

    deal: Array
    stage: Array
    entered: Array
    left: Array
    end: Array
    is_won: Flags
    stages: tuple[Stage, ...]


@dataclass(frozen=True)
class Activities:
    """What was planned or done about deals, deal by deal; `touched` is when that was last changed."""

    deal: Array
    created: Array
    done: Array
    deadline: Array
    touched: Array


def read_deals(engine: "Engine") -> Deals:
    """All deals."""
    return _once(engine, _deals)


def read_stays(engine: "Engine") -> Stays:
    """All stays in process stages."""
    return _once(engine, _stays)


def read_activities(engine: "Engine") -> Activities:
    """All activities of deals."""
    return _once(engine, _activities)


def flags_of(mark: int) -> tuple[str, ...]:
    """What a report passes on of a deal."""
    return tuple(flag for bit, flag in _FOREIGN.items() if mark & bit)


def never(moments: Array) -> int:
    """What stands among these moments for one that has not come."""
    return int(np.iinfo(moments.dtype).max)


def _once(engine: "Engine", read: "Callable[[Engine], Read]") -> Read:
    if read not in engine.memo:
        engine.memo[read] = read(engine)
    found: Read = engine.memo[read]
    return found


def _columns(engine: "Engine", *names: str) -> list[list[bytes]]:
    rows = engine.store.query(f"SELECT {', '.join(names)} FROM fact_course ORDER BY block")
    return [[row[place] for row in rows] for place in range(len(names))]


def _deals(engine: "Engine") -> Deals:
    ids, *moments, money, mark = _columns(engine, "deal_id", "created_at", "closed_at", "money", "mark")
    marks = unpacked(mark)
    amounts = unpacked(money).astype(float)
    return Deals(unpacked(ids), *(_moments(engine, each) for each in moments), amounts, marks & 1 == 1, marks)


def _stays(engine: "Engine") -> Stays:
    deal, stage, won, *moments = _columns(
        engine, "stay_deal", "stay_stage", "stay_won", "stay_entered", "stay_left", "stay_end"
    )
    place, _ = read_deals(engine).places(unpacked(deal))
    codes, texts = unpacked_texts(stage)
    stages = tuple((int(pipeline), code) for pipeline, _, code in (text.partition(" ") for text in texts))
    return Stays(place, codes, *(_moments(engine, each) for each in moments), unpacked(won) == 1, stages)


def _activities(engine: "Engine") -> Activities:
    deal, *moments = _columns(
        engine, "activity_deal", "activity_created", "activity_done", "activity_deadline", "activity_touched"
    )
    place, is_known = read_deals(engine).places(unpacked(deal))
    rows = np.flatnonzero(is_known)
    rows = rows[np.argsort(place[rows], kind="stable")]
    return Activities(place[rows], *(_moments(engine, each)[rows] for each in moments))


def _moments(engine: "Engine", blobs: list[bytes]) -> Array:
    """Half the room where all of them, the present one and their differences are numbers of 32 bits."""
    found = unpacked(blobs)
    is_none = found == NO_MOMENT
    there = found[~is_none]
    is_narrow = there.min(initial=0) >= 0 and max(int(there.max(initial=0)), engine.as_of) < _LAST
    moments = found.astype(np.int32 if is_narrow else np.int64)
    moments[is_none] = never(moments)
    return moments
