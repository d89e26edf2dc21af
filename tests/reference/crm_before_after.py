"""crm_before_after: KPIs of a period against what they were before the CRM; computed by the other metrics here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.reference import customers, durations, leads, sales, slices
from tests.reference.periods import Period
from tests.reference.results import Result
from tests.reference.slices import Key
from tests.reference.world import World

By = Sequence[str]
MONEY, COUNT, WHOLE = "money", "count", "whole"
COMPARED: dict[str, tuple[Any, str]] = {
    "total_sales": (sales.total_sales, MONEY),
    "won_deals": (sales.won_deals, COUNT),
    "aov": (sales.aov, MONEY),
    "revenue_per_customer": (sales.revenue_per_customer, MONEY),
    "new_leads": (leads.new_leads, COUNT),
    "lead_to_customer_rate": (leads.lead_to_customer_rate, WHOLE),
    "win_rate": (sales.win_rate, WHOLE),
    "sales_cycle": (durations.sales_cycle, WHOLE),
    "new_customers": (customers.new_customers, COUNT),
}


def crm_before_after(world: World, by: By) -> "Effect":
    """Each KPI's relative change."""
    slices.check(by, frozenset({"kpi"}))
    return Effect(world)


@dataclass(frozen=True)
class Effect:
    """Every KPI in every period."""

    world: World

    def values(self, periods: Sequence[Period]) -> dict[tuple[str, Key], Result]:
        """A result for every period and KPI."""
        return {(period.label, (kpi,)): self._one(kpi, period) for period in periods for kpi in COMPARED}

    def nothing(self) -> Result:
        """Without a first day."""
        return Result(None, reason="not_configured")

    def _one(self, kpi: str, period: Period) -> Result:
        crm = self.world.crm
        if crm.get("go_live") is None:
            return self.nothing()
        if "W" in period.label or len(period.label) == 10:
            return Result(None, reason="insufficient_data")
        if period.end <= crm["go_live"]:
            return Result(None, reason="no_events")
        learnt = crm["go_live"] + timedelta(days=crm.get("adaptation_days", 60))
        if period.start < learnt or period.end > self.world.day(self.world.as_of):
            return Result(None, reason="not_mature")
        return self._compared(kpi, period, crm["go_live"])

    def _compared(self, kpi: str, period: Period, go_live: date) -> Result:
        compute, kind = COMPARED[kpi]
        after, n, reason_after = self._side(compute, kind, period.start, period.end)
        given = self.world.crm.get("baseline", {}).get(kpi)
        reason_before: str | None = "no_events"
        if given is not None:
            before: Any = Fraction(given, 100) if kind == MONEY else given
        else:
            span = self._before(period, go_live)
            before, _, reason_before = self._side(compute, kind, *span) if span else (None, 0, "no_events")
        difference = None if after is None or before is None else after - before
        extra = {"before": before, "after": after, "difference": difference}
        if difference is None:
            return Result(None, n=n, reason=reason_after if after is None else reason_before, extra=extra)
        if not before:
            return Result(None, n=n, reason="no_events", extra=extra)
        return Result(difference / before, n=n, extra=extra)

    def _side(self, compute: Any, kind: str, start: date, end: date) -> tuple[Any, int, str | None]:
        """The figure, its cases or months, and why there is none."""
        if kind == WHOLE:
            found = compute(self.world, ()).values([Period("whole", start, end)])["whole", ()]
            return found.value, found.n, found.reason
        months = []
        while start < end:
            after = shifted(start, 1)
            months.append(compute(self.world, ()).values([Period("month", start, after)])["month", ()])
            start = after
        values = [month.value for month in months if month.value is not None]
        scale = 100 if kind == MONEY else 1
        reason = next((month.reason for month in months if month.reason), "no_events")
        rounded = [Fraction(round(value), 1) if kind == MONEY else value for value in values]
        return (sum(rounded) / len(values) / scale if values else None), len(values), reason

    def _before(self, period: Period, go_live: date) -> tuple[date, date] | None:
        first = first_month(self.world)
        if first is None:
            return None
        years = 1
        while shifted(period.end, -12 * years) > go_live:
            years += 1
        start, end = shifted(period.start, -12 * years), shifted(period.end, -12 * years)
        if start >= first:
            return start, end
        end = go_live.replace(day=1)
        start = max(first, shifted(end, -12))
        return (start, end) if start < end else None


def first_month(world: World) -> date | None:
    """The first month that lies wholly after the first lead or deal was created, or on its day."""
    made = [lead["date_create"] for lead in world.leads.values()] + [deal.row["date_create"] for deal in world.deals]
    if not made:
        return None
    day = world.day(min(made))
    return day if day.day == 1 else shifted(day, 1)


def shifted(day: date, months: int) -> date:
    """The first day of the month so many months later."""
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)
