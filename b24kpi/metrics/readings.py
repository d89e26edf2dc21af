"""Rows of facts as arrays for all that was said to be wanted: what looks at the same fact is read at once."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from b24kpi.facts.definition import load_facts
from b24kpi.lazy import lazy
from b24kpi.metrics.wanted import Wanted

if TYPE_CHECKING:
    from b24kpi.metrics.column_reader import Rows
    from b24kpi.metrics.columns import Columns
    from b24kpi.metrics.deal_rows import DealRows
    from b24kpi.metrics.engine import Engine

# Where periods span more than this share of a fact's days, reading all rows in their order is quicker than by an index.
_MOST = 0.25


class Readings:
    """Reads when first asked, and lets go what was fetched.

    Args:
        where: the rows' dimension values.
        announced: what will be fetched; of anything else the rows are read alone.
    """

    def __init__(self, engine: "Engine", where: Mapping[str, str], announced: Iterable[Wanted] = ()) -> None:
        self._engine = engine
        self._where = where
        self._announced = list(announced)
        self._read: list[tuple[Wanted, Rows]] = []
        self._spans: dict[tuple[str, str], list[int]] = {}

    def fetch(self, wanted: Wanted) -> "Columns":
        """The rows that are wanted."""
        if self._is_in_arrays(wanted):
            return self._deals.fetch(wanted, self._where)
        if wanted in self._announced:
            self._read_with(wanted)
        for place, (known, _) in enumerate(self._read):
            if known == wanted:
                return self._read.pop(place)[1].of(wanted)
        return self._rows([wanted]).of(wanted)

    def _read_with(self, wanted: Wanted) -> None:
        """What is read by one statement: where either most rows of the fact are wanted, or few, by its indexes."""
        is_most = self._is_most(wanted)
        group = [
            other
            for other in self._announced
            if other == wanted
            or (_may_share(other, wanted) and self._is_most(other) == is_most and not self._is_in_arrays(other))
        ]
        self._announced = [other for other in self._announced if other not in group]
        rows = self._rows(group)
        self._read += [(each, rows) for each in group]

    def _is_in_arrays(self, wanted: Wanted) -> bool:
        return wanted.part.fact == "deal" and self._deals.tells(wanted, self._where)

    @lazy
    def _deals(self) -> "DealRows":
        from b24kpi.metrics.deal_rows import deal_rows  # numpy takes a tenth of a second to load

        return deal_rows(self._engine)

    def _rows(self, group: list[Wanted]) -> "Rows":
        from b24kpi.metrics.column_reader import read  # as above

        return read(self._engine, group, self._where, all_through=any(map(self._is_most, group)))

    def _is_most(self, wanted: Wanted) -> bool:
        first, end = wanted.days
        fact, day = load_facts()[wanted.part.fact], wanted.part.time
        if first is None or fact.is_view:
            return False
        oldest, newest = self._span(fact.table, day)
        return min(end, newest) - max(first, oldest) > _MOST * (newest - oldest)

    def _span(self, table: str, day: str) -> list[int]:
        """The first and the last of a fact's days."""
        if (table, day) not in self._spans:
            ends = (self._engine.store.query(f"SELECT {end}({day}) FROM {table}")[0][0] for end in ("MIN", "MAX"))
            self._spans[table, day] = [end or 0 for end in ends]
        return self._spans[table, day]


def _may_share(one: Wanted, other: Wanted) -> bool:
    """Whether rows of one fact that is no view; those of all time are many more, and stay alone."""
    return (
        one.part.fact == other.part.fact
        and not load_facts()[one.part.fact].is_view
        and (one.days[0] is None) == (other.days[0] is None)
    )
