"""Columns of texts as numbers: of each row the place of its text among all that there are."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.columns import numbered

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Key

Array = NDArray[Any]
Coded = tuple[Array, Sequence[str]]


def matching(columns: Mapping[str, Coded], where: Mapping[str, str], count: int) -> NDArray[np.bool_]:
    """Which of so many rows have these values."""
    found = np.ones(count, dtype=bool)
    for name, value in where.items():
        codes, texts = columns[name]
        found &= np.array([text == value for text in texts], dtype=bool)[codes]
    return found


def combined(columns: Sequence[Coded], rows: Array) -> "tuple[Array, list[Key]]":
    """Of some rows the places of their combinations of texts, and those that occur."""
    codes: Array = np.zeros(len(rows), dtype=np.int64)
    keys: list[Key] = [()]
    for own, texts in columns:
        present, codes = numbered(codes * len(texts) + own[rows], len(keys) * len(texts))
        keys = [(*keys[code // len(texts)], texts[code % len(texts)]) for code in present.tolist()]
    return codes, keys


def told_apart(column: Coded) -> Coded:
    """The same texts, each of them once."""
    codes, texts = column
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    return np.array([places[text] for text in texts], dtype=np.int64)[codes], list(places)
