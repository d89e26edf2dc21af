"""What people give besides the portal's rows: settings that facts and KPIs depend on."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from b24kpi.facts.crm_figures import CrmFigures
from b24kpi.facts.interaction_figures import InteractionFigures
from b24kpi.facts.mapped_figures import MappedFigures
from b24kpi.facts.motivation_figures import Motivation
from b24kpi.facts.service_figures import ServiceFigures

NO_CRM = CrmFigures()
USUAL_SERVICE = ServiceFigures()
NOTHING_MAPPED = MappedFigures()
USUAL_INTERACTION = InteractionFigures()
NO_MOTIVATION = Motivation()


@dataclass(frozen=True)
class Figures:
    """Figures of the settings; a default stands for what nobody gave.

    Attributes:
        margin: share of sales that is margin.
        base_days: for how many days from a purchase on a customer belongs to the base.
        junk: STATUS_ID of the lead statuses that mean junk.
        hourly_rate: what an hour of work costs, in hundredths of the report currency.
        crm: the CRM as an investment.
        stuck_days: after how many days of silence, or in a stage of which little is known, a deal is stuck.
        service: when customers are answered.
        point: what stands for a point of sale: `department` or `pipeline`.
        mapped: pipelines, stages and user fields that mean something here.
        interaction: how the effectiveness of interaction is put together.
        motivation: what people are paid by.
    """

    margin: Fraction = Fraction(1)
    base_days: int = 365
    junk: tuple[str, ...] = ("JUNK",)
    hourly_rate: Fraction | None = None
    crm: CrmFigures = NO_CRM
    stuck_days: int = 14
    service: ServiceFigures = USUAL_SERVICE
    point: str = "department"
    mapped: MappedFigures = NOTHING_MAPPED
    interaction: InteractionFigures = USUAL_INTERACTION
    motivation: Motivation = NO_MOTIVATION

    @property
    def constants(self) -> Mapping[str, Fraction | None]:
        """Names that formulas of the catalogue may use beside measures; None where it is not configured."""
        given = {
            "motivation_scheme": bool(self.motivation.versions),
            "crm_go_live": self.crm.go_live is not None,
            "crm_investment": bool(self.crm.investment),
        }
        marks = {name: Fraction(1) if is_given else None for name, is_given in given.items()}
        return {"margin": self.margin, "hourly_rate": self.hourly_rate, **marks, **self.mapped.constants}

    @property
    def of_facts(self) -> str:
        """What facts are made with: a change makes them be computed again."""
        return f"{self.base_days} {self.junk} {self.service} {self.point} {self.mapped}"


CONSTANTS = frozenset(Figures().constants)
