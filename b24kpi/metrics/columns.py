"""Rows of a fact as arrays in the order of their days, and their combinations of dimensions by number."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.facts.arrays import counted, taken

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Key

Numbers = NDArray[np.float64]
Integers = NDArray[np.integer[Any]]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Columns:
    """Rows of a fact in the order of their days.

    Attributes:
        days: YYYYMMDD.
        numbers, marks: by their SQL; NULL is NaN.
        codes: dimension → for each row the place of its value in `values`.
        values: dimension → its different values as texts, "" for NULL.
    """

    days: Integers
    numbers: Mapping[str, Numbers]
    marks: Mapping[str, Flags]
    codes: Mapping[str, Integers]
    values: Mapping[str, tuple[str, ...]]

    def within(self, first: int | None, end: int) -> slice:
        """Where the rows with first <= day < end are."""
        begin = 0 if first is None else self._place(first)
        return slice(begin, max(self._place(end), begin))

    def _place(self, day: int) -> int:
        """Of the first row that is not before the day."""
        return int(np.searchsorted(self.days, self.days.dtype.type(day)))  # of the same type: else numpy copies them

    def grouped(self, by: "Key") -> "tuple[Integers, list[Key]]":
        """For each row the number of its combination of these dimensions, and the combinations by number."""
        if not by:
            return np.zeros(len(self.days), dtype=np.int64), [()] if len(self.days) else []
        sizes = [max(len(self.values[name]), 1) for name in by]
        whole = np.zeros(len(self.days), dtype=np.int64)
        for name, size in zip(by, sizes, strict=True):
            whole = whole * size + self.codes[name]
        present, places = numbered(whole, prod(sizes))
        keys = []
        for code in present.tolist():
            parts = []
            for name, size in zip(reversed(by), reversed(sizes), strict=True):
                code, place = divmod(code, size)
                parts.append(self.values[name][place])
            keys.append(tuple(reversed(parts)))
        return places, keys


def numbered(codes: Integers, size: int) -> tuple[Integers, Integers]:
    """The different ones among numbers below `size`, and for each number its place among them."""
    if size > 2 * len(codes) + 1000:
        present, places = np.unique(codes, return_inverse=True)
        return present, places.reshape(-1)
    present = np.flatnonzero(counted(codes, size))
    if len(present) == size:
        return present, codes
    renamed = np.zeros(size, dtype=np.int32)
    renamed[present] = np.arange(len(present), dtype=np.int32)
    return present, taken(renamed, codes)


def ascending(days: NDArray[Any]) -> Integers:
    """An order of days; equal ones stay as they were."""
    low = int(days.min()) if len(days) else 0
    if len(days) and int(days.max()) - low < 2**16:
        days = (days - low).astype(np.uint16)  # numpy has a quick way for short numbers
    return np.argsort(days, kind="stable")


def parted(codes: Integers, size: int) -> tuple[Integers, list[tuple[int, slice]]]:
    """An order by these numbers, which are below `size`, and where each that occurs has its share of the order.

    Equal numbers stay as they were.
    """
    if size == 1:
        return np.arange(len(codes)), [(0, slice(0, len(codes)))] if len(codes) else []
    order = np.argsort(codes.astype(np.min_scalar_type(size)), kind="stable")  # as above
    counts = np.bincount(codes, minlength=size)
    ends = np.cumsum(counts).tolist()
    present = np.flatnonzero(counts).tolist()
    return order, [(code, slice(ends[code - 1] if code else 0, ends[code])) for code in present]


def told_as_texts(values: Integers, nothing: int) -> tuple[Integers, tuple[str, ...]]:
    """For each whole number the place of its text among the different ones; `nothing` is the empty text."""
    given = values != nothing
    if not given.any():
        return np.zeros(len(values), dtype=np.int32), ("",) * bool(len(values))
    known = values if given.all() else values[given]
    low, high = int(known.min()), int(known.max())
    kind = values.dtype.type if high - low < np.iinfo(values.dtype).max else np.int64
    above = values.astype(kind, copy=False) - kind(low)
    if known is not values:
        above[~given] = high - low + 1
    present, places = numbered(above, high - low + 2)
    texts = tuple(str(code + low) if code + low <= high else "" for code in present.tolist())
    return places.astype(np.int32, copy=False), texts
