"""How all deals go, as arrays: the deals, their stays in process stages, their activities.

Moments are whole epoch seconds; what has not happened lies later than every moment, see `never`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.facts.arrays import BLOCK, BYTE, ID, MOMENT, MONEY, NO_ID, NO_MOMENT, unpacked, unpacked_texts
from b24kpi.metrics.coded import Coded
from b24kpi.metrics.columns import told_as_texts

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine

Array = NDArray[Any]
Flags = NDArray[np.bool_]
Stage = tuple[int, str]  # pipeline, stage code

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

    def places(self, ids: Array) -> Array:
        """The place of each of these deals; -1 of those that there are not."""
        found = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.where(self.ids[found] == ids, found, -1) if len(self.ids) else np.full(len(ids), -1)


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
    return engine.once(Deals, lambda: _deals(engine))


def read_stays(engine: "Engine") -> Stays:
    """All stays in process stages."""
    return engine.once(Stays, lambda: _stays(engine))


def read_activities(engine: "Engine") -> Activities:
    """All activities of deals."""
    return engine.once(Activities, lambda: _activities(engine))


def read_codes(engine: "Engine", name: str) -> Coded:
    """Of each deal its `pipeline`, `manager`, `source`, or who is `assigned` now, as its place among the texts."""
    return engine.once((read_codes, name), lambda: _codes(engine, name))


def flags_of(mark: int) -> tuple[str, ...]:
    """What a report passes on of a deal."""
    return tuple(flag for bit, flag in _FOREIGN.items() if mark & bit)


def never(moments: Array) -> int:
    """What stands among these moments for one that has not come."""
    return int(np.iinfo(moments.dtype).max)


def _codes(engine: "Engine", name: str) -> Coded:
    (blobs,) = _columns(engine, name)
    return unpacked_texts(blobs) if name == "source" else told_as_texts(unpacked(ID, blobs), NO_ID)


def _columns(engine: "Engine", *names: str) -> list[list[Any]]:
    rows = engine.store.query(f"SELECT {', '.join(names)} FROM fact_course ORDER BY block")
    return [[row[place] for row in rows] for place in range(len(names))]


def _deals(engine: "Engine") -> Deals:
    blocks, deal, *moments, money, mark = _columns(engine, "block", "deal", "created_at", "closed_at", "money", "mark")
    marks = unpacked(BYTE, mark)
    created, closed = (_moments(engine, each) for each in moments)
    return Deals(_ids(blocks, deal), created, closed, unpacked(MONEY, money).astype(float), marks & 1 == 1, marks)


def _stays(engine: "Engine") -> Stays:
    blocks, deal, stage, *moments = _columns(
        engine, "block", "stay_deal", "stay_stage", "stay_entered", "stay_left", "stay_moved"
    )
    codes, texts = unpacked_texts(stage)
    stages = tuple((int(pipeline), code) for pipeline, _, code in (text.partition(" ") for text in texts))
    entered, left, moved = (_moments(engine, each) for each in moments)
    deals, places = read_deals(engine), _places(engine, blocks, deal)
    stayed = unpacked(MOMENT, moments[-1]) == NO_MOMENT
    end = np.where(stayed, deals.closed[places], moved)
    return Stays(places, codes, entered, left, end, stayed & deals.is_won[places], stages)


def _activities(engine: "Engine") -> Activities:
    blocks, deal, *moments = _columns(
        engine, "block", "activity_deal", "activity_created", "activity_done", "activity_deadline", "activity_touched"
    )
    place = _places(engine, blocks, deal)
    rows = np.flatnonzero(place >= 0)
    if (place[rows][1:] < place[rows][:-1]).any():
        rows = rows[np.argsort(place[rows], kind="stable")]
    return Activities(place[rows], *(_moments(engine, each)[rows] for each in moments))


def _ids(blocks: list[int], deals: list[bytes | None]) -> Array:
    """Of the deals of each block, one byte for each."""
    counts = [len(each or b"") for each in deals]
    return np.asarray(np.repeat(np.array(blocks, dtype=np.int64) * BLOCK, counts) + unpacked(BYTE, deals))


def _places(engine: "Engine", blocks: list[int], deals: list[bytes | None]) -> Array:
    """The places of deals, -1 where there is no such deal."""
    ids = _ids(list(range(len(blocks))), deals)
    every = read_deals(engine).ids
    places: Array = np.full(len(blocks) * BLOCK, -1, dtype=np.int32)
    places[np.searchsorted(blocks, every // BLOCK) * BLOCK + every % BLOCK] = np.arange(len(every))
    return np.asarray(places[ids])


def _moments(engine: "Engine", blobs: list[bytes | None]) -> Array:
    """In half the room where the present moment needs no more; what lies later then has not come yet."""
    found = unpacked(MOMENT, blobs)
    if engine.as_of < _LAST:
        return np.asarray(np.minimum(found, _LAST).astype(np.int32))
    moments = found.astype(np.int64)
    moments[found == NO_MOMENT] = never(moments)
    return np.asarray(moments)
