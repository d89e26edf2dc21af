"""The rows of the BI connector on the wire: one line each, so that an answer can be read while it comes.

Read from the portal's source (biconnector module): header first, ints as numbers, decimals as text, moments as
`YYYY-MM-DD HH:MM:SS` without an offset; a closed answer ends with `]`, a cut one has an object before it.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from b24kpi.demo.bi_tables import BiTable, Column
from b24kpi.demo.filters_legacy import Condition
from b24kpi.demo.portal_time import PortalZone
from b24kpi.demo.storage import Storage

OVER_LIMIT = {"error": "OVER_LIMIT", "errorMessage": "The number of rows exceeds the limit of your plan"}
_LINES = 500  # to one piece of the answer
_DAY = 86_400
_PRIME = 2_654_435_761  # Knuth's multiplicative hash: an order that looks like none and is always the same
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
Values = Sequence[Any]


def read(
    storage: Storage, table: BiTable, columns: Sequence[Column], conditions: Iterable[Condition], limit: int | None
) -> Iterator[tuple[Any, ...]]:
    """Rows of one SELECT, while it runs: the first by key under a limit, in no recognisable order without one."""
    parts = list(conditions)
    where = " AND ".join(part.sql for part in parts)
    names = ", ".join(column.sql for column in columns)
    key = table.columns[table.keys[0]].sql if table.keys else "rowid"
    order = f"({'rowid' if table.name == 'telephony_call' else key} * {_PRIME}) & 1048575"
    ending = f" ORDER BY {order}" if limit is None else f" ORDER BY {key} LIMIT {limit}"
    sql = f"SELECT {names} FROM {table.source}{f' WHERE {where}' if where else ''}{ending}"
    return storage.stream(sql, [param for part in parts for param in part.params])


def encoded(value: Any) -> str:
    """JSON with letters as they are and slashes escaped, as PHP writes it."""
    return _encode(value).replace("/", "\\/")


def pieces(texts: Iterable[str]) -> Iterator[bytes]:
    """The lines gathered to pieces that are worth sending."""
    waiting: list[str] = []
    for text in texts:
        waiting.append(text)
        if len(waiting) >= _LINES:
            yield "".join(waiting).encode()
            waiting.clear()
    if waiting:
        yield "".join(waiting).encode()


def renderers(columns: Sequence[Column], zone: PortalZone, shift: int) -> list[Callable[[Any], Any] | None]:
    """How the stored value of each column is shown; None: as it is. `shift` is the data time zone, in seconds."""
    kinds: dict[str, Callable[[Any], Any]] = {
        "datetime": lambda value: _naive(zone.local_seconds(value) + shift, zone),
        "midnight": lambda value: _naive(zone.day_seconds(value) + shift, zone),
        "decimal2": lambda value: f"{value:.2f}",
        "decimal4": lambda value: f"{value:.4f}",
        "string": str,
    }
    return [kinds.get(column.type) for column in columns]


def shown(row: Values, changes: Sequence[Callable[[Any], Any] | None]) -> list[Any]:
    """A row as it is sent."""
    return [
        value if value is None or change is None else change(value) for value, change in zip(row, changes, strict=True)
    ]


def _naive(seconds: int, zone: PortalZone) -> str:
    day, second = divmod(seconds, _DAY)
    minute, second = divmod(second, 60)
    return f"{zone.day_text(day)} {minute // 60:02d}:{minute % 60:02d}:{second:02d}"
