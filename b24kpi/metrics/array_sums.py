"""Sums for several slicings at once, by arrays: the same numbers as by SQL, see `passes`; and the rows behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import ge, lt
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.columns import Columns, Flags, Integers, Numbers, parted
from b24kpi.metrics.compiler import flags_of
from b24kpi.metrics.model import Measure
from b24kpi.metrics.passes import Sum, name_of
from b24kpi.metrics.readings import Readings
from b24kpi.metrics.terms import Comparison, comparisons
from b24kpi.metrics.wanted import Periods, condition_of, edges_of, flagged, of_sums, periods_of

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key

# Whole numbers below are exact as floating-point ones, and in the fifteen digits that SQLite writes of those.
_EXACT = 10.0**15
_UNFLAGGED: frozenset[str] = frozenset()
_COMPARE = {"<": lt, ">=": ge}


def array_sums(
    engine: "Engine", measures: Sequence[Measure], slicings: "Sequence[Key]", readings: Readings
) -> "dict[Key, list[dict[Cell, Sum]]] | None":
    """Slicing → cells of each measure; None where the sums are no whole numbers, or too large for this.

    The measures are of one frame and name no column of a period but `now_at`, and edges that a day is compared with.
    """
    periods = periods_of(engine)
    frame = _Frame(readings.fetch(of_sums(measures, slicings, periods)), periods)
    if not all(frame.is_exact(measure) for measure in measures):
        return None
    return {by: frame.sums(measures, by) for by in slicings}


def array_amounts(
    engine: "Engine", measure: Measure, slicings: "Sequence[Key]", readings: Readings
) -> "dict[Key, dict[Cell, Numbers]]":
    """Slicing → for each of its cells what its rows add, one by one; of a measure as above."""
    periods = periods_of(engine)
    frame = _Frame(readings.fetch(of_sums((measure,), slicings, periods)), periods)
    return {by: frame.amounts(measure, by) for by in slicings}


@dataclass(frozen=True)
class _Counted:
    """Rows that add something to a measure in one period.

    Attributes:
        adds: what each of them adds; None where that is 1.
        flagged: flag → the places of those that have it, and of others that count but add nothing.
    """

    places: Integers
    adds: Numbers | None
    flagged: Mapping[str, Integers]

    def totals(self, codes: Integers, size: int) -> tuple[Integers, NDArray[Any]]:
        """For each combination how many of them there are, and the sum."""
        if size == 1:
            return np.array([len(self.places)]), np.array([len(self.places) if self.adds is None else self.adds.sum()])
        own = codes[self.places]
        counts: Integers = np.bincount(own, minlength=size)
        return counts, counts if self.adds is None else np.bincount(own, self.adds, size)

    def flags(self, codes: Integers) -> dict[int, frozenset[str]]:
        """Combination → the flags that any of its rows has."""
        found: dict[int, frozenset[str]] = {}
        for flag, places in self.flagged.items():
            for code in set(codes[places].tolist()):
                found[code] = found.get(code, frozenset()) | {flag}
        return found


class _Frame:
    """Rows of a fact that several measures count."""

    def __init__(self, columns: Columns, periods: Periods) -> None:
        self._columns = columns
        self._periods = periods
        self._found: dict[str, list[Integers]] = {}
        self._counts: dict[str, list[_Counted]] = {}

    def is_exact(self, measure: Measure) -> bool:
        """Whether its sums are whole numbers that arrays add up exactly."""
        if measure.add == "1":
            return True
        adds = self._columns.numbers[measure.add]
        adds = adds[~np.isnan(adds)]
        return bool(np.abs(adds).sum() < _EXACT and (adds == np.trunc(adds)).all())

    def sums(self, measures: Sequence[Measure], by: "Key") -> "list[dict[Cell, Sum]]":
        """For each measure the sums of each period and combination that has rows."""
        codes, keys = self._columns.grouped(by)
        return [self._cells(measure, codes, keys) for measure in measures]

    def amounts(self, measure: Measure, by: "Key") -> "dict[Cell, Numbers]":
        """What is added by each row that adds anything."""
        codes, keys = self._columns.grouped(by)
        found: dict[Cell, Numbers] = {}
        for position, counted in zip(self._periods.position, self._counted(measure), strict=True):
            order, parts = parted(codes[counted.places], len(keys))
            adds = np.ones(len(order)) if counted.adds is None else counted.adds[order]
            found |= {(position, keys[code]): adds[part] for code, part in parts}
        return found

    def _cells(self, measure: Measure, codes: Integers, keys: "Sequence[Key]") -> "dict[Cell, Sum]":
        found: dict[Cell, Sum] = {}
        for position, counted in zip(self._periods.position, self._counted(measure), strict=True):
            counts, totals = counted.totals(codes, len(keys))
            flags = counted.flags(codes)
            present = np.flatnonzero(counts)
            for code, total in zip(present.tolist(), totals[present].astype(np.int64).tolist(), strict=True):
                found[position, keys[code]] = Sum(total, flags.get(code, _UNFLAGGED))
        return found

    def _counted(self, measure: Measure) -> list[_Counted]:
        """For each period what the measure counts, whatever it is sliced by."""
        name = name_of(measure)
        if name not in self._counts:
            self._counts[name] = [self._count(measure, places) for places in self._held(measure)]
        return self._counts[name]

    def _count(self, measure: Measure, places: Integers) -> _Counted:
        marks = ((flag, self._columns.marks[flagged(flag)]) for flag in flags_of(measure))
        having = {flag: places[mark[places]] for flag, mark in marks}
        if measure.add == "1":
            return _Counted(places, None, having)
        adds = self._columns.numbers[measure.add][places]
        given = ~np.isnan(adds)
        return _Counted(places[given], adds[given], having)

    def _held(self, measure: Measure) -> list[Integers]:
        """For each period the places of the rows that count; the same for measures that only add differently."""
        name = repr((measure.where, measure.time, measure.to_date, measure.previous))
        if name not in self._found:
            self._found[name] = [self._places(measure, number) for number in range(len(self._periods.position))]
        return self._found[name]

    def _places(self, measure: Measure, number: int) -> Integers:
        """Rows that count in one period; a day or an edge that is not given compares with nothing."""
        first, end = (self._edge(edge, number) for edge in edges_of(measure))
        if end is None or (first is None and not measure.to_date):
            return np.empty(0, dtype=np.int64)
        rows = self._columns.within(None if measure.to_date else first, end)
        held = [self._holds(term, number, rows) for term in comparisons(measure)]
        condition = condition_of(measure)
        held += [self._columns.marks[condition][rows]] if condition else []
        places = np.arange(rows.start, rows.stop)
        return places[np.logical_and.reduce(held)] if held else places

    def _holds(self, term: Comparison, number: int, rows: slice) -> Flags:
        edge = self._edge(term.edge, number)
        days = self._columns.numbers[f"f.{term.day}"][rows]
        found: Flags = _COMPARE[term.sign](days, np.nan if edge is None else edge)
        return found

    def _edge(self, name: str, number: int) -> int | None:
        return self._periods.edges[name][number]
