"""Dimensions of the user's own: a user field of the deal, lead, company or contact behind a fact's row.

A fact's row has the value that the field holds at present. Rows of customers have that of the deal whose other
dimensions they have: the first purchase where those are `acquired_…`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from b24kpi.facts.definition import Fact, load_facts
from b24kpi.metrics.model import Durations, Measure, Metric

# Where a company or contact is found from a deal or lead.
_LINKS = {"company": "company_id", "contact": "contact_id", "lead": "lead_id"}
_OF_ACQUISITION = "acquired_"

# Analyses that name no measures: the fact whose rows they look at.
_LOOKED_AT = {
    "base_composition": "customer_standing",
    "behaviour_change": "customer_standing",
    "failure_point": "stage_visit",
    "stuck_deals": "deal",
}

_OF_PLANS = ("goal_progress", "plan_attainment", "plan_realism")

Part = TypeVar("Part", Measure, Durations)


@dataclass(frozen=True)
class FieldDimension:
    """A user field as a dimension of reports.

    Attributes:
        name: under which it is asked for.
        stream: `deal`, `lead`, `company` or `contact`; `code`: of the field, `UF_CRM_REGION`.
        label: the field's name for people.
    """

    name: str
    stream: str
    code: str
    label: str = ""

    @property
    def column(self) -> str:
        return self.code.lower()


def sliced(metric: Metric, dimensions: Iterable[FieldDimension]) -> Metric:
    """The metric with those dimensions that every one of its parts has.

    What an analysis looks at besides is found from deals and customers too, see `with_dimensions`; so it has the same.
    Plans are never made for a user field.
    """
    if metric.analysis in _OF_PLANS:
        return metric
    looked_at = [Measure(_LOOKED_AT[metric.analysis], "")] if metric.analysis in _LOOKED_AT else []
    parts: list[Measure | Durations] = [
        *looked_at,
        *metric.measures.values(),
        *metric.flow.values(),
        *metric.attributed.values(),
        *metric.readings.values(),
    ]
    parts += [part for part in (metric.durations, metric.nowcast, metric.ripening) if part is not None]
    fitting = [each for each in dimensions if parts and all(lookup(part, each) for part in parts)]
    if not fitting:
        return metric
    return replace(
        metric,
        dimensions=tuple(dict.fromkeys((*metric.dimensions, *(each.name for each in fitting)))),
        measures={name: with_dimensions(part, fitting) for name, part in metric.measures.items()},
        flow={name: with_dimensions(part, fitting) for name, part in metric.flow.items()},
        attributed={name: with_dimensions(part, fitting) for name, part in metric.attributed.items()},
        readings={name: with_dimensions(part, fitting) for name, part in metric.readings.items()},
        durations=metric.durations and with_dimensions(metric.durations, fitting),
        nowcast=metric.nowcast and with_dimensions(metric.nowcast, fitting),
        ripening=metric.ripening and with_dimensions(metric.ripening, fitting),
    )


def with_dimensions(part: Part, dimensions: Iterable[FieldDimension]) -> Part:
    """The same part, also sliced by these fields as far as its fact leads to them."""
    found = {each.name: lookup(part, each) for each in dimensions}
    return replace(part, dimensions={**part.dimensions, **{name: sql for name, sql in found.items() if sql}})


def lookup(part: Measure | Durations, wanted: FieldDimension) -> str:
    """SQL of a field's value in terms of the fact `f`; "" where no way leads from the fact to the field."""
    fact = load_facts()[part.fact]
    if fact.owner != "lead" and "deal_id" in fact.columns:
        return _from("deal", wanted, _deal(part, fact))
    if "lead_id" in fact.columns and wanted.stream != "deal":
        return _from("lead", wanted, "f.lead_id")
    return ""


def _from(start: str, wanted: FieldDimension, key: str) -> str:
    """From a deal or lead by its key to the field: of itself, or of what it is linked to."""
    if wanted.stream == start:
        return f"(SELECT u.{wanted.column} FROM {start} AS u WHERE u.id = {key})"
    link = f"JOIN {wanted.stream} AS u ON u.id = d.{_LINKS[wanted.stream]}"
    return f"(SELECT u.{wanted.column} FROM {start} AS d {link} WHERE d.id = {key})"


def _deal(part: Measure | Durations, fact: Fact) -> str:
    """SQL of the deal whose dimensions the row has."""
    used = {**fact.dimensions, **part.dimensions}.values()
    if "customer" in fact.columns and any(column.startswith(_OF_ACQUISITION) for column in used):
        return "(SELECT c.deal_id FROM fact_customer AS c WHERE c.customer = f.customer)"
    return "f.deal_id"
