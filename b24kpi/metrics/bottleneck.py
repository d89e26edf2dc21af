"""What a stage of the funnel would be worth if it converted as well as it has been seen to; pure.

    gain = R × (c_ref / c - 1)

for the revenue R of a cohort, the stage's conversion c, and what it could be: the best of the cohort's trailing
quarters or the manager at the upper quartile of the team, each drawn to the mean of their group (`shrunk`). The
interval is that of c by Wilson, with c_ref as a given target. One percentage point more is worth R × 0.01 / c.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from b24kpi.metrics.model import Reason
from b24kpi.metrics.statistics.intervals import wilson
from b24kpi.metrics.statistics.shrinkage import shrunk

LEAST = 30  # of fewer deals nothing is concluded
QUARTILE = Fraction(3, 4)
POINT = Fraction(1, 100)

Group = tuple[int, int]  # advanced, reached


@dataclass(frozen=True)
class Stage:
    """A stage of a cohort.

    Attributes:
        revenue: hundredths that the cohort's won deals brought.
        quarters, managers: the groups with which it is compared; those without deals are left out.
        seconds, cycle: how long the cohort was in this stage, and in all stages of the pipeline.
    """

    advanced: int
    reached: int
    revenue: int
    quarters: Sequence[Group] = ()
    managers: Sequence[Group] = ()
    seconds: int = 0
    cycle: int = 0

    @property
    def conversion(self) -> Fraction | None:
        return Fraction(self.advanced, self.reached) if self.reached else None

    @property
    def reference(self) -> float | None:
        """The conversion that has been seen to be possible; None where nothing is known."""
        return max(self._references(), default=None)

    @property
    def point_worth(self) -> Fraction | None:
        """Hundredths that one percentage point more would bring."""
        return self.revenue * POINT / self.conversion if self.conversion else None

    @property
    def time_share(self) -> float | None:
        return self.seconds / self.cycle if self.cycle else None

    @property
    def gain(self) -> float | None:
        """Hundredths, with the conversion as it is."""
        return None if self.conversion is None else self._gain(float(self.conversion))

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """The 95 % interval of the gain; open upwards where the conversion may be 0."""
        if not self.reached:
            return None, None
        low, high = wilson(self.advanced, self.reached)
        return self._gain(high), self._gain(low)

    @property
    def reason(self) -> Reason | None:
        """Why no gain is told: no deals, too few of them, or nothing beyond what chance alone makes."""
        if not self.reached:
            return Reason.NO_EVENTS
        low = self.bounds[0]
        is_shown = self.reached >= LEAST and self.gain is not None and low is not None and low > 0
        return None if is_shown else Reason.INSUFFICIENT_DATA

    def _gain(self, conversion: float) -> float | None:
        reference = self.reference
        return self.revenue * (reference / conversion - 1) if conversion and reference is not None else None

    def _references(self) -> Iterator[float]:
        yield from shrunk([group for group in self.quarters if group[1]])
        managers = sorted(shrunk([group for group in self.managers if group[1]]))
        if managers:
            yield managers[ceil(QUARTILE * len(managers)) - 1]
