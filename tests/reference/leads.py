"""Metrics of leads, by the period of their creation: new_leads, lead_to_customer_rate, lead_to_deal_rate."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from tests.reference import slices
from tests.reference.plan import Entry, Plan, always
from tests.reference.results import Result, rate, total
from tests.reference.stages import Row
from tests.reference.world import World


def new_leads(world: World, by: Sequence[str]) -> Plan:
    """How many leads were created in the period."""
    return replace(_plan(world, by, lambda lead: False), fold=lambda leads: total(len(leads), len(leads)))


def lead_to_customer_rate(world: World, by: Sequence[str]) -> Plan:
    """Leads whose deal is won now, or whose customer bought after the lead came."""
    plan = _plan(world, by, lambda lead: (became_customer(world, lead), lead["status_id"] not in world.junk))
    return replace(plan, fold=_customers)


def lead_to_deal_rate(world: World, by: Sequence[str]) -> Plan:
    """Leads that are converted now, or that have a deal."""
    with_deal = {deal.row["lead_id"] for deal in world.deals}
    return _plan(world, by, lambda lead: lead["status_semantic_id"] == "S" or lead["id"] in with_deal)


def won_moment(world: World, lead: Row) -> float | None:
    """When the lead became a customer: the first win of a deal of it, or of its customer after it came."""
    customers = world.lead_customers(lead)
    return min(
        (
            at
            for deal, at in world.won()
            if deal.row["lead_id"] == lead["id"] or (deal.customer in customers and at >= lead["date_create"])
        ),
        default=None,
    )


def _customers(leads: list[Entry]) -> Result:
    """Of all leads, and beside it of those that are not junk."""
    found = rate(sum(1 for lead in leads if lead.what[0]), len(leads))
    serious = [has_bought for lead in leads for has_bought, is_serious in [lead.what] if is_serious]
    found.extra["without_junk"] = Fraction(sum(serious), len(serious)) if serious else None
    return found


def _plan(world: World, by: Sequence[str], converted: Callable[[Row], Any]) -> Plan:
    slices.check(by, slices.LEAD)
    entries = [
        Entry(world.day(lead["date_create"]), slices.of_lead(world, lead, by), "lead", converted(lead))
        for lead in world.leads.values()
    ]
    return Plan(entries, lambda leads: rate(sum(1 for lead in leads if lead.what), len(leads)), always(by))


def became_customer(world: World, lead: Row) -> bool:
    """Whether a deal of it is won, or one of its customers bought after it came."""
    if any(deal.row["lead_id"] == lead["id"] for deal, _ in world.won()):
        return True
    customers = world.lead_customers(lead)
    return any(deal.customer in customers and at >= lead["date_create"] for deal, at in world.won())
