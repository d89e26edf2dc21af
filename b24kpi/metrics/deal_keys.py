"""By what deals are sliced: a combination of dimension values for each."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.column_reader import read
from b24kpi.metrics.courses import read_deals
from b24kpi.metrics.dimensions import with_dimensions
from b24kpi.metrics.model import Measure
from b24kpi.metrics.wanted import Wanted

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

Array = NDArray[Any]
DEALS = Measure("deal", "created_day")
_END = 100_000_000  # after every day


class DealKeys:
    """The combinations of dimensions that deals have.

    Attributes:
        keys: those that occur.
        codes: of each deal, in the order of ids, the place of its combination among them; -1 where it is not asked for.
    """

    def __init__(self, engine: "Engine", by: "Key", where: Mapping[str, str]) -> None:
        count = len(read_deals(engine).ids)
        if not by and not where:
            self.keys: list[Key] = [()]
            self.codes: Array = np.zeros(count, dtype=np.int32)
            return
        part = with_dimensions(DEALS, engine.catalogue.dimensions)
        wanted = Wanted(part, (None, _END), by, ("f.deal_id",), (), ())
        rows = read(engine, [wanted], where, all_through=True).of(wanted)
        places = read_deals(engine).places(rows.numbers["f.deal_id"].astype(np.int64))
        codes, found = rows.grouped(by)
        self.keys = found if by else [()]
        self.codes = np.full(count, -1, dtype=np.int32)
        self.codes[places] = codes


def keys_of_deals(engine: "Engine", by: "Key", where: Mapping[str, str]) -> DealKeys:
    """Those of all deals where each `where` holds; read once."""
    name = DealKeys, by, tuple(sorted(where.items()))
    if name not in engine.memo:
        engine.memo[name] = DealKeys(engine, by, where)
    found: DealKeys = engine.memo[name]
    return found
