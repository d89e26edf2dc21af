"""Columns of facts as arrays: the values of many rows in one blob, which is read as fast as memory is copied."""

import json
import struct
from collections.abc import Sequence
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


def unpacked(kind: str, blobs: Sequence[bytes | None]) -> "NDArray[Any]":
    """The numbers of all of them, one after the other."""
    import numpy as np

    return np.frombuffer(b"".join(filter(None, blobs)), dtype=kind)


def unpacked_texts(blobs: Sequence[bytes | None]) -> "tuple[NDArray[np.int32], Sequence[str]]":
    """For each text of all of them its place among those that there are, and these."""
    import numpy as np

    places: dict[str, int] = {}
    begins: dict[bytes, int] = {}  # of the texts of a blob among all that are renamed
    renamed: list[int] = []
    parts: list[bytes] = []
    which: list[int] = []
    for blob in filter(None, blobs):
        end = _HEAD.size + _HEAD.unpack_from(blob)[0]
        head = blob[:end]
        if head not in begins:
            begins[head] = len(renamed)
            renamed += [places.setdefault(text, len(places)) for text in json.loads(head[_HEAD.size :])]
        which.append(begins[head])
        parts.append(blob[end:])
    codes = np.repeat(np.array(which, dtype=np.int32), [len(part) // _CODE_SIZE for part in parts])
    codes += np.frombuffer(b"".join(parts), dtype=_CODE)
    return np.array(renamed, dtype=np.int32)[codes], tuple(places)
