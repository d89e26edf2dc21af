"""Durations of the facts' rows as arrays: each fact is read once for all slicings."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from b24kpi.metrics.columns import Columns, grouped, periods_of, read
from b24kpi.metrics.model import Durations
from b24kpi.metrics.statistics.survival import Observations

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
) -> "dict[Key, dict[Cell, Observations]]":
    """Slicing → the durations behind each of its cells; what is open now is still running.

    Args:
        chosen: positions of the periods to read; none means all.
        now: the engine's `as_of`, unless the durations are those of another clock.
    """
    known = periods_of(engine, ("from_day", "to_day"))
    days = zip(known.position, known.edges["from_day"], known.edges["to_day"], strict=True)
    wanted = [(position, first or 0, end or 0) for position, first, end in days if not chosen or position in chosen]
    if not wanted:
        return {by: {} for by in slicings}
    every = tuple(dict.fromkeys(name for by in slicings for name in by))
    span = min(first for _, first, _ in wanted), max(end for *_, end in wanted)
    is_event = f"f.{part.outcome} = '{part.event}'" if part.outcome else "0"
    picked = {"day": f"f.{part.time}", "start": f"f.{part.start}", "end": f"f.{part.end}", "is_event": is_event}
    conditions = [part.where] if part.where else []
    columns = read(engine, part, picked, every, where, days=span, conditions=conditions)
    found = _observations(columns, engine.as_of if now is None else now)
    return {by: _cells(columns, found, by, wanted) for by in slicings}


def _observations(columns: Columns, now: float) -> Observations:
    start, end = columns.numbers["start"], columns.numbers["end"]
    ended = end <= now  # what has no end is not a number
    event = ended & (columns.numbers["is_event"] > 0)
    return Observations(np.maximum(np.where(ended, end, now) - start, 0), ended, event)


def _cells(
    columns: Columns, found: Observations, by: "Key", periods: Iterable[tuple[int, int, int]]
) -> "dict[Cell, Observations]":
    """The observations of each period, (position, first day, end), and combination."""
    codes, keys = grouped(columns, by)
    order = np.argsort(codes, kind="stable")
    days, codes = columns.numbers["day"][order], codes[order]
    cells: dict[Cell, Observations] = {}
    for position, first, end in periods:
        inside = np.flatnonzero((days >= first) & (days < end))
        sizes = np.bincount(codes[inside], minlength=len(keys))
        places = order[inside]
        own = Observations(found.seconds[places], found.ended[places], found.event[places])
        ends = np.cumsum(sizes)
        for code in np.flatnonzero(sizes).tolist():
            part = slice(int(ends[code] - sizes[code]), int(ends[code]))
            cells[position, keys[code]] = Observations(own.seconds[part], own.ended[part], own.event[part])
    return cells
