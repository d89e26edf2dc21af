"""Plans of sales as the cache keeps them, in the table `plan`, where there is one."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from b24kpi.facts.functions import as_number
from b24kpi.metrics.period import Period

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine

SALES = "total_sales"
COMPANY = "company"  # the scope of a plan for all together


@dataclass(frozen=True)
class PlanTable:
    """(first day, day after the last, scope, its value) → planned sales, in hundredths."""

    amounts: dict[tuple[int, int, str, str], int]

    def sales(self, period: Period, by: dict[str, str]) -> Fraction | None:
        """Planned sales of a period and combination, in hundredths; None where nothing is planned for it.

        A plan stands for all together, or for one value of one dimension.
        """
        if len(by) > 1:
            return None
        scope, value = next(iter(by.items()), (COMPANY, ""))
        amount = self.amounts.get((as_number(period.start), as_number(period.end), scope, value))
        return None if amount is None else Fraction(amount)


def plans_of(engine: "Engine") -> PlanTable:
    """The plans in the engine's cache; none where it has no table of them."""
    if not engine.store.query("SELECT 1 FROM sqlite_master WHERE name = 'plan'"):
        return PlanTable({})
    rows = engine.store.query(
        "SELECT period_start_day, period_end_day, scope, COALESCE(scope_value, ''), amount FROM plan WHERE metric = ?",
        [SALES],
    )
    return PlanTable({(start, end, scope, value): amount for start, end, scope, value, amount in rows})
