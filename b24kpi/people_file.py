"""CSV files that people give, as spreadsheets save them: every row is checked, one wrong row refuses the whole file.

The messages of a kind of file lie in a locale file of their own; its name goes before their ids, `costs.not_utf8`.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from b24kpi.errors import BadInput
from b24kpi.problems import Problem, Problems

if TYPE_CHECKING:
    from _csv import Reader as _Reader

# So many faults are worth reading; the rest are usually the same one again.
SHOWN = 20

_BLANKS = re.compile(r"[ \u00a0\u202f]")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_LOCAL_DAY = re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})", re.ASCII)


@dataclass(frozen=True)
class Sheet:
    """The cells of a file.

    Attributes:
        head: names of the columns, in lower case.
        rows: each with the number of the line where it ends; empty ones are left out.
        decimal_comma: semicolons part the cells, so that a comma may stand in numbers.
    """

    head: list[str]
    rows: list[tuple[int, list[str]]]
    decimal_comma: bool


def read_sheet(path: Path, messages: str) -> Sheet:
    """The cells of a file, UTF-8 with or without byte order mark, parted by commas or semicolons.

    Raises:
        BadInput: it cannot be read, or is empty.
    """
    text = _read(path, messages)
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    head = [name.strip().lower() for name in next(reader, [])]
    if not any(head):
        raise BadInput(f"{messages}.empty", file=path)
    return Sheet(head, list(_rows(reader)), delimiter == ";")


def refuse_faulty(path: Path, messages: str, problems: Sequence[Problem], found: Sequence[object]) -> None:
    """Accept a file only if nothing is wrong with it.

    Raises:
        Problems: the first faults, and how many more there are.
        BadInput: there is no row.
    """
    if problems:
        hidden = len(problems) - SHOWN
        more = [Problem(f"{messages}.more", {"count": hidden})] if hidden > 0 else []
        raise Problems(f"{messages}.problems", [*problems[:SHOWN], *more], file=path, all=len(problems))
    if not found:
        raise BadInput(f"{messages}.no_rows", file=path)


class RowCheck:
    """Reads the cells of one row after the other and gathers in `problems` what is wrong with them."""

    def __init__(self, sheet: Sheet, messages: str) -> None:
        self.problems: list[Problem] = []
        self.line = 0
        self._sheet = sheet
        self._messages = messages

    def begin(self, line: int, row: Sequence[str]) -> dict[str, str] | None:
        """Column → cell of the row that is looked at from now on; None where there are too few or too many."""
        self.line, head = line, self._sheet.head
        if len(row) != len(head):
            self.fault("cells", expected=len(head), found=len(row))
            return None
        return {name: cell.strip() for name, cell in zip(head, row, strict=True)}

    def fault(self, kind: str, **params: object) -> None:
        """Note what is wrong with the row."""
        self.problems.append(Problem(f"{self._messages}.{kind}", {"line": self.line, **params}))

    def day(self, text: str) -> date | None:
        """2026-06-15, or 15.06.2026 as a spreadsheet in Ukraine saves it."""
        found = _LOCAL_DAY.fullmatch(text)
        iso = f"{found[3]}-{found[2]}-{found[1]}" if found else text
        try:
            if len(iso) == len("2026-06-15"):
                return date.fromisoformat(iso)
        except ValueError:
            pass
        self.fault("bad_date", value=text)
        return None

    def number(self, text: str, *, suffix: str = "") -> str | None:
        """A number that is not negative, with a point and without blanks, the suffix taken off."""
        plain = _BLANKS.sub("", text)
        if self._sheet.decimal_comma:
            plain = plain.replace(",", ".")
        plain = plain.removesuffix(suffix)
        if _NUMBER.fullmatch(plain) is None:
            self.fault("bad_amount", value=text)
        elif plain.startswith("-"):
            self.fault("negative", value=text)
        else:
            return plain
        return None


def _read(path: Path, messages: str) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(f"{messages}.not_utf8", file=path) from None
    except OSError as error:
        raise BadInput(f"{messages}.unreadable", file=path, problem=error.strerror or "?") from None


def _rows(reader: "_Reader") -> Iterator[tuple[int, list[str]]]:
    for row in reader:
        if any(cell.strip() for cell in row):
            yield reader.line_num, row
