"""Plans of sales, as forecasts need them."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from b24kpi.metrics.model import Metric
from b24kpi.metrics.period import Period
from b24kpi.metrics.targets import Targets

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine

SALES = "total_sales"


@dataclass(frozen=True)
class SalesPlans:
    """What people plan to sell."""

    metric: Metric
    targets: Targets

    @property
    def are_none(self) -> bool:
        """Whether nobody has planned any sales."""
        return SALES not in self.targets.metrics

    def sales(self, period: Period, by: Mapping[str, str]) -> Fraction | None:
        """Planned sales of a period and combination, in hundredths; None where nothing is planned for it."""
        return self.targets.amount(self.metric, period, by)


def plans_of(engine: "Engine") -> SalesPlans:
    """The plans in the engine's cache."""
    return SalesPlans(engine.catalogue.find(SALES), Targets.of_store(engine.store))
