"""Many texts in one, few of them different: told apart by their bytes, without making a Python object of each."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

SEPARATOR = "\x1f"  # that of units, by ASCII
_WORD = 8  # bytes that are compared at a time
_SLOTS = 12  # bits: places of different texts
_MIXER = np.uint64(0x9E3779B97F4A7C15)  # odd, its bits are those of the golden ratio
_MASKS = np.array([(1 << 8 * count) - 1 for count in range(_WORD + 1)], dtype=np.uint64)


def told_apart(text: str) -> tuple[Array, list[str]]:
    """For each part of a text between separators its place among the different ones, and these."""
    whole = text.encode() + bytes(_WORD)
    ends = np.append(np.flatnonzero(np.frombuffer(whole, np.uint8)[:-_WORD] == ord(SEPARATOR)), len(whole) - _WORD)
    begins = np.concatenate(([0], ends[:-1] + 1))
    words = _words(whole, begins, ends - begins)
    slots = _slots(words)
    first = np.zeros(1 << _SLOTS, dtype=np.intp)
    first[slots] = np.arange(len(slots))
    if not all((word == word[first[slots]]).all() for word in words):  # two different texts in one place
        return _one_by_one(text)
    present = np.flatnonzero(np.bincount(slots, minlength=1 << _SLOTS))
    places = np.zeros(1 << _SLOTS, dtype=np.int32)
    places[present] = np.arange(len(present))
    return places[slots], [whole[begins[place] : ends[place]].decode() for place in first[present].tolist()]


def _words(whole: bytes, begins: Array, lengths: Array) -> list[Array]:
    """The lengths of the parts, and their bytes, eight at a time; zeros after the last one."""
    every: Array = np.ndarray((len(whole) - _WORD + 1,), "<u8", whole, 0, (1,))
    found = [lengths.astype(np.uint64)]
    for done in range(0, int(lengths.max()), _WORD):
        place = np.minimum(begins + done, len(every) - 1)
        found.append(every[place] & _MASKS[np.clip(lengths - done, 0, _WORD)])
    return found


def _slots(words: list[Array]) -> Array:
    mixed = np.zeros(len(words[0]), dtype=np.uint64)
    for word in words:
        mixed = (mixed ^ word) * _MIXER
    slots: Array = (mixed >> np.uint64(64 - _SLOTS)).astype(np.intp)
    return slots


def _one_by_one(text: str) -> tuple[Array, list[str]]:
    parts = text.split(SEPARATOR)
    places = {part: place for place, part in enumerate(dict.fromkeys(parts))}
    return np.fromiter(map(places.__getitem__, parts), np.int32, len(parts)), list(places)
