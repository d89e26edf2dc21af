"""Plans from a CSV file: every row is checked, and one wrong row refuses the whole file."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from b24kpi.errors import BadInput
from b24kpi.facts.functions import as_number
from b24kpi.metrics.model import Metric, Unit
from b24kpi.metrics.period import Period
from b24kpi.metrics.targets import DIMENSIONS, SCALES, planned_by
from b24kpi.people_file import RowCheck, Sheet, read_sheet, refuse_faulty
from b24kpi.problems import nearest

COLUMNS = ("metric", "amount")
OPTIONAL = ("period", "from", "to", "scope", "scope_value")
COMPANY = "company"

_MESSAGES = "plans"
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
    sheet = read_sheet(path, _MESSAGES)
    _check_head(path, sheet.head)
    check = _Check(sheet, {metric.id: metric for metric in metrics}, known)
    plans = [plan for line, row in sheet.rows if (plan := check.plan(line, row)) is not None]
    refuse_faulty(path, _MESSAGES, check.problems, plans)
    return plans


class _Check(RowCheck):
    """Turns rows into plans."""

    def __init__(self, sheet: Sheet, metrics: Mapping[str, Metric], known: Known) -> None:
        super().__init__(sheet, _MESSAGES)
        self._metrics = metrics
        self._known = known
        self._seen: dict[tuple[object, ...], int] = {}

    def plan(self, line: int, row: list[str]) -> Plan | None:
        """The plan of a row; None if something is wrong, and then all of it is in `problems`."""
        before, given = len(self.problems), self.begin(line, row)
        if given is None:
            return None
        cells = dict.fromkeys(OPTIONAL, "") | given
        metric = self._metric(cells["metric"])
        days = self._days(cells)
        scope, value = self._scope(cells["scope"].lower() or COMPANY, cells["scope_value"], metric)
        amount = self._amount(cells["amount"], metric)
        if metric is None or days is None or amount is None or len(self.problems) > before:
            return None
        plan = Plan(metric.id, as_number(days[0]), as_number(days[1]), scope, value, amount)
        return plan if self._is_first(plan) else None

    def _metric(self, name: str) -> Metric | None:
        if name not in self._metrics:
            self.fault("unknown_metric", value=name, nearest=nearest(name, self._metrics))
        return self._metrics.get(name)

    def _days(self, cells: Mapping[str, str]) -> tuple[date, date] | None:
        """The period's days: by its name, or by its first day and the day after its last."""
        if cells["period"] and not cells["from"] and not cells["to"]:
            try:
                period = Period.parse(cells["period"])
            except BadInput:
                self.fault("bad_period", value=cells["period"])
                return None
            return period.start, period.end
        if cells["period"] or not cells["from"] or not cells["to"]:
            self.fault("no_period")
            return None
        start, end = self.day(cells["from"]), self.day(cells["to"])
        if start is None or end is None:
            return None
        if start >= end:
            self.fault("backwards", start=cells["from"], end=cells["to"])
            return None
        return start, end

    def _scope(self, scope: str, value: str, metric: Metric | None) -> tuple[str, str]:
        if scope == COMPANY:
            if value:
                self.fault("company_value", value=value)
        elif scope not in DIMENSIONS:
            self.fault("unknown_scope", value=scope, known=", ".join((COMPANY, *DIMENSIONS)))
        elif metric is not None and DIMENSIONS[scope] not in planned_by(metric):
            self.fault("not_sliced", metric=metric.id, scope=scope)
        elif not value or ((ids := self._known.get(scope)) is not None and value not in ids):
            self.fault("unknown_value", scope=scope, value=value)
        return scope, value

    def _amount(self, text: str, metric: Metric | None) -> int | None:
        is_share = text.endswith(_PERCENT) and metric is not None and metric.unit is Unit.RATIO
        plain = self.number(text, suffix=_PERCENT if is_share else "")
        if plain is None or metric is None:
            return None
        return round(Decimal(plain) / (100 if is_share else 1) * SCALES[metric.unit])

    def _is_first(self, plan: Plan) -> bool:
        """Whether nothing else is planned for the same."""
        same = (plan.metric, plan.from_day, plan.to_day, plan.scope, plan.scope_value)
        if (other := self._seen.setdefault(same, self.line)) != self.line:
            self.fault("twice", other=other)
            return False
        return True


def _check_head(path: Path, head: list[str]) -> None:
    missing = [name for name in COLUMNS if name not in head]
    if "period" not in head and not {"from", "to"} <= {*head}:
        missing.append("period")
    if missing:
        raise BadInput("plans.missing_columns", file=path, names=", ".join(missing))
    if unknown := [name for name in head if name not in (*COLUMNS, *OPTIONAL)]:
        raise BadInput("plans.unknown_columns", file=path, names=", ".join(unknown))
