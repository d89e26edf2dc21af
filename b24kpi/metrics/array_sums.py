"""Sums for several slicings at once, by arrays: the same numbers as by SQL, see `passes`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import ge, lt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.columns import Columns, Integers, Numbers, Periods, grouped, periods_of, read
from b24kpi.metrics.compiler import flags_of
from b24kpi.metrics.model import Measure
from b24kpi.metrics.passes import Sum
from b24kpi.metrics.terms import EDGES, Comparison, compared_days, comparisons, further_terms

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key

# Whole numbers below are exact as floating-point ones, and so are sums of powers of two.
_EXACT = 2.0**53
_MOST_MARKS = 50
_COMPARE = {"<": lt, ">=": ge}


def array_sums(
    engine: "Engine", measures: Sequence[Measure], slicings: "Sequence[Key]", where: Mapping[str, str]
) -> "dict[Key, list[dict[Cell, Sum]]] | None":
    """Slicing → cells of each measure; None where the sums are no whole numbers, or too large for this.

    The measures are of one frame and name no column of a period but in comparisons of a day with an edge.
    """
    marks, periods = _marks(measures), periods_of(engine, EDGES)
    if not periods.position or len(marks) > _MOST_MARKS:
        return None
    columns = _read(engine, measures, slicings, where, periods)
    frame = _Frame(columns, marks, periods)
    if not all(frame.is_exact(measure) for measure in measures):
        return None
    counted = [frame.counted(measure) for measure in measures]
    found: dict[Key, list[dict[Cell, Sum]]] = {}
    for by in slicings:
        codes, keys = grouped(columns, by)
        pairs = zip(measures, counted, strict=True)
        found[by] = [frame.cells(measure, places, codes, keys) for measure, places in pairs]
    return found


def _read(
    engine: "Engine",
    measures: Sequence[Measure],
    slicings: "Sequence[Key]",
    where: Mapping[str, str],
    periods: Periods,
) -> Columns:
    every = tuple(dict.fromkeys(name for by in slicings for name in by))
    picked = {f"day {day}": f"f.{day}" for measure in measures for day in sorted(compared_days(measure))}
    picked |= {f"add {measure.add}": measure.add for measure in measures if measure.add != "1"}
    bits = [f"CASE WHEN {each} THEN {1 << place} ELSE 0 END" for place, each in enumerate(_marks(measures))]
    picked |= {"marks": " + ".join(bits)} if bits else {}
    conditions = list(dict.fromkeys(map(_condition, measures)))
    shared = [" OR ".join(f"({each})" for each in conditions)] if all(conditions) else []
    shared += _bounds(measures, periods)
    return read(engine, measures[0], picked, every, where, days=_span(measures[0], periods), conditions=shared)


def _bounds(measures: Sequence[Measure], periods: Periods) -> list[str]:
    """What the comparisons that all of them make say of every row that any period looks at."""
    bounds = []
    for term in comparisons(measures[0]):
        edges = [edge for edge in periods.edges[term.edge] if edge is not None]
        if edges and all(term in comparisons(measure) for measure in measures):
            bounds.append(f"f.{term.day} {term.sign} {max(edges) if term.sign == '<' else min(edges)}")
    return bounds


def _condition(measure: Measure) -> str:
    return " AND ".join(further_terms(measure))


def _marks(measures: Sequence[Measure]) -> tuple[str, ...]:
    """What is true or not of a row: the conditions of the measures, and the flags."""
    flags = [_flagged(flag) for measure in measures for flag in flags_of(measure)]
    return tuple(mark for mark in dict.fromkeys([*map(_condition, measures), *flags]) if mark)


def _flagged(flag: str) -> str:
    return f"f.{flag} = 1"


def _span(measure: Measure, periods: Periods) -> tuple[int | None, int]:
    """First day that any period looks at, None for all time, and the end."""
    begin, end = _edges(measure)
    first = None if measure.to_date else min(day for day in periods.edges[begin] if day is not None)
    return first, max(day for day in periods.edges[end] if day is not None)


def _edges(measure: Measure) -> tuple[str, str]:
    return ("before_day", "from_day") if measure.previous else ("from_day", "to_day")


@dataclass(frozen=True)
class _Frame:
    """Rows of a fact that several measures count, with what is true of them as bits in the order of `marks`."""

    columns: Columns
    marks: tuple[str, ...]
    periods: Periods

    @cached_property
    def _bits(self) -> Integers:
        return self.columns.numbers["marks"].astype(np.int64)

    def _has(self, mark: str, places: Integers) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = (self._bits[places] >> self.marks.index(mark)) & 1 == 1
        return found

    def _adds(self, measure: Measure) -> Numbers:
        return self.columns.numbers[f"add {measure.add}"]

    def is_exact(self, measure: Measure) -> bool:
        """Whether its sums are whole numbers that arrays add up exactly."""
        if measure.add == "1":
            return True
        adds = self._adds(measure)
        adds = adds[~np.isnan(adds)]
        return bool(np.abs(adds).sum() < _EXACT and (adds == np.trunc(adds)).all())

    def counted(self, measure: Measure) -> list[Integers]:
        """For each period the places of the rows that count."""
        begin, end = _edges(measure)
        terms = [*comparisons(measure), Comparison(measure.time, "<", end)]
        terms += [] if measure.to_date else [Comparison(measure.time, ">=", begin)]
        condition = _condition(measure)
        places = np.arange(len(self.columns.numbers[f"day {measure.time}"]))
        if condition:
            places = places[self._has(condition, places)]
        days = {term.day: self.columns.numbers[f"day {term.day}"][places] for term in terms}
        return [places[self._inside(terms, days, number)] for number in range(len(self.periods.position))]

    def _inside(self, terms: Sequence[Comparison], days: Mapping[str, Numbers], number: int) -> NDArray[np.bool_]:
        """Which rows one period looks at; a day or an edge that is not given compares with nothing."""
        edges = (self.periods.edges[term.edge][number] for term in terms)
        held = [
            _COMPARE[term.sign](days[term.day], np.nan if edge is None else edge)
            for term, edge in zip(terms, edges, strict=True)
        ]
        found: NDArray[np.bool_] = np.logical_and.reduce(held)
        return found

    def cells(
        self, measure: Measure, counted: Sequence[Integers], codes: Integers, keys: "Sequence[Key]"
    ) -> "dict[Cell, Sum]":
        """The sums of each period and combination that has rows."""
        found: dict[Cell, Sum] = {}
        for position, places in zip(self.periods.position, counted, strict=True):
            own = codes[places]
            counts, whole = self._totals(measure, places, own, len(keys))
            flags, totals = self._flags(measure, places, own), whole.tolist()
            for code in np.flatnonzero(counts).tolist():
                found[position, keys[code]] = Sum(int(totals[code]), flags.get(code, frozenset()))
        return found

    def _totals(self, measure: Measure, places: Integers, codes: Integers, size: int) -> tuple[Integers, Numbers]:
        """For each combination how many rows add something, and the sum."""
        adds = np.ones(len(places)) if measure.add == "1" else self._adds(measure)[places]
        given = ~np.isnan(adds)
        counts: Integers = np.bincount(codes[given], minlength=size)
        sums: Numbers = np.bincount(codes[given], adds[given], size).astype(float)
        return counts, sums

    def _flags(self, measure: Measure, places: Integers, codes: Integers) -> dict[int, frozenset[str]]:
        """Combination → the flags that any of its rows has."""
        found: dict[int, frozenset[str]] = {}
        for flag in flags_of(measure):
            for code in np.unique(codes[self._has(_flagged(flag), places)]).tolist():
                found[code] = found.get(code, frozenset()) | {flag}
        return found
