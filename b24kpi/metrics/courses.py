"""How all deals go, as arrays: the deals and their stays in process stages.

Moments are whole epoch seconds; what has not happened lies later than every moment, see `never`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.facts.arrays import MOMENT, NO_MOMENT, Numbers, Texts, counted, parts
from b24kpi.metrics.course_columns import course_columns, read_columns

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


def flags_of(mark: int) -> tuple[str, ...]:
    """What a report passes on of a deal."""
    return tuple(flag for flag in _FOREIGN if mark & FLAGS[flag])


def never(moments: Array) -> int:
    """What stands among these moments for one that has not come."""
    return int(np.iinfo(moments.dtype).max)


def _deals(engine: "Engine") -> Deals:
    columns = course_columns(engine)
    created, closed = (_moments(engine, columns.array(name).copy()) for name in ("created_at", "closed_at"))
    money, marks = columns.array("money").astype(float), columns.array("mark")
    return Deals(columns.ids, created, closed, money, marks & WON > 0, marks)


def _stays(engine: "Engine") -> Stays:
    times = dict.fromkeys(("entered_at", "left_at"), partial(Numbers, MOMENT))
    deals, (stages, *moments) = read_columns(engine, "fact_course_stay", {"stage": Texts, **times})
    codes, texts = stages.told()
    columns = [codes, course_columns(engine).places(deals), *(each.array for each in moments)]
    is_known = columns[1] >= 0
    if not is_known.all():  # somebody has written since the deals were read
        columns = [column[is_known] for column in columns]
    names = tuple((int(pipeline), code) for pipeline, _, code in (text.partition(" ") for text in texts))
    begins = (0, *np.cumsum(counted(columns[0], len(names))).tolist())
    places, entered, left = _by_stage(begins, *columns)
    return Stays(places, _moments(engine, entered), _moments(engine, left), names, begins)


def _by_stage(begins: Sequence[int], codes: Array, *columns: Array) -> list[Array]:
    """Columns in the order of these codes, those of each from its place among `begins` on; equal ones as they were.

    Part by part, so that only what is found is as long as all of them.
    """
    found, ends = [np.empty_like(column) for column in columns], list(begins)
    for part in parts(len(codes)):
        order = np.argsort(codes[part], kind="stable")  # quick for short numbers
        ordered = [column[part].take(order) for column in columns]
        begin = 0
        for code, count in enumerate(np.bincount(codes[part]).tolist()):
            for target, source in zip(found, ordered, strict=True):
                target[ends[code] : ends[code] + count] = source[begin : begin + count]
            begin, ends[code] = begin + count, ends[code] + count
    return found


def _moments(engine: "Engine", found: Array) -> Array:
    """In half the room where the present moment needs no more; what lies later then has not come yet.

    Args:
        found: of nobody else, since it is changed.
    """
    if engine.as_of < _LAST:
        return np.asarray(np.minimum(found, found.dtype.type(_LAST), out=found).view(np.int32))
    moments = found.astype(np.int64)
    moments[found == NO_MOMENT] = never(moments)
    return np.asarray(moments)
