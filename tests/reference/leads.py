"""Metrics of leads, by the period of their creation: new_leads, lead_to_customer_rate, lead_to_deal_rate."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from tests.reference import slices
from tests.reference.plan import Entry, Plan, always
from tests.reference.results import rate, total
from tests.reference.stages import Row
from tests.reference.world import World


def new_leads(world: World, by: Sequence[str]) -> Plan:
    """How many leads were created in the period."""
    return replace(_plan(world, by, lambda lead: False), fold=lambda leads: total(len(leads), len(leads)))


def lead_to_customer_rate(world: World, by: Sequence[str]) -> Plan:
    """Leads whose deal is won now, or whose customer bought after the lead came."""
    return _plan(world, by, lambda lead: became_customer(world, lead))


def lead_to_deal_rate(world: World, by: Sequence[str]) -> Plan:
    """Leads that are converted now, or that have a deal."""
    with_deal = {deal.row["lead_id"] for deal in world.deals}
    return _plan(world, by, lambda lead: lead["status_semantic_id"] == "S" or lead["id"] in with_deal)


def _plan(world: World, by: Sequence[str], converted: Callable[[Row], bool]) -> Plan:
    slices.check(by, slices.LEAD)
    entries = [
        Entry(world.day(lead["date_create"]), slices.of_lead(world, lead, by), "lead", converted(lead))
        for lead in world.leads.values()
    ]
    return Plan(entries, lambda leads: rate(sum(1 for lead in leads if lead.what), len(leads)), always(by))


def became_customer(world: World, lead: Row) -> bool:
    """Whether its deal is won now, or its customer bought after it came."""
    if any(deal.row["lead_id"] == lead["id"] for deal, _ in world.won()):
        return True
    customers = world.lead_customers(lead)
    return any(deal.customer in customers and at >= lead["date_create"] for deal, at in world.won())
