"""What people tell of their CRM as an investment: when it began, what it cost, what was before it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

# KPIs that are compared before and after, in the order of the answer; a baseline may be given for each.
COMPARED = (
    "total_sales", "won_deals", "aov", "revenue_per_customer", "new_leads", "lead_to_customer_rate", "win_rate",
    "sales_cycle", "new_customers",
)  # fmt: skip
BENEFITS = ("margin", "hours")
ADJUSTMENTS = ("season", "trend")


@dataclass(frozen=True)
class CrmFigures:
    """Money in hundredths of the report currency.

    Attributes:
        go_live: the first day with the CRM; None where nobody told.
        investment: what was paid once; 0 where nobody told.
        subscription, saved_hours: a month.
        adaptation_days: for so many days from go-live on nothing is compared.
        benefits: what counts as benefit, of `BENEFITS`.
        counterfactual: what the sales expected without the CRM follow beside their level, of `ADJUSTMENTS`.
        baseline: KPI of `COMPARED` → its monthly figure before the CRM, in the unit of the KPI: money in hundredths,
            shares as fractions, durations in seconds.
    """

    go_live: date | None = None
    investment: Fraction = Fraction(0)
    subscription: Fraction = Fraction(0)
    saved_hours: Fraction = Fraction(0)
    adaptation_days: int = 60
    benefits: tuple[str, ...] = BENEFITS
    counterfactual: tuple[str, ...] = ADJUSTMENTS
    baseline: Mapping[str, Fraction] = field(default_factory=dict)
