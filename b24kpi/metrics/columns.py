"""Columns of a fact as arrays: what many periods and slicings ask of the same rows is read once, without sorting."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.facts.definition import load_facts
from b24kpi.metrics.compiler import dimension, slice_conditions
from b24kpi.metrics.model import Durations, Measure

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]

# Rows are turned into arrays so many at a time: as tuples they take ten times the memory.
_AT_ONCE = 50_000
# Where periods span more than this share of a fact's days, reading all rows in their order is quicker than by an index.
_MOST = 0.25


@dataclass(frozen=True)
class Periods:
    """Edges of the engine's periods, which are days as YYYYMMDD; `position` is the number of each."""

    position: tuple[int, ...]
    edges: Mapping[str, tuple[int | None, ...]]


@dataclass(frozen=True)
class Columns:
    """Rows of a fact: named columns of numbers, NULL as NaN, and the values of its dimensions.

    Attributes:
        codes: dimension → for each row the place of its value in `values`.
        values: dimension → its different values as texts, "" for NULL.
    """

    numbers: Mapping[str, Numbers]
    codes: Mapping[str, Integers]
    values: Mapping[str, tuple[str, ...]]


def periods_of(engine: "Engine", edges: Sequence[str]) -> Periods:
    """The periods that the engine has set, with these of their columns."""
    rows = engine.store.query(f"SELECT position, {', '.join(edges)} FROM period ORDER BY position")
    columns = list(zip(*rows, strict=True)) or [()] * (1 + len(edges))
    return Periods(columns[0], dict(zip(edges, columns[1:], strict=True)))


def read(
    engine: "Engine",
    part: Measure | Durations,
    picked: Mapping[str, str],
    by: "Key",
    where: Mapping[str, str],
    *,
    days: tuple[int | None, int],
    conditions: Sequence[str] = (),
) -> Columns:
    """The rows whose day lies in first <= day < end, where the conditions hold.

    Args:
        picked: name of a column → SQL of its number in terms of the fact `f`.
        by: dimensions to read.
        days: first and end; all days before the end where the first is None.
    """
    first, end = days
    bounds = [f"f.{part.time} < {end}", *([f"f.{part.time} >= {first}"] if first is not None else [])]
    keys = [dimension(part, name) for name in by]
    source = f"{load_facts()[part.fact].table} AS f{_hint(engine, part, first, end)}"
    wanted = " AND ".join([*bounds, *slice_conditions(part, where), *(f"({each})" for each in conditions)])
    sql = f"SELECT {', '.join([*keys, *picked.values()])} FROM {source} WHERE {wanted}"
    codes: list[dict[Any, int]] = [{} for _ in by]
    shares = [_as_arrays(rows, codes) for rows in _portions(engine, sql, where)]
    columns = [np.concatenate(each) for each in zip(*shares, strict=True)]
    columns = columns or [
        np.empty(0, dtype=np.int64 if place < len(by) else float) for place in range(len(by) + len(picked))
    ]
    found = dict(zip(by, (_merged(*each) for each in zip(columns, codes, strict=False)), strict=True))
    return Columns(
        dict(zip(picked, columns[len(by) :], strict=True)),
        {name: places for name, (places, _) in found.items()},
        {name: texts for name, (_, texts) in found.items()},
    )


def grouped(columns: Columns, by: "Key") -> "tuple[Integers, list[Key]]":
    """For each row the number of its combination of these dimensions, and the combinations by number."""
    count = len(next(iter(columns.numbers.values())))
    whole = np.zeros(count, dtype=np.int64)
    for name in by:
        whole = whole * max(len(columns.values[name]), 1) + columns.codes[name]
    present, places = np.unique(whole, return_inverse=True)
    keys = []
    for code in present.tolist():
        parts = []
        for name in reversed(by):
            code, place = divmod(code, max(len(columns.values[name]), 1))
            parts.append(columns.values[name][place])
        keys.append(tuple(reversed(parts)))
    return places.reshape(-1), keys


def _portions(engine: "Engine", sql: str, params: Mapping[str, str]) -> Iterator[list[tuple[Any, ...]]]:
    cursor = engine.store.db.conn.execute(sql, params)
    while rows := cursor.fetchmany(_AT_ONCE):
        yield rows


def _as_arrays(rows: list[tuple[Any, ...]], codes: "list[dict[Any, int]]") -> list[Any]:
    """Columns of some rows; values of the first ones, the dimensions, are numbered in `codes` as they come."""
    columns = list(zip(*rows, strict=True))
    coded = [
        np.array([known.setdefault(value, len(known)) for value in column], dtype=np.int64)
        for known, column in zip(codes, columns, strict=False)
    ]
    return coded + [np.array(column, dtype=float) for column in columns[len(codes) :]]


def _merged(places: Integers, codes: Mapping[Any, int]) -> tuple[Integers, tuple[str, ...]]:
    """NULL and the empty text are one value."""
    texts: dict[str, int] = {}
    renamed = [texts.setdefault("" if value is None else str(value), len(texts)) for value in codes]
    return np.array(renamed, dtype=np.int64)[places] if renamed else places, tuple(texts)


def _hint(engine: "Engine", part: Measure | Durations, first: int | None, end: int) -> str:
    """Against an index on the day, where most rows are asked for."""
    fact = load_facts()[part.fact]
    if first is None or fact.is_view:
        return ""
    oldest, newest = (
        engine.store.query(f"SELECT {edge}({part.time}) FROM {fact.table}")[0][0] or 0 for edge in ("MIN", "MAX")
    )
    return " NOT INDEXED" if min(end, newest) - max(first, oldest) > _MOST * (newest - oldest) else ""
