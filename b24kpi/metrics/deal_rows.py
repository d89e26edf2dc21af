"""Rows of fact_deal out of the arrays of fact_course, where that is there: in a tenth of the time that rows take.

Both are kept together and hold the same. What the arrays have no column for is read row by row.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from b24kpi.facts.arrays import NO_ID, NO_MOMENT
from b24kpi.facts.clock_changes import clock_changes
from b24kpi.facts.functions import DAY, as_date
from b24kpi.facts.refresh import made_facts
from b24kpi.metrics.coded import Coded, matching
from b24kpi.metrics.columns import Columns, Flags, Integers, Numbers, ascending, told_as_texts
from b24kpi.metrics.compiler import dimension
from b24kpi.metrics.course_columns import CourseColumns, course_columns
from b24kpi.metrics.courses import FLAGS, LOST, WON
from b24kpi.metrics.model import Durations, Measure
from b24kpi.metrics.wanted import Lasting, Wanted

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine

Array = NDArray[Any]

_EPOCH = date(1970, 1, 1).toordinal()
# Days between which no moment is but the nearest to what the arrays cannot hold.
_FIRST_DAY, _LAST_DAY = 1980_01_01, 2100_01_01
_MOMENTS = ("created_at", "closed_at")
_DAYS = {"created_day": "created_at", "closed_day": "closed_at"}
_OUTCOMES = {"'won'": WON, "'lost'": LOST}
_CODES = {"category_id": "pipeline", "manager_id": "manager", "source_id": "source", "created_manager_id": "creator"}
_IDS = ("pipeline", "manager", "creator")
_MANY = 0.25  # of all rows
_TERM = re.compile(r"(?:f\.)?(\w+) (=|<=|>=|<|>) (-?\d+|'\w+')")
_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": np.equal,
    "<=": np.less_equal,
    ">=": np.greater_equal,
    "<": np.less,
    ">": np.greater,
}


class _Term(NamedTuple):
    """`column`, compared with a number, or an outcome."""

    column: str
    sign: str
    literal: str


class DealRows:
    """All deals of a cache."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    @property
    def _columns(self) -> CourseColumns:
        return course_columns(self._engine)

    def tells(self, wanted: Wanted, where: Mapping[str, str]) -> bool:
        """Whether the arrays are there and hold all that is wanted, of rows with these dimension values."""
        if wanted.part.fact != "deal" or "course" not in made_facts(self._engine.store):
            return False
        dimensions = (dimension(wanted.part, name).removeprefix("f.") for name in (*wanted.by, *where))
        conditions, lasting = (*wanted.marks, *wanted.conditions), wanted.lasting
        return (
            wanted.part.time in _DAYS
            and all(name in _CODES for name in dimensions)
            and all(number.removeprefix("f.") in (*_DAYS, *_MOMENTS, "money") for number in wanted.numbers)
            and all(_is_told(condition) for condition in conditions)
            and (lasting is None or (lasting.start, lasting.end) == _MOMENTS)
            and (wanted.days[0] or _FIRST_DAY) >= _FIRST_DAY
            and wanted.days[1] <= _LAST_DAY
        )

    def fetch(self, wanted: Wanted, where: Mapping[str, str]) -> Columns:
        """The rows that are wanted."""
        rows, days = self._within(wanted)
        narrowing = {name: self._codes(wanted.part, name, rows) for name in where}
        held = [
            matching(narrowing, where, len(rows)),
            *(self._holds(condition, rows) for condition in wanted.conditions),
        ]
        kept = np.flatnonzero(np.logical_and.reduce(held))
        kept = kept[ascending(days[kept])]
        rows = rows[kept]
        coded = {name: self._codes(wanted.part, name, rows) for name in wanted.by}
        numbers = {number: self._number(number.removeprefix("f."), rows) for number in wanted.numbers}
        numbers |= {wanted.lasting.sql: self._lasting(wanted.lasting, rows)} if wanted.lasting else {}
        return Columns(
            days[kept],
            numbers,
            {mark: self._holds(mark, rows) for mark in wanted.marks},
            {name: codes for name, (codes, _) in coded.items()},
            {name: tuple(texts) for name, (_, texts) in coded.items()},
        )

    def _within(self, wanted: Wanted) -> tuple[Integers, Array]:
        """The rows of the days that are looked at, and their days."""
        (first, end), moments = wanted.days, self._columns.array(_DAYS[wanted.part.time])
        low, high = _around(first, end)
        rows = np.flatnonzero((moments >= low) & (moments < high))
        days = self._local_days(moments[rows])
        held = (days < end) & (days >= (first or 0))
        return rows[held], days[held]

    def _number(self, name: str, rows: Integers) -> Numbers:
        """NULL is not a number; what a closed deal has for a moment in 2200 is one that has not come yet."""
        if name == "money":
            return np.asarray(self._columns.array(name)[rows].astype(float))
        moments = self._columns.array(_DAYS.get(name, name))[rows]
        values = self._local_days(moments) if name in _DAYS else moments
        floats: Numbers = values.astype(float)
        floats[(moments == NO_MOMENT) & (self._columns.array("mark")[rows] & sum(_OUTCOMES.values()) == 0)] = np.nan
        return floats

    def _lasting(self, lasting: Lasting, rows: Integers) -> Numbers:
        return lasting.number(*(self._columns.array(name)[rows].astype(np.int64) for name in _MOMENTS))

    def _holds(self, condition: str, rows: Integers) -> Flags:
        """Which of the rows satisfy it."""
        found = (
            np.logical_and.reduce([self._satisfies(term, rows) for term in terms]) for terms in _alternatives(condition)
        )
        return np.asarray(np.logical_or.reduce(list(found)))

    def _satisfies(self, term: _Term, rows: Integers) -> Flags:
        if term.column == "outcome":
            return np.asarray(self._columns.array("mark")[rows] & _OUTCOMES[term.literal] > 0)
        if term.column in FLAGS:
            return np.asarray(self._columns.array("mark")[rows] & FLAGS[term.column] > 0)
        return np.asarray(_COMPARE[term.sign](self._number(term.column, rows), float(term.literal)))

    def _codes(self, part: Measure | Durations, name: str, rows: Integers) -> Coded:
        """Of the rows: all of a column are told apart only where many are wanted."""
        column = _CODES[dimension(part, name).removeprefix("f.")]
        if column in _IDS and len(rows) < _MANY * len(self._columns.array("mark")):
            return told_as_texts(self._columns.array(column)[rows], NO_ID)
        codes, texts = self._columns.codes(column)
        return codes[rows], texts

    def _local_days(self, moments: Array) -> Array:
        """Days as YYYYMMDD; without meaning for what has no moment."""
        given = moments[moments < NO_MOMENT]
        if not len(given):
            return np.zeros(len(moments), dtype=np.int32)
        changes = clock_changes(self._engine.zone, int(given.min()), int(given.max()))
        begins, ahead = (np.array(each, dtype=np.int64) for each in zip(*changes, strict=True))
        places = np.searchsorted(begins, moments, side="right") - 1
        days: Array = _numbers_of_days()[(moments + ahead[places]) // DAY]
        return days


def deal_rows(engine: "Engine") -> DealRows:
    """Those of an engine, read once."""
    return engine.once(DealRows, lambda: DealRows(engine))


def _is_told(condition: str) -> bool:
    terms = [term for alternative in _alternatives(condition) for term in alternative]
    return all(term is not None and _is_known(term) for term in terms)


def _is_known(term: _Term) -> bool:
    if term.column == "outcome":
        return term.sign == "=" and term.literal in _OUTCOMES
    if term.column in FLAGS:
        return term[1:] == ("=", "1")
    return term.column in (*_DAYS, *_MOMENTS, "money") and not term.literal.startswith("'")


def _alternatives(condition: str) -> list[list[Any]]:
    """`(a AND b) OR (c)`: one of the lists has to hold, all of its terms; None for a term that is told otherwise."""
    is_list = condition.startswith("(") and condition.endswith(")")
    parts = condition[1:-1].split(") OR (") if is_list else [condition]
    return [[_term(text) for text in part.split(" AND ")] for part in parts]


def _term(text: str) -> _Term | None:
    found = _TERM.fullmatch(text)
    return _Term(*found.groups()) if found else None


def _around(first: int | None, end: int) -> tuple[int, int]:
    """Moments between which all local days from the first one (None: from ever) until before the end lie."""
    low, high = ((_midnight(day) if day else 0) for day in (first, end))
    return max(low - 2 * DAY, 0), min(high + 2 * DAY, NO_MOMENT)


def _midnight(day: int) -> int:
    """The beginning of a day, YYYYMMDD, in Greenwich."""
    return (as_date(day).toordinal() - _EPOCH) * DAY


@cache
def _numbers_of_days() -> Array:
    """Days since 1970 → YYYYMMDD, for all that the arrays can hold."""
    days = np.arange(NO_MOMENT // DAY + 3).astype("datetime64[D]")
    months, years = days.astype("datetime64[M]"), days.astype("datetime64[Y]")
    year = years.astype(int) + 1970
    month = (months - years.astype("datetime64[M]")).astype(int) + 1
    day = (days - months.astype("datetime64[D]")).astype(int) + 1
    return np.asarray((year * 10_000 + month * 100 + day).astype(np.int32))
