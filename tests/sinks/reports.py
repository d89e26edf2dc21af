"""Small reports to push, and a look at what the demo portal holds afterwards."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from b24kpi.demo.server import DemoPortal
from b24kpi.demo.state import PortalState
from b24kpi.metrics.model import Number, Reason, Unit, Value
from b24kpi.metrics.period import Period
from b24kpi.report.model import Entry, Report
from b24kpi.sinks import NamedReport

AS_OF = 1_750_000_000.0
JUNE = Period.parse("2026-06")
TITLES = {"aov": "Середній чек", "win_rate": "Коефіцієнт закриття"}

WRITING = ("crm.type.add", "userfieldconfig.add", "crm.item.batchImport", "crm.item.update", "crm.item.delete")

Push = Callable[..., Any]
Row = dict[str, Any]


def money(amount: str, manager: str | None = None, label: str = "") -> Entry:
    """The average order value of a manager in June, or of all together."""
    by = {} if manager is None else {"manager": manager}
    value = Value("aov", JUNE, by, Decimal(amount), Unit.MONEY, numerator=Decimal(amount) * 3, denominator=3, n=3)
    return Entry(value, {"manager": label} if label else {}, previous=None, delta=None)


def rate(value: Number | None, reason: Reason | None = None, **by: str) -> Entry:
    return Entry(Value("win_rate", JUNE, by, value, Unit.RATIO, reason=reason), {}, previous=None, delta=None)


def managers(count: int) -> list[Entry]:
    """The same figure for so many managers, numbered from 1."""
    return [money(f"{1000 + number}.5", str(number), f"Менеджер {number}") for number in range(1, count + 1)]


def report(entries: Iterable[Entry], name: str = "monthly", as_of: float = AS_OF) -> NamedReport:
    return NamedReport(name, Report(as_of, "Europe/Kyiv", "UAH", {"deal": "complete"}, tuple(entries)), TITLES)


def with_value(entry: Entry, amount: str) -> Entry:
    return replace(entry, value=replace(entry.value, value=Decimal(amount)))


# --- what the portal holds


def types(state: PortalState) -> list[Row]:
    return state.rows("smart_process")


def items(state: PortalState) -> list[Row]:
    """The items of the first smart process, user fields without their prefix."""
    process = types(state)[0]
    prefix = f"UF_CRM_{process['id']}_"
    rows = state.rows(f"item_{process['entityTypeId']}")
    return [{name.removeprefix(prefix): value for name, value in row.items()} for row in rows]


def keys(state: PortalState) -> list[str]:
    return sorted(item["XML_ID"] for item in items(state))


def table(state: PortalState) -> str:
    return f"item_{types(state)[0]['entityTypeId']}"


def writes(demo: DemoPortal) -> dict[str, int]:
    """How often each writing method was called."""
    return {method: demo.stats.by_method[method] for method in WRITING if demo.stats.by_method[method]}
