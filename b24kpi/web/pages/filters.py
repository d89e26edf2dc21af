"""What a page is about: period, pipeline, manager and source, as they stand in its address."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlencode

from b24kpi.metrics.attribution import check_rule
from b24kpi.metrics.model import Metric
from b24kpi.metrics.period import Grain, Period, latest
from b24kpi.report.elapsed import Elapsed
from b24kpi.web.pages.attribution import NAME as ATTRIBUTION
from b24kpi.web.viewer import Viewer

SLICES = ("pipeline", "manager", "source")


@dataclass(frozen=True)
class Filters:
    """The choice of the reader.

    Attributes:
        today: the local day up to which the data reach.
        chosen: dimension → value, of SLICES.
        own: ID of the manager to whom every figure is cut; "" for those who see all.
        attribution: the rule that was chosen, "" for that of the settings.
    """

    period: Period
    today: date
    chosen: Mapping[str, str] = field(default_factory=dict)
    own: str = ""
    attribution: str = ""

    @classmethod
    def parse(cls, arguments: Mapping[str, str], viewer: Viewer, today: date) -> "Filters":
        """The choice of an address; without a period the present month.

        Raises:
            BadInput: the period is none, or the rule of attribution.
        """
        label = arguments.get("period", "")
        period = Period.parse(label) if label else Period.containing(today, Grain.MONTH)
        chosen = {name: arguments[name] for name in SLICES if arguments.get(name)}
        own = "" if viewer.sees_all else str(viewer.user_id)
        if rule := arguments.get(ATTRIBUTION, ""):
            check_rule(rule)
        return cls(period, today, chosen | ({"manager": own} if own else {}), own, rule)

    def where(self, metric: Metric) -> Mapping[str, str] | None:
        """The slice for a metric; None where it cannot be cut so, and a figure of everything would mislead."""
        fits = set(self.chosen) <= {*metric.dimensions, *metric.fixed}
        return self.chosen if fits else None

    @property
    def elapsed(self) -> Elapsed:
        """How far the period has come."""
        return Elapsed(self.period, self.today)

    @property
    def is_unfinished(self) -> bool:
        """Whether the period still goes on."""
        return self.elapsed.is_unfinished

    @property
    def until(self) -> date:
        """The end of the period so far, excluded."""
        return self.elapsed.until

    @property
    def comparable(self) -> Period:
        """The period before, as far as the present one has come."""
        return self.elapsed.comparable

    @property
    def so_far(self) -> Period:
        """The period as far as it has come."""
        return self.elapsed.so_far

    def run(self, count: int) -> list[Period]:
        """The period and so many before it, in order."""
        return latest(count, self.period.start, self.period.grain)

    def query(self, **changed: str | None) -> str:
        """The choice for an address, with changes; None takes a part out. The own manager needs no mention."""
        parts: dict[str, str | None] = {"period": self.period.label, **self.chosen}
        if self.own:
            parts.pop("manager", None)
        parts |= ({ATTRIBUTION: self.attribution} if self.attribution else {}) | changed
        return urlencode({name: value for name, value in parts.items() if value is not None})


def offered(today: date, chosen: Period) -> dict[Grain, list[Period]]:
    """Periods to choose from, the latest first; always with the chosen one."""
    found = {
        Grain.MONTH: latest(12, today, Grain.MONTH)[::-1],
        Grain.QUARTER: latest(4, today, Grain.QUARTER)[::-1],
        Grain.YEAR: latest(2, today, Grain.YEAR)[::-1],
        Grain.WEEK: latest(4, today, Grain.WEEK)[::-1],
    }
    listed: Iterable[Period] = found.get(chosen.grain, [])
    if chosen not in listed:
        found[chosen.grain] = [chosen, *listed]
    return found
