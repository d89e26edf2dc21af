"""What was planned or done about deals: read for those that are asked for, block by block, and once."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.facts.arrays import BLOCK, BYTE, MOMENT, unpacked
from b24kpi.metrics.courses import read_deals

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine

Array = NDArray[Any]
Blobs = tuple[bytes | None, ...]

_BLOCKS = """
    SELECT j.value, c.deal, c.created, c.done, c.deadline, c.touched
    FROM json_each(?) AS j LEFT JOIN fact_course_activity AS c ON c.block = j.value"""


@dataclass(frozen=True)
class Activities:
    """Of some deals; `touched` is when one was last changed.

    These moments are as they are kept, without a sign: to be compared only.

    Attributes:
        owner: to which of the deals each belongs.
    """

    owner: Array
    created: Array
    done: Array
    deadline: Array
    touched: Array


class DealActivities:
    """Those of all deals, as far as they have been read."""

    def __init__(self, engine: "Engine") -> None:
        self._store, self._ids = engine.store, read_deals(engine).ids
        self._known: dict[int, Blobs] = {}

    def of(self, deals: Array) -> Activities:
        """Those of the deals at these places, of which no two are the same."""
        ids = self._ids[deals]
        blocks = np.unique(ids // BLOCK)
        owner, *moments = self._columns(blocks.tolist())
        lengths = [len(each or b"") for each in owner]
        places = np.repeat(np.arange(len(blocks), dtype=np.int32) * BLOCK, lengths) + unpacked(BYTE, owner)
        found = np.full(len(blocks) * BLOCK, -1, dtype=np.int32)
        found[np.searchsorted(blocks, ids // BLOCK) * BLOCK + ids % BLOCK] = np.arange(len(ids))
        owners = found[places]
        (own,) = (owners >= 0).nonzero()
        return Activities(owners.take(own), *(unpacked(MOMENT, column).take(own) for column in moments))

    def _columns(self, blocks: Sequence[int]) -> list[Sequence[bytes | None]]:
        """Of these blocks, whose deals there are."""
        missing = [block for block in blocks if block not in self._known]
        self._known |= {row[0]: row[1:] for row in self._store.query(_BLOCKS, [json.dumps(missing)])}
        rows = [self._known[block] for block in blocks]
        return [[row[place] for row in rows] for place in range(len(Activities.__dataclass_fields__))]


def read_activities(engine: "Engine") -> DealActivities:
    """The only one of an engine."""
    return engine.once(DealActivities, lambda: DealActivities(engine))
