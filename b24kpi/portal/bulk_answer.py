"""An answer of the BI connector, line by line. No I/O.

`[`, the names of the columns, a line for each row, `]`: so it can be read while it comes. Errors are an object instead,
with HTTP 200; a plan's limit is an object behind the last row that was sent. Read from the portal's source (module
biconnector); limits: https://helpdesk.bitrix24.com/open/15424372/
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from b24kpi.errors import PortalError, Refused, RetryLater, UnexpectedAnswer

Cells = Sequence[Any]

# An object instead of rows is a few lines long.
LONGEST_ERROR = 10_000
LONGEST_LINE = 1_000_000

_MEANINGS: Mapping[str, tuple[type[PortalError], str]] = {
    "WRONG_KEY": (Refused, "bulk.wrong_key"),
    "DISABLED": (Refused, "bulk.disabled"),
    "NO_MODULE": (Refused, "bulk.disabled"),
    "LIMIT_EXCEEDED": (Refused, "bulk.locked"),
    "NO_TABLE": (Refused, "bulk.no_table"),
    "SQL_ERROR": (RetryLater, "bulk.failed"),
}


class OverLimit(UnexpectedAnswer):
    """More rows than the portal's plan lets through; the answer was cut."""


def lines_of(chunks: Iterable[bytes], table: str) -> Iterator[bytes]:
    """The lines of an answer that comes in pieces; the last may lack its end.

    Raises:
        UnexpectedAnswer: a line without an end in sight.
    """
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
        if len(rest) > LONGEST_LINE:
            raise broken(table)
    if rest:
        yield rest


def rows_in(lines: Iterable[bytes], table: str, columns: Sequence[str]) -> Iterator[Cells]:
    """The rows of an answer, each as long as `columns`; decimals stay as they are written.

    All rows have come only once the iterator has ended.

    Raises:
        OverLimit: the portal has cut the answer.
        PortalError: an error of the connector, by its code.
        UnexpectedAnswer: other columns, no rows, or an answer that breaks off.
    """
    walk = iter(lines)
    first = next(walk, b"").strip()
    if first != b"[":
        raise _error_in(first, walk, table)
    if _decoded(next(walk, b""), table) != list(columns):
        raise UnexpectedAnswer("bulk.other_columns", method=table)
    for line in walk:
        if line.strip() == b"]":
            if any(rest.strip() for rest in walk):
                break
            return
        yield _row(line, table, len(columns))
    raise broken(table)


def _row(line: bytes, table: str, length: int) -> Cells:
    if not line.startswith(b","):
        raise broken(table)
    row = _decoded(line[1:], table)
    if isinstance(row, dict) and row.get("error") == "OVER_LIMIT":
        raise OverLimit("bulk.over_limit", method=table, code="OVER_LIMIT")
    if not isinstance(row, list) or len(row) != length:
        raise broken(table)
    return row


def _decoded(line: bytes, table: str) -> Any:
    try:
        return json.loads(line, parse_float=str)
    except ValueError:
        pass
    raise broken(table)


def _error_in(first: bytes, walk: Iterator[bytes], table: str) -> PortalError:
    """What an object instead of rows means."""
    text = first
    for line in walk:
        text += line
        if len(text) > LONGEST_ERROR:
            return broken(table)
    found = _decoded(text, table)
    code = str(found.get("error") or "") if isinstance(found, dict) else ""
    if not code:
        return broken(table)
    transient = RetryLater if code.startswith("DICTIONARY_") else UnexpectedAnswer
    kind, message = _MEANINGS.get(code, (transient, "bulk.failed"))
    return kind(message, method=table, code=code)


def broken(table: str) -> UnexpectedAnswer:
    """The answer is no answer, or breaks off."""
    return UnexpectedAnswer("bulk.broken", method=table)
