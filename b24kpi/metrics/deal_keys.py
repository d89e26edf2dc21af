"""By what deals are sliced: a combination of dimension values for each."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from b24kpi.metrics.coded import Array, Coded, combined, matching
from b24kpi.metrics.column_reader import read
from b24kpi.metrics.course_columns import course_columns
from b24kpi.metrics.courses import read_deals
from b24kpi.metrics.dimensions import with_dimensions
from b24kpi.metrics.model import Measure
from b24kpi.metrics.wanted import Wanted

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

DEALS = Measure("deal", "created_day")
_READY = ("pipeline", "manager", "source")  # dimensions that the course of deals has as arrays
_END = 100_000_000  # after every day


class DealKeys:
    """The combinations of dimensions that deals have.

    Attributes:
        keys: those that occur.
        codes: of each deal, in the order of ids, the place of its combination among them; -1 where it is not asked for.
    """

    codes: Array
    keys: "list[Key]"

    def __init__(self, engine: "Engine", by: "Key", where: Mapping[str, str]) -> None:
        count = len(read_deals(engine).ids)
        columns = {name: coded_deals(engine, name) for name in (*by, *where)}
        if not where:
            self.codes, self.keys = combined([columns[name] for name in by], count)
            return
        rows = np.flatnonzero(matching(columns, where, count))
        codes, self.keys = combined([(own[rows], texts) for own, texts in map(columns.__getitem__, by)], len(rows))
        self.codes = np.full(count, -1, dtype=np.int32)
        self.codes[rows] = codes


def keys_of_deals(engine: "Engine", by: "Key", where: Mapping[str, str]) -> DealKeys:
    """Those of all deals where each `where` holds; read once."""
    name = DealKeys, by, tuple(sorted(where.items()))
    return engine.once(name, lambda: DealKeys(engine, by, where))


def coded_deals(engine: "Engine", name: str) -> Coded:
    """A dimension of all deals in the order of their ids; read once."""
    if name in _READY:
        return course_columns(engine).codes(name)
    return engine.once((coded_deals, name), lambda: _read(engine, name))


def _read(engine: "Engine", name: str) -> Coded:
    part = with_dimensions(DEALS, engine.catalogue.dimensions)
    wanted = Wanted(part, (None, _END), (name,), ("f.deal_id",), (), ())
    rows = read(engine, [wanted], {}, all_through=True).of(wanted)
    codes = np.zeros(len(read_deals(engine).ids), dtype=np.int32)
    codes[read_deals(engine).places(rows.numbers["f.deal_id"].astype(np.int64))] = rows.codes[name]
    return codes, rows.values[name]
