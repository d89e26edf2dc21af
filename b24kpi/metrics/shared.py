"""What queries of the same rows and periods have in common: read from the facts when first asked for, and once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from b24kpi.facts.work_calendar import WorkCalendar
from b24kpi.lazy import lazy
from b24kpi.metrics import analyses
from b24kpi.metrics.model import Durations, Measure, Query
from b24kpi.metrics.passes import Sum, Sums, all_sums, frames, name_of
from b24kpi.metrics.period import Period
from b24kpi.metrics.readings import Readings
from b24kpi.metrics.wanted import Wanted, is_in_working_time, of_durations, of_sums, periods_of, plain_amounts

if TYPE_CHECKING:
    from b24kpi.metrics.columns import Numbers
    from b24kpi.metrics.engine import Cell, Engine, Key
    from b24kpi.metrics.statistics.survival import Observations

Part = TypeVar("Part", Measure, Durations)


class Shared:
    """The readings of a group of queries, see `engine.all_values`."""

    def __init__(self, engine: "Engine", queries: Sequence[Query]) -> None:
        self._engine = engine
        self._queries = queries
        self._where = queries[0].where
        self._observed: dict[tuple[str, Key, tuple[int, ...]], Mapping[Cell, Observations]] = {}
        self._amounts: dict[tuple[str, Key], Mapping[Cell, Numbers]] = {}
        self._aside: dict[str, Sums] = {}
        self._horizons: dict[tuple[str, bool], Mapping[str, float]] = {}

    def sums(self, measure: Measure, by: "Key") -> "Mapping[Cell, Sum]":
        """Cells of a measure of one of the queries."""
        return self._sums[name_of(measure), by]

    @lazy
    def _sums(self) -> Sums:
        return all_sums(self._engine, self._summed, self._where, self._readings if self._is_by_arrays else None)

    @lazy
    def _is_by_arrays(self) -> bool:
        """Whether arrays are made anyway, or rows would be gone through several times; else numpy is not loaded."""
        needed = any(_timed(query) or _listed(query) or query.metric.nowcast for query in self._queries)
        return needed or any(len(frame.slicings) > 1 and frame.is_plain for frame in frames(self._summed))

    def sums_of(self, periods: tuple[Period, ...], asked: "Sequence[tuple[Measure, Key]]") -> Sums:
        """Sums of other periods, of all rows whatever the queries are narrowed to."""
        name = repr((periods, asked))
        if name not in self._aside:
            self._aside[name] = sums_of(self._engine, periods, asked)
            self._engine.set_periods(self._queries[0].metric, self._queries[0].periods)
        return self._aside[name]

    def observations(
        self, durations: Durations, by: "Key", chosen: tuple[int, ...] = ()
    ) -> "Mapping[Cell, Observations]":
        """Cells of the durations of one of the queries.

        Args:
            chosen: positions of periods; none means all.
        """
        from b24kpi.metrics.observed import observations

        name, now = repr(durations), self._now(durations)
        if (name, by, chosen) not in self._observed:
            slicings, where = self._slicings(durations), self._where
            found = observations(self._engine, durations, slicings, where, chosen, now=now, readings=self._readings)
            self._observed |= {(name, each, chosen): cells for each, cells in found.items()}
        return self._observed[name, by, chosen]

    def _now(self, durations: Durations) -> float:
        """What their clock reads at the engine's `as_of`."""
        return self._working_now if is_in_working_time(durations) else self._engine.as_of

    @lazy
    def _working_now(self) -> int:
        return WorkCalendar(self._engine.figures.service.work_time, self._engine.zone).reading(self._engine.as_of)

    def amounts(self, measure: Measure, by: "Key") -> "Mapping[Cell, Numbers]":
        """What each row of a measure adds, by the cells of one of the queries."""
        from b24kpi.metrics.array_sums import array_amounts

        if (name_of(measure), by) not in self._amounts:
            found = array_amounts(self._engine, measure, self._listing(measure), self._readings)
            self._amounts |= {(name_of(measure), each): cells for each, cells in found.items()}
        return self._amounts[name_of(measure), by]

    def horizons(self, fact: str, *, by_pipeline: bool) -> Mapping[str, float]:
        """Ages by which cases are ripe, see `metrics.maturity`."""
        from b24kpi.metrics.maturity import horizons

        if (fact, by_pipeline) not in self._horizons:
            self._horizons[fact, by_pipeline] = horizons(self._engine, fact, by_pipeline=by_pipeline)
        return self._horizons[fact, by_pipeline]

    @lazy
    def _readings(self) -> Readings:
        return Readings(self._engine, self._where, self._wanted())

    def _wanted(self) -> Iterator[Wanted]:
        """What arrays will be made of; of young cohorts only few rows, which are read apart."""
        periods = periods_of(self._engine)
        for frame in frames(self._summed) if self._is_by_arrays else ():
            if frame.is_plain:
                yield of_sums(frame.measures, frame.slicings, periods)
        for durations in _different(part for query in self._queries for part, _ in _timed(query)):
            yield of_durations(durations, self._slicings(durations), periods, self._now(durations))
        for measure in _different(filter(None, map(_listed, self._queries))):
            yield of_sums((measure,), self._listing(measure), periods)

    @property
    def _summed(self) -> "list[tuple[Measure, Key]]":
        return [part for query in self._queries for part in _parts(query)]

    def _slicings(self, durations: Durations) -> "list[Key]":
        asking = [by for query in self._queries for part, by in _timed(query) if part == durations]
        asking += [query.slicing for query in self._queries if query.metric.nowcast == durations]
        return list(dict.fromkeys(asking))

    def _listing(self, measure: Measure) -> "list[Key]":
        return list(dict.fromkeys(query.slicing for query in self._queries if _listed(query) == measure))


def sums_of(engine: "Engine", periods: tuple[Period, ...], asked: "Sequence[tuple[Measure, Key]]") -> Sums:
    """Sums over all rows, by arrays; the engine is left with these periods."""
    engine.set_periods(None, periods)
    return all_sums(engine, asked, {}, Readings(engine, {}))


def _parts(query: Query) -> "list[tuple[Measure, Key]]":
    if query.metric.analysis:
        return [(part, by) for part, by in analyses.looks_at(query) if isinstance(part, Measure)]
    return [] if query.metric.durations else [(measure, query.slicing) for measure in query.measures.values()]


def _timed(query: Query) -> "list[tuple[Durations, Key]]":
    metric = query.metric
    if metric.analysis:
        return [(part, by) for part, by in analyses.looks_at(query) if isinstance(part, Durations)]
    own = (metric.durations, *metric.readings.values()) if metric.durations else ()
    return [(part, query.slicing) for part in own if part]


def _listed(query: Query) -> Measure | None:
    return None if query.metric.durations or query.metric.analysis else plain_amounts(query)


def _different(parts: Iterable[Part]) -> list[Part]:
    return list({repr(part): part for part in parts}.values())
