"""Durations of the facts' rows as arrays: each fact is read once for all slicings."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from b24kpi.metrics.columns import Columns, Integers, Numbers, parted
from b24kpi.metrics.model import Durations
from b24kpi.metrics.readings import Readings
from b24kpi.metrics.statistics.survival import Observations, rank_of
from b24kpi.metrics.wanted import Periods, Wanted, of_durations, periods_of

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key

EMPTY = Observations(np.empty(0), np.empty(0, dtype=bool), np.empty(0, dtype=bool))


def observations(
    engine: "Engine",
    part: Durations,
    slicings: "Sequence[Key]",
    where: Mapping[str, str],
    chosen: Sequence[int] = (),
    *,
    now: float | None = None,
    readings: Readings | None = None,
) -> "dict[Key, dict[Cell, Observations]]":
    """Slicing → the durations behind each of its cells, ascending; what is open now is still running.

    Args:
        chosen: positions of the periods to read; none means all.
        now: the engine's `as_of`, unless the durations are those of another clock.
        readings: where what is read is shared with others.
    """
    periods = periods_of(engine).only(chosen)
    wanted = of_durations(part, slicings, periods, engine.as_of if now is None else now)
    columns = (readings or Readings(engine, where)).fetch(wanted)
    found = _observations(columns, wanted)
    ordered = dict(_ascending(columns, found, periods))
    return {by: _cells(columns, found, by, ordered) for by in slicings}


def rank_in(ascending: Numbers, share: float) -> float | None:
    """The nearest rank among durations in their order; None where there are none."""
    return float(ascending[rank_of(len(ascending), share) - 1]) if len(ascending) else None


def _observations(columns: Columns, wanted: Wanted) -> Observations:
    assert wanted.lasting
    seconds, ended = wanted.lasting.told(columns.numbers[wanted.lasting.sql])
    event = ended & columns.marks[wanted.marks[0]] if wanted.marks else np.zeros(len(ended), dtype=bool)
    return Observations(seconds, ended, event)


def _ascending(columns: Columns, found: Observations, periods: Periods) -> Iterator[tuple[int, Integers]]:
    """For each period the places of its rows, from the shortest duration to the longest."""
    days = zip(periods.edges["from_day"], periods.edges["to_day"], strict=True)
    for position, (first, end) in zip(periods.position, days, strict=True):
        rows = columns.within(first, end or 0)
        yield position, rows.start + np.argsort(found.seconds[rows])


def _cells(
    columns: Columns, found: Observations, by: "Key", ordered: Mapping[int, Integers]
) -> "dict[Cell, Observations]":
    codes, keys = columns.grouped(by)
    cells: dict[Cell, Observations] = {}
    for position, places in ordered.items():
        order, parts = parted(codes[places], len(keys))
        own = places[order]
        seconds, ended, event = found.seconds[own], found.ended[own], found.event[own]
        cells |= {(position, keys[code]): Observations(seconds[part], ended[part], event[part]) for code, part in parts}
    return cells
