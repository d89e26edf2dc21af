"""Plans from a CSV file: every row is checked, and one wrong row refuses the whole file."""

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from b24kpi.errors import BadInput
from b24kpi.facts.functions import as_number
from b24kpi.metrics.model import Metric, Unit
from b24kpi.metrics.period import Period
from b24kpi.metrics.targets import DIMENSIONS, SCALES, planned_by
from b24kpi.problems import Problem, Problems, nearest

if TYPE_CHECKING:
    from _csv import Reader as _Reader

COLUMNS = ("metric", "amount")
OPTIONAL = ("period", "from", "to", "scope", "scope_value")
COMPANY = "company"

# So many faults are worth reading; the rest are usually the same one again.
SHOWN = 20

_BLANKS = re.compile(r"[ \u00a0\u202f]")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_PERCENT = "%"

Known = Mapping[str, Collection[str] | None]


@dataclass(frozen=True)
class Plan:
    """What is planned.

    Attributes:
        from_day, to_day: half-open local days, YYYYMMDD.
        scope: `company`, `department`, `user`, `category` or `product`; `scope_value` its id, "" of the company.
        amount: money in hundredths of the report currency, durations in seconds, else ten-thousandths.
    """

    metric: str
    from_day: int
    to_day: int
    scope: str
    scope_value: str
    amount: int


def read_plans(path: Path, metrics: Iterable[Metric], known: Known) -> list[Plan]:
    """The rows of the file, in its order.

    The head names `metric` and `amount`, `period` (2026-06, 2026-Q2 …) or `from` and `to` (half-open), and where not
    all are plans of the company, `scope` and `scope_value`; in any order and case, parted by commas or semicolons.
    Amounts are in the report currency, rates as 0.25 or 25%, durations in days; with semicolons a decimal comma does.

    Args:
        known: scope → the ids that there are, None where any will do.

    Raises:
        BadInput: the file cannot be read, is empty, or lacks columns.
        Problems: every wrong row, with its line number.
    """
    text = _read(path)
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    head = [name.strip().lower() for name in next(reader, [])]
    _check_head(path, head)
    check = _Check({metric.id: metric for metric in metrics}, known, decimal_comma=delimiter == ";")
    plans = [plan for line, row in _rows(reader) if (plan := check.plan(line, head, row)) is not None]
    if check.problems:
        raise Problems("plans.problems", _shown(check.problems), file=path, all=len(check.problems))
    if not plans:
        raise BadInput("plans.no_rows", file=path)
    return plans


class _Check:
    """Turns rows into plans and gathers what is wrong."""

    def __init__(self, metrics: Mapping[str, Metric], known: Known, *, decimal_comma: bool) -> None:
        self.problems: list[Problem] = []
        self._metrics = metrics
        self._known = known
        self._decimal_comma = decimal_comma
        self._line = 0
        self._seen: dict[tuple[object, ...], int] = {}

    def plan(self, line: int, head: list[str], row: list[str]) -> Plan | None:
        """The plan of a row; None if something is wrong, and then all of it is in `problems`."""
        self._line, before = line, len(self.problems)
        if len(row) != len(head):
            self._fault("cells", expected=len(head), found=len(row))
            return None
        cells = dict.fromkeys(OPTIONAL, "") | {name: cell.strip() for name, cell in zip(head, row, strict=True)}
        metric = self._metric(cells["metric"])
        days = self._days(cells)
        scope, value = self._scope(cells["scope"].lower() or COMPANY, cells["scope_value"], metric)
        amount = self._amount(cells["amount"], metric)
        if metric is None or days is None or amount is None or len(self.problems) > before:
            return None
        plan = Plan(metric.id, as_number(days[0]), as_number(days[1]), scope, value, amount)
        return plan if self._is_first(plan) else None

    def _fault(self, kind: str, **params: object) -> None:
        self.problems.append(Problem(f"plans.{kind}", {"line": self._line, **params}))

    def _metric(self, name: str) -> Metric | None:
        if name not in self._metrics:
            self._fault("unknown_metric", value=name, nearest=nearest(name, self._metrics))
        return self._metrics.get(name)

    def _days(self, cells: Mapping[str, str]) -> tuple[date, date] | None:
        """The period's days: by its name, or by its first day and the day after its last."""
        if cells["period"] and not cells["from"] and not cells["to"]:
            try:
                period = Period.parse(cells["period"])
            except BadInput:
                self._fault("bad_period", value=cells["period"])
                return None
            return period.start, period.end
        if cells["period"] or not cells["from"] or not cells["to"]:
            self._fault("no_period")
            return None
        start, end = self._day(cells["from"]), self._day(cells["to"])
        if start is None or end is None:
            return None
        if start >= end:
            self._fault("backwards", start=cells["from"], end=cells["to"])
            return None
        return start, end

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

    def _scope(self, scope: str, value: str, metric: Metric | None) -> tuple[str, str]:
        if scope == COMPANY:
            if value:
                self._fault("company_value", value=value)
        elif scope not in DIMENSIONS:
            self._fault("unknown_scope", value=scope, known=", ".join((COMPANY, *DIMENSIONS)))
        elif metric is not None and DIMENSIONS[scope] not in planned_by(metric):
            self._fault("not_sliced", metric=metric.id, scope=scope)
        elif not value or ((ids := self._known.get(scope)) is not None and value not in ids):
            self._fault("unknown_value", scope=scope, value=value)
        return scope, value

    def _amount(self, text: str, metric: Metric | None) -> int | None:
        plain = _BLANKS.sub("", text)
        if self._decimal_comma:
            plain = plain.replace(",", ".")
        is_share = plain.endswith(_PERCENT) and metric is not None and metric.unit is Unit.RATIO
        plain = plain.removesuffix(_PERCENT) if is_share else plain
        if _NUMBER.fullmatch(plain) is None:
            self._fault("bad_amount", value=text)
        elif plain.startswith("-"):
            self._fault("negative", value=text)
        elif metric is not None:
            return round(Decimal(plain) / (100 if is_share else 1) * SCALES[metric.unit])
        return None

    def _is_first(self, plan: Plan) -> bool:
        """Whether nothing else is planned for the same."""
        same = (plan.metric, plan.from_day, plan.to_day, plan.scope, plan.scope_value)
        if (other := self._seen.setdefault(same, self._line)) != self._line:
            self._fault("twice", other=other)
            return False
        return True


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("plans.not_utf8", file=path) from None
    except OSError as error:
        raise BadInput("plans.unreadable", file=path, problem=error.strerror or "?") from None


def _check_head(path: Path, head: list[str]) -> None:
    if not any(head):
        raise BadInput("plans.empty", file=path)
    missing = [name for name in COLUMNS if name not in head]
    if "period" not in head and not {"from", "to"} <= {*head}:
        missing.append("period")
    if missing:
        raise BadInput("plans.missing_columns", file=path, names=", ".join(missing))
    if unknown := [name for name in head if name not in (*COLUMNS, *OPTIONAL)]:
        raise BadInput("plans.unknown_columns", file=path, names=", ".join(unknown))


def _rows(reader: "_Reader") -> Iterator[tuple[int, list[str]]]:
    """Rows with the number of the line where they end; empty ones are left out."""
    for row in reader:
        if any(cell.strip() for cell in row):
            yield reader.line_num, row


def _shown(problems: list[Problem]) -> list[Problem]:
    """The first faults, and how many more there are."""
    hidden = len(problems) - SHOWN
    return problems if hidden <= 0 else [*problems[:SHOWN], Problem("plans.more", {"count": hidden})]
