"""Columns of facts as arrays: many rows' values in one blob, which is read as fast as memory is copied."""

import json
import struct
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

NO_MOMENT = -(2**31)  # stands for NULL among moments: it lies in 1901

_HEAD = struct.Struct("<I")  # bytes of the texts before their codes


def packed(numbers: str | None) -> bytes | None:
    """Whole numbers with commas between, as SQLite's GROUP_CONCAT gives them → their width in bytes, and the numbers.

    The least width that holds all of them is taken.
    """
    if numbers is None:
        return None
    import numpy as np  # a tenth of a second: only where arrays are made

    return _packed(np.fromstring(numbers, dtype=np.int64, sep=","))


def packed_texts(texts: str) -> bytes:
    """A JSON list of texts → those that there are, in the order in which they come, and the place of each among them."""
    import numpy as np

    places: dict[str, int] = {}
    codes = [places.setdefault(text, len(places)) for text in json.loads(texts)]
    known = json.dumps(list(places)).encode()
    return _HEAD.pack(len(known)) + known + _packed(np.array(codes, dtype=np.int64))


def unpacked(blobs: Iterable[bytes | None]) -> "Integers":
    """The numbers of all of them, one after the other."""
    import numpy as np

    parts = [_unpacked(blob) for blob in blobs if blob is not None]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)


def unpacked_texts(blobs: Iterable[bytes | None]) -> tuple["Integers", Sequence[str]]:
    """For each text of all of them its place among those that there are, and these."""
    import numpy as np

    places: dict[str, int] = {}
    parts: list[Any] = [np.empty(0, dtype=np.int32)]
    for blob in blobs:
        if blob is not None:
            (length,) = _HEAD.unpack_from(blob)
            known = json.loads(blob[_HEAD.size : _HEAD.size + length])
            own = np.array([places.setdefault(text, len(places)) for text in known], dtype=np.int32)
            parts.append(own[_unpacked(blob[_HEAD.size + length :])])
    return np.concatenate(parts), tuple(places)


def _packed(numbers: "Integers") -> bytes:
    import numpy as np

    most = int(max(numbers.max(initial=0), -1 - numbers.min(initial=0)))
    width = next(width for width in (1, 2, 4, 8) if most < 2 ** (8 * width - 1))
    return bytes([width]) + numbers.astype(np.dtype(f"<i{width}")).tobytes()


def _unpacked(blob: bytes) -> "NDArray[Any]":
    import numpy as np

    return np.frombuffer(blob, dtype=f"<i{blob[0]}", offset=1)
