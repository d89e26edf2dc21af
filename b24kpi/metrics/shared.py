"""What queries of the same rows and periods have in common: read from the facts when first asked for, and once."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from b24kpi.metrics.model import Durations, Measure, Query
from b24kpi.metrics.passes import Sum, Sums, all_sums, name_of

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key
    from b24kpi.metrics.money_means import Amounts
    from b24kpi.metrics.statistics.survival import Observations


class Shared:
    """The readings of a group of queries, see `engine.all_values`."""

    def __init__(self, engine: "Engine", queries: Sequence[Query]) -> None:
        self._engine = engine
        self._queries = queries
        self._where = queries[0].where
        self._observed: dict[tuple[str, Key], Mapping[Cell, Observations]] = {}
        self._amounts: dict[tuple[str, Key], Mapping[Cell, Amounts]] = {}
        self._horizons: dict[tuple[str, bool], Mapping[str, float]] = {}

    def sums(self, measure: Measure, by: "Key") -> "Mapping[Cell, Sum]":
        """Cells of a measure of one of the queries."""
        return self._sums[name_of(measure), by]

    @cached_property
    def _sums(self) -> Sums:
        asked = [(measure, query.slicing) for query in self._queries for measure in _summed(query)]
        return all_sums(self._engine, asked, self._where)

    def observations(self, durations: Durations, by: "Key") -> "Mapping[Cell, Observations]":
        """Cells of the durations of one of the queries."""
        from b24kpi.metrics.observed import observations

        if (repr(durations), by) not in self._observed:
            found = observations(self._engine, durations, self._slicings(durations), self._where)
            self._observed |= {(repr(durations), each): cells for each, cells in found.items()}
        return self._observed[repr(durations), by]

    def amounts(self, measure: Measure, by: "Key") -> "Mapping[Cell, Amounts]":
        """What each row of a measure adds, by the cells of one of the queries."""
        from b24kpi.metrics.money_means import read_amounts

        if (name_of(measure), by) not in self._amounts:
            asking = [query.slicing for query in self._queries if measure in query.measures.values()]
            found = read_amounts(self._engine, measure, list(dict.fromkeys(asking)), self._where)
            self._amounts |= {(name_of(measure), each): cells for each, cells in found.items()}
        return self._amounts[name_of(measure), by]

    def horizons(self, fact: str, *, by_pipeline: bool) -> Mapping[str, float]:
        """Ages by which cases are ripe, see `metrics.maturity`."""
        from b24kpi.metrics.maturity import horizons

        if (fact, by_pipeline) not in self._horizons:
            self._horizons[fact, by_pipeline] = horizons(self._engine, fact, by_pipeline=by_pipeline)
        return self._horizons[fact, by_pipeline]

    def _slicings(self, durations: Durations) -> "list[Key]":
        asking = [query.slicing for query in self._queries if durations in _parts(query)]
        return list(dict.fromkeys(asking))


def _summed(query: Query) -> list[Measure]:
    has_sums = not query.metric.durations and not query.metric.analysis
    return list(query.measures.values()) if has_sums else []


def _parts(query: Query) -> list[Durations]:
    metric = query.metric
    return [part for part in (metric.durations, *metric.readings.values()) if part is not None]
