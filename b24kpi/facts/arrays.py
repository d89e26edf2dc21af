"""Columns of facts as arrays: the values of many rows in one blob, which is read as fast as memory is copied."""

import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCK = 128  # deals whose course is one row: a byte tells one of them from the others

BYTE = "u1"
MONEY = "<i8"
# Ids are numbers of 32 bits; the last one stands for none, as among moments.
ID = "<u4"
NO_ID = 2**32 - 1
# Moments are numbers of 32 bits without a sign, until 2106; the last one stands for none.
MOMENT = "<u4"
NO_MOMENT = 2**32 - 1

_CODE = "<u2"
_CODE_SIZE = 2  # bytes
_AT_ONCE = 2**17  # numbers
_HEAD = struct.Struct("<I")  # bytes of the texts before their codes


def packed(kind: str, numbers: str | None) -> bytes | None:
    """Whole numbers with commas between, as SQLite's GROUP_CONCAT gives them → an array of a numpy type.

    What the type cannot hold becomes the nearest that it can: a date of 9999 is one of 2106.
    """
    if numbers is None:
        return None
    import numpy as np  # a tenth of a second: only where arrays are made

    least, most = _limits(kind)
    values = np.fromstring(numbers, dtype=np.int64, sep=",")
    np.maximum(values, least, out=values)
    np.minimum(values, most, out=values)
    return values.astype(kind).tobytes()


@cache
def _limits(kind: str) -> tuple[int, int]:
    """What a type can hold."""
    import numpy as np

    return int(np.iinfo(kind).min), int(np.iinfo(kind).max)


def packed_texts(texts: str) -> bytes:
    """A JSON list of texts → those that there are, and the place of each among them."""
    import numpy as np

    values = json.loads(texts)
    places = {text: place for place, text in enumerate(sorted(set(values)))}
    known = json.dumps(list(places)).encode()
    codes = np.fromiter(map(places.__getitem__, values), dtype=_CODE, count=len(values))
    return _HEAD.pack(len(known)) + known + codes.tobytes()


def unpacked(kind: str, blobs: Iterable[bytes | None]) -> "NDArray[Any]":
    """The numbers of all of them, one after the other."""
    import numpy as np

    return np.frombuffer(b"".join(filter(None, blobs)), dtype=kind)


class Numbers:
    """Arrays that are read in parts, one after the other in one whose length is known before.

    What is read lies in memory once, and in one piece: the system gives room for it in large pages.

    Attributes:
        array: the numbers.
    """

    def __init__(self, kind: str, count: int) -> None:
        import numpy as np

        self.array: NDArray[Any] = np.empty(count, dtype=kind)
        self._bytes = self.array.view(np.uint8)
        self._end = 0

    def extend(self, blobs: Sequence[bytes | None]) -> None:
        """Add those of some blobs."""
        import numpy as np

        part = np.frombuffer(b"".join(filter(None, blobs)), dtype=np.uint8)
        self._bytes[self._end : self._end + len(part)] = part
        self._end += len(part)


class Texts:
    """Arrays of texts, likewise."""

    def __init__(self, count: int) -> None:
        self._codes = Numbers(_CODE, count)
        self._places: dict[str, int] = {}
        self._begins: dict[bytes, int] = {}  # of the texts of a blob among all that are renamed
        self._renamed: list[int] = []
        self._which: list[int] = []  # of each blob where its texts begin
        self._counts: list[int] = []  # how many codes it has

    def extend(self, blobs: Sequence[bytes | None]) -> None:
        """Add those of some blobs."""
        codes = []
        for blob in filter(None, blobs):
            end = _HEAD.size + _HEAD.unpack_from(blob)[0]
            head = blob[:end]
            if head not in self._begins:
                self._begins[head] = len(self._renamed)
                texts = json.loads(head[_HEAD.size :])
                self._renamed += [self._places.setdefault(text, len(self._places)) for text in texts]
            self._which.append(self._begins[head])
            codes.append(blob[end:])
        self._counts += [len(each) // _CODE_SIZE for each in codes]
        self._codes.extend(codes)

    def told(self) -> "tuple[NDArray[Any], Sequence[str]]":
        """For each text of all of them its place among those that there are, and these."""
        import numpy as np

        begins = np.array(self._which, dtype=np.min_scalar_type(2 * len(self._renamed)))
        codes = np.repeat(begins, self._counts) + self._codes.array
        renamed = np.array(self._renamed, dtype=np.min_scalar_type(len(self._places)))
        return taken(renamed, codes), tuple(self._places)


def taken(values: "NDArray[Any]", places: "NDArray[Any]") -> "NDArray[Any]":
    """The values at these places, part by part: numpy makes long numbers of short places, which take room."""
    import numpy as np

    found = np.empty(len(places), dtype=values.dtype)
    for part in parts(len(places)):
        np.take(values, places[part], mode="clip", out=found[part])
    return found


def counted(numbers: "NDArray[Any]", size: int) -> "NDArray[np.int64]":
    """How often there is each whole number below `size`, likewise."""
    import numpy as np

    found = np.zeros(size, dtype=np.int64)
    for part in parts(len(numbers)):
        found += np.bincount(numbers[part], minlength=size)
    return found


def parts(count: int) -> Iterator[slice]:
    """Parts of so many numbers that stay near the processor while they are gone through."""
    return (slice(begin, begin + _AT_ONCE) for begin in range(0, count, _AT_ONCE))
