"""What parts of questions want of a fact's rows; said before anything is read, so that rows are read once for all."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING

from b24kpi.metrics.compiler import flags_of
from b24kpi.metrics.model import Durations, Measure, Query
from b24kpi.metrics.terms import EDGES, comparisons, further_terms, only_compares

if TYPE_CHECKING:
    from b24kpi.metrics.columns import Flags, Integers, Numbers
    from b24kpi.metrics.engine import Engine, Key


_STILL = 2**40  # seconds; further back than anything begins


@dataclass(frozen=True)
class Lasting:
    """From which column until which something lasts, as one number of each row: columns of long numbers are slow.

    Attributes:
        now: what is not over by then is still running, epoch seconds or the reading of another clock.
    """

    start: str
    end: str
    now: float

    @property
    def sql(self) -> str:
        """Seconds of what is over; what still runs is told by when it began, below zero."""
        over, lasted = f"f.{self.end} <= {floor(self.now)}", f"f.{self.end} - f.{self.start}"
        return f"CASE WHEN {over} THEN MAX({lasted}, 0) ELSE {-_STILL} - f.{self.start} END"

    def number(self, start: "Integers", end: "Integers") -> "Numbers":
        """The same of arrays; what never ends does so later than now."""
        import numpy as np  # a tenth of a second

        return np.where(end <= self.now, np.maximum(end - start, 0), -_STILL - start).astype(float)

    def told(self, numbers: "Numbers") -> "tuple[Numbers, Flags]":
        """How many seconds each lasts, of what is still running so far, and whether it is over."""
        import numpy as np  # as above

        ended = numbers >= 0
        return np.where(ended, numbers, np.maximum(self.now + _STILL + numbers, 0)), ended


@dataclass(frozen=True)
class Wanted:
    """Rows of a fact, and columns of them; SQL is in terms of the fact `f`.

    Attributes:
        part: names the fact, its dimensions, and the day by which rows are found.
        days: first and end of that day as YYYYMMDD; all days before the end where the first is None.
        by: dimensions.
        numbers: SQL of numbers; marks: SQL of what is true or not of a row.
        conditions: SQL of what is true of every row.
        lasting: a further number of each.
    """

    part: Measure | Durations
    days: tuple[int | None, int]
    by: tuple[str, ...]
    numbers: tuple[str, ...]
    marks: tuple[str, ...]
    conditions: tuple[str, ...]
    lasting: Lasting | None = None


@dataclass(frozen=True)
class Periods:
    """Edges of the engine's periods, which are days as YYYYMMDD; `position` is the number of each."""

    position: tuple[int, ...]
    edges: Mapping[str, tuple[int | None, ...]]

    def only(self, chosen: Collection[int]) -> "Periods":
        """Those at these positions; none means all."""
        places = [place for place, position in enumerate(self.position) if not chosen or position in chosen]
        edges = {name: tuple(days[place] for place in places) for name, days in self.edges.items()}
        return Periods(tuple(self.position[place] for place in places), edges)

    def given(self, edge: str) -> list[int]:
        """Those that are days at all."""
        return [day for day in self.edges[edge] if day is not None]


def periods_of(engine: "Engine") -> Periods:
    """The periods that the engine has set."""
    rows = engine.store.query(f"SELECT position, {', '.join(EDGES)} FROM period ORDER BY position")
    columns = list(zip(*rows, strict=True)) or [()] * (1 + len(EDGES))
    return Periods(columns[0], dict(zip(EDGES, columns[1:], strict=True)))


def of_sums(measures: Sequence[Measure], slicings: "Sequence[Key]", periods: Periods) -> Wanted:
    """What is summed: the measures are of one frame (see `passes`) and only compare days with edges of periods."""
    conditions = list(dict.fromkeys(map(condition_of, measures)))
    shared = [" OR ".join(f"({each})" for each in conditions)] if all(conditions) else []
    adds = [measure.add for measure in measures if measure.add != "1"]
    days = sorted({f"f.{term.day}" for measure in measures for term in comparisons(measure)})
    flags = [flagged(flag) for measure in measures for flag in flags_of(measure)]
    return Wanted(
        part=measures[0],
        days=_span(measures[0], periods),
        by=_every(slicings),
        numbers=tuple(dict.fromkeys([*days, *adds])),
        marks=tuple(mark for mark in dict.fromkeys([*conditions, *flags]) if mark),
        conditions=(*shared, *_bounds(measures, periods)),
    )


def of_durations(part: Durations, slicings: "Sequence[Key]", periods: Periods, now: float) -> Wanted:
    """What lasts, and whether it ended in the event asked for."""
    return Wanted(
        part=part,
        days=(min(periods.given("from_day"), default=0), max(periods.given("to_day"), default=0)),
        by=_every(slicings),
        numbers=(),
        marks=(event_of(part),) if part.outcome else (),
        conditions=(part.where,) if part.where else (),
        lasting=Lasting(part.start, part.end, now),
    )


def is_in_working_time(part: Durations) -> bool:
    """Whether its columns are readings of the clock of working time, which all are that are called so."""
    return part.start.endswith("_work")


def plain_amounts(query: Query) -> Measure | None:
    """The measure of whose rows a mean is taken, each for itself; None where arrays cannot tell them."""
    metric = query.metric
    if metric.interval != "bootstrap":
        return None
    above, below = query.measures[metric.numerator], query.measures[metric.denominator]
    return above if not below.distinct and not above.distinct and only_compares(above) else None


def condition_of(measure: Measure) -> str:
    """SQL of what a measure asks of a row beside comparisons with edges; "" where nothing."""
    return " AND ".join(further_terms(measure))


def flagged(flag: str) -> str:
    """SQL that is true of rows with the flag."""
    return f"f.{flag} = 1"


def event_of(part: Durations) -> str:
    """SQL that is true of rows that ended, or will end, in the event asked for."""
    return f"{part.outcome} = '{part.event}'"


def edges_of(measure: Measure) -> tuple[str, str]:
    """Which edges bound the days of a measure's rows."""
    return ("before_day", "from_day") if measure.previous else ("from_day", "to_day")


def _span(measure: Measure, periods: Periods) -> tuple[int | None, int]:
    """First day that any period looks at, None for all time, and the end."""
    begin, end = map(periods.given, edges_of(measure))
    return None if measure.to_date else min(begin, default=0), max(end, default=0)


def _bounds(measures: Sequence[Measure], periods: Periods) -> list[str]:
    """What the comparisons that all of them make say of every row that any period looks at."""
    bounds = []
    for term in comparisons(measures[0]):
        edges = periods.given(term.edge)
        if edges and all(term in comparisons(measure) for measure in measures):
            bounds.append(f"f.{term.day} {term.sign} {max(edges) if term.sign == '<' else min(edges)}")
    return bounds


def _every(slicings: "Sequence[Key]") -> "Key":
    return tuple(dict.fromkeys(name for by in slicings for name in by))
