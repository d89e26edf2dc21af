"""How all deals go, as arrays: the deals and their stays in process stages.

Moments are whole epoch seconds; what has not happened lies later than every moment, see `never`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
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
# Bits of a deal's mark, see fact_course, and those of which a report passes on.
WON, LOST = 1, 16
FLAGS = {"fx_approx": 2, "fx_unknown": 4, "won_date_approx": 8}
_FOREIGN = ("fx_approx", "fx_unknown")
_DEAL = ("deal", "created_at", "closed_at", "money", "mark")
_CODES = ("pipeline", "manager", "source", "assigned")


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
    """All stays in process stages, stage by stage, and deal by deal in each.

    Attributes:
        deal: the place of the deal.
        stages: in their order; `begins`: where the stays of each begin, and last where all of them end.
    """

    deal: Array
    entered: Array
    left: Array
    stages: tuple[Stage, ...]
    begins: tuple[int, ...]

    def stage_of(self, rows: Array) -> Array:
        """Of these stays the places of their stages."""
        return np.searchsorted(self.begins, rows, side="right") - 1

    @property
    def shares(self) -> Iterator[slice]:
        """Where those of each stage are."""
        return (slice(*ends) for ends in pairwise(self.begins))


def read_deals(engine: "Engine") -> Deals:
    """All deals."""
    return engine.once(Deals, lambda: _deals(engine))


def read_stays(engine: "Engine") -> Stays:
    """All stays in process stages."""
    return engine.once(Stays, lambda: _stays(engine))


def read_codes(engine: "Engine", name: str) -> Coded:
    """Of each deal its `pipeline`, `manager`, `source`, `creator` or who is `assigned` now: places among the texts."""
    return engine.once((read_codes, name), lambda: _codes(engine, name))


def flags_of(mark: int) -> tuple[str, ...]:
    """What a report passes on of a deal."""
    return tuple(flag for flag in _FOREIGN if mark & FLAGS[flag])


def never(moments: Array) -> int:
    """What stands among these moments for one that has not come."""
    return int(np.iinfo(moments.dtype).max)


def _codes(engine: "Engine", name: str) -> Coded:
    (blobs,) = _columns_of_deals(engine, name) if name in _CODES else _columns(engine, name)
    return unpacked_texts(blobs) if name == "source" else told_as_texts(unpacked(ID, blobs), NO_ID)


def _columns(engine: "Engine", *names: str) -> list[list[Any]]:
    rows = engine.store.query(f"SELECT {', '.join(names)} FROM fact_course ORDER BY block")
    return [[row[place] for row in rows] for place in range(len(names))]


def _columns_of_deals(engine: "Engine", *names: str) -> list[list[Any]]:
    """Those of which something is made only once; all of them come out of one go through the course."""
    every = ("block", *_DEAL, *_CODES)
    read = engine.once(_columns_of_deals, lambda: dict(zip(every, _columns(engine, *every), strict=True)))
    return [read.pop(name) for name in names]


def _deals(engine: "Engine") -> Deals:
    blocks, deal, *moments, money, mark = _columns_of_deals(engine, "block", *_DEAL)
    marks = unpacked(BYTE, mark)
    created, closed = (_moments(engine, each) for each in moments)
    return Deals(_ids(blocks, deal), created, closed, unpacked(MONEY, money).astype(float), marks & WON > 0, marks)


def _stays(engine: "Engine") -> Stays:
    blocks, deal, stage, *moments = _columns(engine, "block", "stay_deal", "stay_stage", "stay_entered", "stay_left")
    codes, texts = unpacked_texts(stage)
    stages = tuple((int(pipeline), code) for pipeline, _, code in (text.partition(" ") for text in texts))
    counts = np.bincount(codes, minlength=len(stages))
    order = np.argsort(codes.astype(np.min_scalar_type(len(stages))), kind="stable")  # quick for short numbers
    place, entered, left = (
        _by(order, each) for each in (_places(engine, blocks, deal), *(_moments(engine, each) for each in moments))
    )
    return Stays(place, entered, left, stages, (0, *np.cumsum(counts).tolist()))


def _by(order: Array, column: Array) -> Array:
    return column.take(order, mode="clip")  # quicker than the usual way, which looks for places that there are not


def _ids(blocks: list[int], deals: list[bytes | None]) -> Array:
    """Of the deals of each block, one byte for each."""
    return _numbers(blocks, deals, np.int64)


def _numbers(blocks: list[int], deals: list[bytes | None], kind: type[np.integer[Any]]) -> Array:
    found = np.repeat(np.array(blocks, dtype=kind) * kind(BLOCK), [len(each or b"") for each in deals])
    found += unpacked(BYTE, deals)
    return found


def _places(engine: "Engine", blocks: list[int], deals: list[bytes | None]) -> Array:
    """The places of deals, -1 where there is no such deal."""
    places = engine.once(_places_in, lambda: _places_in(blocks, read_deals(engine).ids))
    return np.asarray(places[_numbers(list(range(len(blocks))), deals, np.int32)])


def _places_in(blocks: list[int], ids: Array) -> Array:
    """Of every id that the blocks have room for the place of its deal."""
    places: Array = np.full(len(blocks) * BLOCK, -1, dtype=np.int32)
    places[np.searchsorted(blocks, ids // BLOCK) * BLOCK + ids % BLOCK] = np.arange(len(ids))
    return places


def _moments(engine: "Engine", blobs: list[bytes | None]) -> Array:
    """In half the room where the present moment needs no more; what lies later then has not come yet."""
    found = unpacked(MOMENT, blobs)
    if engine.as_of < _LAST:
        return np.asarray(np.minimum(found, found.dtype.type(_LAST)).view(np.int32))
    moments = found.astype(np.int64)
    moments[found == NO_MOMENT] = never(moments)
    return np.asarray(moments)
