"""Costs from a CSV file: every row is checked, and one wrong row refuses the whole file."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from b24kpi.errors import BadInput
from b24kpi.people_file import RowCheck, Sheet, read_sheet, refuse_faulty
from b24kpi.problems import nearest

COLUMNS = ("date", "source", "campaign", "amount", "currency")

# What money is spent for, the kind of a row that names none first: marketing; pay and other cost of selling; processing
# of orders; keeping customers; service after the sale; the CRM itself; the rest.
KINDS = ("marketing", "sales", "orders", "retention", "service", "crm", "other")

_MESSAGES = "costs"


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
    sheet = read_sheet(path, _MESSAGES)
    if missing := [name for name in COLUMNS if name not in sheet.head]:
        raise BadInput("costs.missing_columns", file=path, names=", ".join(missing), expected=",".join(COLUMNS))
    check = _Check(sheet, sources, currencies)
    costs = [cost for line, row in sheet.rows if (cost := check.cost(line, row)) is not None]
    refuse_faulty(path, _MESSAGES, check.problems, costs)
    return costs


class _Check(RowCheck):
    """Turns rows into costs."""

    def __init__(self, sheet: Sheet, sources: Container[str], currencies: Container[str]) -> None:
        super().__init__(sheet, _MESSAGES)
        self._sources = sources
        self._currencies = currencies

    def cost(self, line: int, row: list[str]) -> Cost | None:
        """The cost of a row; None if something is wrong, and then all of it is in `problems`."""
        before, cells = len(self.problems), self.begin(line, row)
        if cells is None:
            return None
        day = self.day(cells["date"])
        amount = self.number(cells["amount"])
        kind = cells.get("kind", "").lower() or KINDS[0]
        if kind not in KINDS:
            self.fault("unknown_kind", value=cells["kind"], known=", ".join(KINDS))
        if cells["source"] or kind == KINDS[0]:
            self._check_name("source", cells["source"], self._sources)
        self._check_name("currency", cells["currency"].upper(), self._currencies)
        if day is None or amount is None or len(self.problems) > before:
            return None
        return Cost(day, cells["source"], cells["campaign"], Decimal(amount), cells["currency"].upper(), kind)

    def _check_name(self, kind: str, name: str, known: Container[str]) -> None:
        if name not in known:
            near = nearest(name, known) if isinstance(known, Iterable) else ""
            self.fault(f"unknown_{kind}_near" if near else f"unknown_{kind}", value=name, nearest=near)
