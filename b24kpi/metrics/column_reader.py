"""Reads columns of a fact: what is asked of the same rows by several parts, at once.

SQLite hands each column over as one text of many rows: a row at a time costs several times what its numbers do.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.facts.definition import Fact, load_facts
from b24kpi.metrics.columns import Columns, Flags, Integers, Numbers
from b24kpi.metrics.compiler import dimension, slice_conditions
from b24kpi.metrics.terms import with_moment
from b24kpi.metrics.wanted import Wanted

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine

_NOTHING = -(2**62)  # stands for NULL in a text of numbers
_MARKS_A_NUMBER = 60
# So many ids of a fact at a time: texts of all would take as much memory as the arrays.
AT_ONCE = 250_000


def read(
    engine: "Engine", wanted: Sequence[Wanted], where: Mapping[str, str], *, all_through: bool = False
) -> list[Columns]:
    """For each its rows; all are of one fact.

    Args:
        all_through: read the table in its own order, since an index would lead to most of its rows.
    """
    plan = _plan(wanted, where, all_through=all_through)
    fact = load_facts()[wanted[0].part.fact]
    sql = f"SELECT {', '.join(plan.picked)} FROM {fact.table} AS f{' NOT INDEXED' if all_through else ''}"
    params: dict[str, str | int] = {**where, "now_at": int(engine.as_of)}
    rows = _Rows(plan)
    for share in _shares(engine, fact) if all_through else ("",):
        rows.add(engine.store.query(with_moment(f"{sql} WHERE ({plan.condition}){share}"), params)[0])
    rows.join()
    return [rows.of(each, where) for each in wanted]


def _shares(engine: "Engine", fact: Fact) -> Iterator[str]:
    """SQL of shares of a table that are next to each other in it."""
    if "WITHOUT ROWID" in fact.create:
        yield ""
        return
    # Two statements: SQLite looks at the ends of an index only for a single one of them.
    first, last = (engine.store.query(f"SELECT {end}(rowid) FROM {fact.table}")[0][0] or 0 for end in ("MIN", "MAX"))
    for begin in range(first, last + 1, AT_ONCE):
        yield f" AND f.rowid BETWEEN {begin} AND {begin + AT_ONCE - 1}"


@dataclass(frozen=True)
class _Plan:
    """What one statement reads for all that is wanted: SQL of numbers, of marks, which become bits, of dimensions."""

    numbers: tuple[str, ...]
    marks: tuple[str, ...]
    dimensions: tuple[str, ...]
    condition: str

    @property
    def picked(self) -> list[str]:
        """Texts of whole columns: the numbers, then so many marks at a time as bits of a number, then dimensions."""
        shares = [self.marks[begin : begin + _MARKS_A_NUMBER] for begin in range(0, len(self.marks), _MARKS_A_NUMBER)]
        bits = [
            " + ".join(f"CASE WHEN {mark} THEN {1 << place} ELSE 0 END" for place, mark in enumerate(share))
            for share in shares
        ]
        numbers = [*(f"COALESCE({number}, {_NOTHING})" for number in self.numbers), *bits]
        return [
            *(f"GROUP_CONCAT({number})" for number in numbers),
            *(f"JSON_GROUP_ARRAY({dimension})" for dimension in self.dimensions),
        ]


def _plan(wanted: Sequence[Wanted], where: Mapping[str, str], *, all_through: bool) -> _Plan:
    return _Plan(
        _once(sql for each in wanted for sql in (_day(each), *each.numbers)),
        _once(sql for each in wanted for sql in (*(_mark_of(each, where) if len(wanted) > 1 else ()), *each.marks)),
        _once(dimension(each.part, name) for each in wanted for name in each.by),
        " OR ".join(f"({_rows_of(each, where, all_through=all_through)})" for each in _by_day(wanted)),
    )


def _by_day(wanted: Sequence[Wanted]) -> list[list[Wanted]]:
    """So that an index on a day is gone through once for all that look at it."""
    groups: dict[str, list[Wanted]] = defaultdict(list)
    for each in wanted:
        groups[_day(each)].append(each)
    return list(groups.values())


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _day(wanted: Wanted) -> str:
    return f"f.{wanted.part.time}"


def _rows_of(group: Sequence[Wanted], where: Mapping[str, str], *, all_through: bool) -> str:
    """SQL of the rows that any of them looks at; they have one day, and either all or none look at all time."""
    firsts = [first for first, _ in (each.days for each in group) if first is not None]
    # Of a table without row ids SQLite takes an index all the same, unless the column has a sign before it.
    day = f"{'+' if all_through else ''}{_day(group[0])}"
    bounds = [f"{day} < {max(end for _, end in (each.days for each in group))}"]
    bounds += [f"{day} >= {min(firsts)}"] if firsts else []
    marks = _once(mark for each in group for mark in _mark_of(each, where) or [""])
    return " AND ".join([*bounds, *([f"({' OR '.join(marks)})"] if all(marks) else [])])


def _mark_of(wanted: Wanted, where: Mapping[str, str]) -> list[str]:
    """What tells its rows from others of the same days."""
    terms = [*slice_conditions(wanted.part, where), *wanted.conditions]
    return [" AND ".join(f"({term})" for term in terms) if len(terms) > 1 else terms[0]] if terms else []


class _Rows:
    """The columns of a plan, share by share, and in the end whole."""

    def __init__(self, plan: _Plan) -> None:
        self._plan = plan
        self._known = [_Numbering() for _ in plan.dimensions]
        self._shares: list[list[NDArray[Any]]] = []
        self._columns: list[NDArray[Any]] = []

    def add(self, texts: Sequence[str | None]) -> None:
        """What a statement has found; without rows a text of numbers is NULL."""
        if texts[0] is not None:
            own = len(texts) - len(self._known)
            coded = (_coded(text or "", known) for text, known in zip(texts[own:], self._known, strict=True))
            self._shares.append([*(_parsed(text or "") for text in texts[:own]), *coded])

    def join(self) -> None:
        """All shares have been added."""
        count = len(self._plan.picked)
        self._columns = [np.concatenate(each) for each in zip(*self._shares, strict=True)] or [
            np.empty(0, dtype=np.int64)
        ] * count
        self._shares.clear()

    def of(self, wanted: Wanted, where: Mapping[str, str]) -> Columns:
        """The rows of one of the wanted."""
        days, (first, end) = self._number(_day(wanted)), wanted.days
        held = [days < end, *([days >= first] if first is not None else [days > _NOTHING])]
        # Where nothing else was wanted, all rows are its own, and nothing marks them.
        held += [self._mark(mark) for mark in _mark_of(wanted, where) if mark in self._plan.marks]
        rows = np.flatnonzero(np.logical_and.reduce(held))
        order = rows[np.argsort(days[rows], kind="stable")]
        dimensions = {name: self._dimension(dimension(wanted.part, name), order) for name in wanted.by}
        return Columns(
            days[order].astype(np.int64),
            {number: _as_floats(self._number(number)[order]) for number in wanted.numbers},
            {mark: self._mark(mark)[order] for mark in wanted.marks},
            {name: codes for name, (codes, _) in dimensions.items()},
            {name: values for name, (_, values) in dimensions.items()},
        )

    def _number(self, sql: str) -> NDArray[Any]:
        return self._columns[self._plan.numbers.index(sql)]

    def _mark(self, sql: str) -> Flags:
        share, place = divmod(self._plan.marks.index(sql), _MARKS_A_NUMBER)
        found: Flags = (self._columns[len(self._plan.numbers) + share] >> place) & 1 == 1
        return found

    def _dimension(self, sql: str, order: Integers) -> tuple[Integers, tuple[str, ...]]:
        """NULL and the empty text are one value."""
        place = self._plan.dimensions.index(sql)
        texts: dict[str, int] = {}
        renamed = [texts.setdefault("" if value is None else str(value), len(texts)) for value in self._known[place]]
        codes = self._columns[place - len(self._known)][order]
        return np.array(renamed, dtype=np.int64)[codes] if renamed else codes, tuple(texts)


def _parsed(text: str) -> NDArray[Any]:
    """Numbers with commas between; SQLite writes a point into each that is no whole one by its type."""
    found: NDArray[Any] = np.fromstring(text, dtype=float if "." in text else np.int64, sep=",")
    return found


class _Numbering(dict[Any, int]):
    """Value → its number; new ones are numbered as they come."""

    def __missing__(self, value: Any) -> int:
        self[value] = number = len(self)
        return number


def _coded(text: str, known: _Numbering) -> Integers:
    """Values of a JSON list as their numbers."""
    values = json.loads(text)
    return np.fromiter(map(known.__getitem__, values), np.int64, len(values))


def _as_floats(numbers: NDArray[Any]) -> Numbers:
    floats: Numbers = numbers.astype(float)
    floats[numbers == _NOTHING] = np.nan
    return floats
