"""Costs from a CSV file: every row is checked, and one wrong row refuses the whole file."""

import csv
import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from b24kpi.errors import BadInput
from b24kpi.problems import Problem, Problems, nearest

if TYPE_CHECKING:
    from _csv import Reader as _Reader

COLUMNS = ("date", "source", "campaign", "amount", "currency")

# What money is spent for, the kind of a row that names none first: marketing; pay and other cost of selling; processing
# of orders; keeping customers; service after the sale; the CRM itself; the rest.
KINDS = ("marketing", "sales", "orders", "retention", "service", "crm", "other")

# So many faults are worth reading; the rest are usually the same one again.
SHOWN = 20

_BLANKS = re.compile(r"[ \u00a0\u202f]")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


@dataclass(frozen=True)
class Cost:
    """Money spent.

    Attributes:
        date: the local day it is booked on.
        source: SOURCE_ID of the CRM, "" where it belongs to none, which marketing always does; campaign: a value of
            UTM_CAMPAIGN, "" for the source as a whole.
        amount: in units of `currency`, not negative.
        kind: one of `KINDS`.
    """

    date: date
    source: str
    campaign: str
    amount: Decimal
    currency: str
    kind: str = KINDS[0]


def read_costs(path: Path, *, sources: Container[str], currencies: Container[str]) -> list[Cost]:
    """The rows of the file, in its order.

    The head is date,source,campaign,amount,currency in any order and case, parted by commas or semicolons; with
    semicolons the amount may have a decimal comma. A column kind may be there; where it is empty, too, the cost is
    marketing. UTF-8, with or without byte order mark. Empty lines are skipped.

    Raises:
        BadInput: the file cannot be read, is empty, or lacks columns.
        Problems: every wrong row, with its line number.
    """
    text = _read(path)
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    head = [name.strip().lower() for name in next(reader, [])]
    _check_head(path, head)
    check = _Check(sources, currencies, decimal_comma=delimiter == ";")
    costs = [cost for line, row in _rows(reader) if (cost := check.cost(line, head, row)) is not None]
    if check.problems:
        raise Problems("costs.problems", _shown(check.problems), file=path, all=len(check.problems))
    if not costs:
        raise BadInput("costs.no_rows", file=path)
    return costs


class _Check:
    """Turns rows into costs and gathers what is wrong."""

    def __init__(self, sources: Container[str], currencies: Container[str], *, decimal_comma: bool) -> None:
        self.problems: list[Problem] = []
        self._sources = sources
        self._currencies = currencies
        self._decimal_comma = decimal_comma
        self._line = 0

    def cost(self, line: int, head: list[str], row: list[str]) -> Cost | None:
        """The cost of a row; None if something is wrong, and then all of it is in `problems`."""
        self._line, before = line, len(self.problems)
        if len(row) != len(head):
            self._fault("cells", expected=len(head), found=len(row))
            return None
        cells = {name: cell.strip() for name, cell in zip(head, row, strict=True)}
        day = self._day(cells["date"])
        amount = self._amount(cells["amount"])
        kind = cells.get("kind", "").lower() or KINDS[0]
        if kind not in KINDS:
            self._fault("unknown_kind", value=cells["kind"], known=", ".join(KINDS))
        if cells["source"] or kind == KINDS[0]:
            self._check_name("source", cells["source"], self._sources)
        self._check_name("currency", cells["currency"].upper(), self._currencies)
        if day is None or amount is None or len(self.problems) > before:
            return None
        return Cost(day, cells["source"], cells["campaign"], amount, cells["currency"].upper(), kind)

    def _fault(self, kind: str, **params: object) -> None:
        self.problems.append(Problem(f"costs.{kind}", {"line": self._line, **params}))

    def _day(self, text: str) -> date | None:
        """2026-06-15, or 15.06.2026 as a spreadsheet in Ukraine saves it."""
        found = re.fullmatch(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})", text, re.ASCII)
        iso = f"{found[3]}-{found[2]}-{found[1]}" if found else text
        try:
            if len(iso) == len("2026-06-15"):
                return date.fromisoformat(iso)
        except ValueError:
            pass
        self._fault("bad_date", value=text)
        return None

    def _amount(self, text: str) -> Decimal | None:
        plain = _BLANKS.sub("", text)
        if self._decimal_comma:
            plain = plain.replace(",", ".")
        if _NUMBER.fullmatch(plain) is None:
            self._fault("bad_amount", value=text)
        elif plain.startswith("-"):
            self._fault("negative", value=text)
        else:
            return Decimal(plain)
        return None

    def _check_name(self, kind: str, name: str, known: Container[str]) -> None:
        if name not in known:
            near = nearest(name, known) if isinstance(known, Iterable) else ""
            self._fault(f"unknown_{kind}_near" if near else f"unknown_{kind}", value=name, nearest=near)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("costs.not_utf8", file=path) from None
    except OSError as error:
        raise BadInput("costs.unreadable", file=path, problem=error.strerror or "?") from None


def _check_head(path: Path, head: list[str]) -> None:
    if not any(head):
        raise BadInput("costs.empty", file=path)
    if missing := [name for name in COLUMNS if name not in head]:
        raise BadInput("costs.missing_columns", file=path, names=", ".join(missing), expected=",".join(COLUMNS))


def _rows(reader: "_Reader") -> Iterator[tuple[int, list[str]]]:
    """Rows with the number of the line where they end; empty ones are left out."""
    for row in reader:
        if any(cell.strip() for cell in row):
            yield reader.line_num, row


def _shown(problems: list[Problem]) -> list[Problem]:
    """The first faults, and how many more there are."""
    hidden = len(problems) - SHOWN
    return problems if hidden <= 0 else [*problems[:SHOWN], Problem("costs.more", {"count": hidden})]
