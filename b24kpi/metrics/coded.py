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


def combined(columns: Sequence[Coded], count: int) -> "tuple[Array, list[Key]]":
    """Of so many rows the places of their combinations of texts, and those that occur."""
    codes: Array = np.zeros(count, dtype=np.int64)
    keys: list[Key] = [()]
    for own, texts in columns:
        whole = own if len(keys) == 1 else codes.astype(np.int64) * len(texts) + own
        present, codes = numbered(whole, len(keys) * len(texts))
        keys = [(*keys[code // len(texts)], texts[code % len(texts)]) for code in present.tolist()]
    return codes, keys


def told_apart(column: Coded) -> Coded:
    """The same texts, each of them once."""
    codes, texts = column
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    return np.array([places[text] for text in texts], dtype=np.int64)[codes], list(places)
