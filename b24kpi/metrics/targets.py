"""What is planned for a value: the table `plan` in terms of metrics, periods and dimensions."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

from b24kpi.cache.store import Store
from b24kpi.facts.functions import as_number
from b24kpi.metrics.model import Metric, Number, Unit
from b24kpi.metrics.period import Period
from b24kpi.metrics.ratios import as_money

COMPANY = "company"
SALES = "total_sales"
# Scope of a plan → dimension of reports.
DIMENSIONS = MappingProxyType(
    {"department": "department", "user": "manager", "category": "pipeline", "product": "product"}
)
# An amount in the table is that of the file times this: hundredths, seconds of a day, ten-thousandths.
SCALES = MappingProxyType(
    {Unit.MONEY: 100, Unit.DURATION: 86_400, Unit.COUNT: 10_000, Unit.RATIO: 10_000, Unit.NUMBER: 10_000}
)
_SCOPES = {dimension: scope for scope, dimension in DIMENSIONS.items()}

Days = tuple[int, int]


@dataclass(frozen=True)
class Targets:
    """Plans by (metric, scope, its value), and days as YYYYMMDD, ends excluded."""

    plans: Mapping[tuple[str, str, str], Mapping[Days, int]]

    @classmethod
    def of_store(cls, store: Store) -> "Targets":
        """The plans of a cache."""
        found: dict[tuple[str, str, str], dict[Days, int]] = {}
        for metric, scope, value, start, end, amount in store.query(
            "SELECT metric, scope, scope_value, from_day, to_day, amount FROM plan ORDER BY id"
        ):
            found.setdefault((metric, scope, value), {})[start, end] = amount
        return cls(found)

    @property
    def metrics(self) -> frozenset[str]:
        """Ids of what there is any plan for."""
        return frozenset(metric for metric, _, _ in self.plans)

    def amount(self, metric: Metric, period: Period, by: Mapping[str, str]) -> Fraction | None:
        """What is planned for a period and combination: money in hundredths, durations in seconds.

        A plan stands for all together or for one value of one dimension. Where there is none for just these days, and
        the metric is a sum over them, plans that follow each other without a gap from the first day to the last add up.
        """
        if len(by) > 1:
            return None
        dimension, value = next(iter(by.items()), ("", ""))
        scope = _SCOPES.get(dimension, "") if by else COMPANY
        known = self.plans.get((metric.id, scope, value), {})
        days = as_number(period.start), as_number(period.end)
        found = known.get(days)
        if found is None and is_sum(metric):
            found = _added_up(known, *days)
        return None if found is None else Fraction(found, _DIVISORS[metric.unit])

    def number(self, metric: Metric, period: Period, by: Mapping[str, str]) -> Number | None:
        """The same in the unit of values: money in currency units; a plan of 0 is none."""
        found = self.amount(metric, period, by)
        if not found or found < 0:
            return None
        if metric.unit is Unit.MONEY:
            return as_money(found)
        return int(found) if found.denominator == 1 else float(found)


_DIVISORS = {Unit.MONEY: 1, Unit.DURATION: 1, Unit.COUNT: 10_000, Unit.RATIO: 10_000, Unit.NUMBER: 10_000}


def planned_by(metric: Metric) -> frozenset[str]:
    """The dimensions by which a metric may be planned: its own; sales by product too, which plan_attainment knows."""
    return frozenset((*metric.dimensions, *metric.fixed, *(("product",) if metric.id == SALES else ())))


def is_sum(metric: Metric) -> bool:
    """Whether the values of days add up to that of their period."""
    parts = metric.measures.values()
    plain = all(not (part.to_date or part.previous or part.distinct) for part in parts)
    return bool(metric.numerator) and not metric.denominator and not metric.analysis and plain


def _added_up(known: Mapping[Days, int], start: int, end: int) -> int | None:
    """The sum of plans that tile the days; of several that begin on a day, the shortest."""
    total = 0
    while start < end:
        following = sorted((until, amount) for (since, until), amount in known.items() if since == start)
        if not following or following[0][0] > end:
            return None
        start, amount = following[0]
        total += amount
    return total
