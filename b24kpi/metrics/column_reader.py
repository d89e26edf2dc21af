"""Reads columns of a fact: what is asked of the same rows by several parts, at once.

SQLite hands each column over as one text of many rows: a row at a time costs several times what its numbers do.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.cache.side_by_side import first_rows
from b24kpi.facts.definition import Fact, load_facts
from b24kpi.facts.functions import as_date, as_number
from b24kpi.metrics.column_plan import (
    DAY_BITS,
    MARKS_A_NUMBER,
    NOTHING,
    Plan,
    day_of,
    mark_of,
    none_above,
    numbers_of,
    planned,
)
from b24kpi.metrics.columns import Columns, Flags, Integers, Numbers, ascending, told_as_texts
from b24kpi.metrics.compiler import dimension
from b24kpi.metrics.parted_texts import told_apart
from b24kpi.metrics.terms import with_moment
from b24kpi.metrics.wanted import Wanted

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine

# So many ids of a fact at a time: texts of all would take as much memory as the arrays.
AT_ONCE = 250_000
_WORTH_TWO = 10_000  # rows


def read(engine: "Engine", wanted: Sequence[Wanted], where: Mapping[str, str], *, all_through: bool = False) -> "Rows":
    """The rows of them all, which are of one fact.

    Args:
        all_through: read the table in its own order, since an index would lead to most of its rows.
    """
    plan = planned(wanted, where, all_through=all_through)
    try:
        return _read(engine, plan, where, all_through=all_through)
    except _Unfit:
        return _read(engine, replace(plan, is_packed=False, is_parted=False), where, all_through=all_through)


class _Unfit(Exception):
    """A number does not fit above the day of its row, or a text holds what parts it from the next one."""


def _read(engine: "Engine", plan: Plan, where: Mapping[str, str], *, all_through: bool) -> "Rows":
    fact = load_facts()[plan.fact]
    sql = f"SELECT {', '.join(plan.picked)} FROM {fact.table} AS f{' NOT INDEXED' if all_through else ''}"
    params: dict[str, str | int] = {**where, "now_at": int(engine.as_of)}
    shares = list(_shares(engine, fact) if all_through else _halves(engine, plan))
    statements = [with_moment(f"{sql} WHERE ({plan.condition}){share}") for share in shares]
    rows = Rows(plan, where)
    with closing(first_rows(engine.store, statements, params)) as found:
        for texts in found:
            rows.add(texts)
    rows.join()
    return rows


def _shares(engine: "Engine", fact: Fact) -> Iterator[str]:
    """SQL of shares of a table that are next to each other in it."""
    if "WITHOUT ROWID" in fact.create:
        yield ""
        return
    # Two statements: SQLite looks at the ends of an index only for a single one of them.
    first, last = (engine.store.query(f"SELECT {end}(rowid) FROM {fact.table}")[0][0] or 0 for end in ("MIN", "MAX"))
    for begin in range(first, last + 1, AT_ONCE):
        yield f" AND f.rowid BETWEEN {begin} AND {begin + AT_ONCE - 1}"


def _halves(engine: "Engine", plan: Plan) -> Iterator[str]:
    """SQL of the two halves of the days, where an index leads to so many rows that two connections are quicker."""
    table = load_facts()[plan.fact].table
    if plan.days is None or not engine.store.is_big or load_facts()[plan.fact].is_view:
        yield ""
        return
    found = engine.store.query(
        f"SELECT 1 FROM {table} AS f WHERE {plan.day} >= ? AND {plan.day} < ? LIMIT 1 OFFSET {_WORTH_TWO}", plan.days
    )
    if not found:
        yield ""
        return
    first, end = map(as_date, plan.days)
    middle = as_number(first + (end - first) // 2)
    yield from (f" AND {plan.day} < {middle}", f" AND {plan.day} >= {middle}")


class Rows:
    """The columns of a plan, share by share, and in the end whole, in the order of the first day that is wanted."""

    def __init__(self, plan: Plan, where: Mapping[str, str]) -> None:
        self._plan = plan
        self._where = where
        self._known = [_Numbering() for _ in plan.dimensions]
        self._shares: list[list[NDArray[Any]]] = []
        self._columns: list[NDArray[Any]] = []
        self._told: dict[str, tuple[Integers, tuple[str, ...]]] = {}

    def add(self, texts: Sequence[str | None]) -> None:
        """What a statement has found; without rows a text of numbers is NULL."""
        if texts[0] is not None:
            own = len(texts) - len(self._known)
            packed, *numbers = (_parsed(text or "") for text in texts[:own])
            if packed.dtype != np.int64:
                raise _Unfit
            told = _parted if self._plan.is_parted else _coded
            coded = [told(text or "", known) for text, known in zip(texts[own:], self._known, strict=True)]
            if any(len(codes) != len(packed) for codes in coded):
                raise _Unfit
            days, place = (packed & (1 << DAY_BITS) - 1) - 1, len(self._plan.numbers) - 1
            days[days == -1] = NOTHING
            marked = (packed >> DAY_BITS) & (1 << min(len(self._plan.marks), MARKS_A_NUMBER)) - 1
            further = place + max(len(self._plan.marks) - 1, 0) // MARKS_A_NUMBER
            whole = (*self._above(packed), *numbers[further:])
            columns = (days, *numbers[:place], marked, *numbers[place:further], *whole, *coded)
            self._shares.append([_short(column) for column in columns])

    def _above(self, packed: Integers) -> list[Integers]:
        """The dimension that is told with the day."""
        bits = self._plan.packed_bits
        if not bits:
            return []
        found = packed >> bits
        found[found == none_above(bits)] = NOTHING
        return [found]

    def join(self) -> None:
        """All shares have been added."""
        count = len(replace(self._plan, is_packed=False).picked) + 1
        columns = [list(each) for each in zip(*self._shares, strict=True)]
        self._shares.clear()
        order: Integers = ascending(np.concatenate(columns[0])) if columns else np.empty(0, dtype=np.int64)
        for shares in columns:
            self._columns.append(np.concatenate(shares)[order])
            shares.clear()  # so that hardly more than one column is there twice
        self._columns = self._columns or [np.empty(0, dtype=np.int64)] * count

    def of(self, wanted: Wanted) -> Columns:
        """The rows of one of the wanted."""
        rows = self._rows(wanted)
        dimensions = {name: self._dimension(dimension(wanted.part, name)) for name in wanted.by}
        return Columns(
            self._number(day_of(wanted))[rows],
            {number: _as_floats(self._number(number)[rows]) for number in numbers_of(wanted)},
            {mark: self._mark(mark)[rows] for mark in wanted.marks},
            {name: codes[rows] for name, (codes, _) in dimensions.items()},
            {name: values for name, (_, values) in dimensions.items()},
        )

    def _rows(self, wanted: Wanted) -> slice | Integers:
        """Where they are, in the order of their days; all have their place, and no copy, where nothing marks them."""
        days, (first, end) = self._number(day_of(wanted)), wanted.days
        held = [days < end, *([days >= first] if first is not None else [days > NOTHING])]
        # Where nothing else was wanted, all rows are its own, and nothing marks them.
        held += [self._mark(mark) for mark in mark_of(wanted, self._where) if mark in self._plan.marks]
        rows = np.flatnonzero(np.logical_and.reduce(held))
        if day_of(wanted) != self._plan.day:
            return rows[ascending(days[rows])]
        is_whole = len(rows) > 0 and rows[-1] - rows[0] + 1 == len(rows)
        return slice(int(rows[0]), int(rows[-1]) + 1) if is_whole else rows

    def _number(self, sql: str) -> NDArray[Any]:
        return self._columns[self._plan.numbers.index(sql)]

    def _mark(self, sql: str) -> Flags:
        share, place = divmod(self._plan.marks.index(sql), MARKS_A_NUMBER)  # the first were with the days
        found: Flags = (self._columns[len(self._plan.numbers) + share] >> place) & 1 == 1
        return found

    def _dimension(self, sql: str) -> tuple[Integers, tuple[str, ...]]:
        """Of all rows; told when it is first asked for."""
        if sql not in self._told:
            self._told[sql] = self._whole(sql) if sql in self._plan.whole else self._text(sql)
        return self._told[sql]

    def _whole(self, sql: str) -> tuple[Integers, tuple[str, ...]]:
        own = len(self._columns) - len(self._known) - len(self._plan.whole)
        return told_as_texts(self._columns[own + self._plan.whole.index(sql)], NOTHING)

    def _text(self, sql: str) -> tuple[Integers, tuple[str, ...]]:
        """NULL and the empty text are one value."""
        place = self._plan.dimensions.index(sql)
        texts: dict[str, int] = {}
        renamed = [texts.setdefault("" if value is None else str(value), len(texts)) for value in self._known[place]]
        codes = self._columns[place - len(self._known)]
        return np.array(renamed, dtype=np.int32)[codes] if renamed else codes, tuple(texts)


def _parsed(text: str) -> NDArray[Any]:
    """Numbers with commas between; SQLite writes a point into each that is no whole one by its type."""
    found: NDArray[Any] = np.fromstring(text, dtype=float if "." in text else np.int64, sep=",")
    return found


def _short(numbers: NDArray[Any]) -> NDArray[Any]:
    """In half the memory where they are small and whole."""
    is_whole = numbers.dtype == np.int64 and len(numbers)
    is_small = is_whole and numbers.min() >= -(2**31) and numbers.max() < 2**31
    return numbers.astype(np.int32) if is_small else numbers


class _Numbering(dict[Any, int]):
    """Value → its number; new ones are numbered as they come."""

    def __missing__(self, value: Any) -> int:
        self[value] = number = len(self)
        return number


def _coded(text: str, known: _Numbering) -> Integers:
    """Values of a JSON list as their numbers."""
    values = json.loads(text)
    return np.fromiter(map(known.__getitem__, values), np.int32, len(values))


def _parted(text: str, known: _Numbering) -> Integers:
    """Values between separators as their numbers."""
    places, values = told_apart(text)
    return np.array([known[value] for value in values], dtype=np.int32)[places]


def _as_floats(numbers: NDArray[Any]) -> Numbers:
    floats: Numbers = numbers.astype(float)
    floats[numbers == NOTHING] = np.nan
    return floats
