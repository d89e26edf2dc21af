"""What people give besides the portal's rows: settings that facts and KPIs depend on."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Figures:
    """Figures of the settings; a default stands for what nobody gave.

    Attributes:
        margin: share of sales that is margin.
        base_days: for how many days from a purchase on a customer belongs to the base.
        point: what stands for a point of sale: `department` or `pipeline`.
    """

    margin: Fraction = Fraction(1)
    base_days: int = 365
    point: str = "department"

    @property
    def constants(self) -> Mapping[str, Fraction | None]:
        """Names that formulas of the catalogue may use beside measures; None where it is not configured."""
        return {"margin": self.margin}

    @property
    def of_facts(self) -> str:
        """What facts are made with: a change makes them be computed again."""
        return f"{self.base_days} {self.point}"


CONSTANTS = frozenset(Figures().constants)
