"""How far a period has come, and with what a period that still goes on may be compared."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from b24kpi.metrics.pace import expected_share
from b24kpi.metrics.period import Period


@dataclass(frozen=True)
class Elapsed:
    """A period seen from a day.

    Attributes:
        today: the local day up to which the data reach.
    """

    period: Period
    today: date

    @property
    def is_unfinished(self) -> bool:
        """Whether the period still goes on."""
        return self.period.start <= self.today < self.period.end

    @property
    def until(self) -> date:
        """The end of the period so far, excluded."""
        return min(self.period.end, self.today + timedelta(days=1))

    @property
    def comparable(self) -> Period:
        """The period before, as far as the present one has come: so many of its first days."""
        before = self.period.previous
        if not self.is_unfinished:
            return before
        days = (self.until - self.period.start).days
        return replace(before, end=min(before.end, before.start + timedelta(days=days)))

    @property
    def so_far(self) -> Period:
        """The period as far as it has come."""
        return replace(self.period, end=self.until) if self.is_unfinished else self.period

    @property
    def gone(self) -> float:
        """The share of the period's working days that are over."""
        return float(expected_share(self.period, self.today))
