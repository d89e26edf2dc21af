"""What people are paid by: KPIs with weights and targets, in versions that follow each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction


@dataclass(frozen=True)
class SchemeVersion:
    """How results become a base of bonuses for the periods that begin on a day or later, until the next version.

    Attributes:
        weights: KPI → what it weighs among the others.
        targets: KPI → what is to be reached where no plan says: money in hundredths, durations in seconds.
        floor: what is attained by less than this share counts as nothing.
        cap: what is attained by more counts as this share.
    """

    start: date
    weights: Mapping[str, Fraction]
    targets: Mapping[str, Fraction] = field(default_factory=dict)
    floor: Fraction = Fraction(0)
    cap: Fraction = Fraction(3, 2)


@dataclass(frozen=True)
class Motivation:
    """All versions, the oldest first; `close_days` after its end a month is closed, and its figures stay."""

    versions: tuple[SchemeVersion, ...] = ()
    close_days: int = 5

    def of(self, day: date) -> SchemeVersion | None:
        """The version for a period that begins on the day; None before the first."""
        return next((version for version in reversed(self.versions) if version.start <= day), None)
