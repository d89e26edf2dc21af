"""Reports made by hand, for the tests of their forms."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from b24kpi.metrics.model import Number, Reason, Unit, Value
from b24kpi.metrics.period import Grain, Period
from b24kpi.report.model import Entry, Report
from b24kpi.report.wording import Wording

AS_OF = datetime(2026, 11, 21, 21, 10, tzinfo=UTC).timestamp()
JUNE = Period.containing(date(2026, 6, 5), Grain.MONTH)
ENGLISH = Wording("en", "UAH", {"total_sales": "Total sales", "win_rate": "Win rate"})
UKRAINIAN = Wording("uk", "UAH", {"win_rate": "Частка виграних"})


def value(metric: str, number: Number | None, unit: Unit, period: Period = JUNE, **rest: Any) -> Value:
    return Value(metric=metric, period=period, by=rest.pop("by", {}), value=number, unit=unit, **rest)


def entry(one: Value, labels: Mapping[str, str] | None = None, **compared: Number) -> Entry:
    return Entry(one, labels or {}, compared.get("previous"), compared.get("delta"))


def report(*entries: Entry, coverage: Mapping[str, str] | None = None) -> Report:
    return Report(AS_OF, "Europe/Kyiv", "UAH", coverage or {"deal": "complete"}, entries)


RATE = entry(
    value(
        "win_rate", 11 / 26, Unit.RATIO,
        by={"manager": "5"}, numerator=11, denominator=26, n=26, low=0.2557434, high=0.61,
    ),
    {"manager": "О'Браєн"},
    previous=0.39,
    delta=11 / 26 - 0.39,
)  # fmt: skip
SALES = entry(
    value("total_sales", Decimal("-1234.5"), Unit.MONEY, numerator=Decimal("-1234.5"), n=3, flags=("fx_approx",))
)
CYCLE = entry(value("sales_cycle", 86400.0, Unit.DURATION, n=2, extra={"p80": 100_000.5, "median_of_won": None}))
NOTHING = entry(value("romi", None, Unit.RATIO, reason=Reason.NOT_CONFIGURED))
