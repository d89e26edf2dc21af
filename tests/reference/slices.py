"""Dimension values of deals, leads and costs as strings; what is empty in the CRM is ""."""

from collections.abc import Sequence

from tests.reference.stages import Row
from tests.reference.world import Deal, World

UTM = ("utm_source", "utm_medium", "utm_campaign")
DEAL = frozenset({"pipeline", "manager", "department", "source", "currency", *UTM})
SALE = DEAL | {"customer_kind", "point"}
LOSS = DEAL | {"loss_reason"}
VISIT = DEAL | {"visit"}
LEAD = frozenset({"manager", "department", "source", "lead_stage", *UTM})
CONTACT = frozenset({"manager", "department", "source", "channel"})
EFFORT = DEAL - {"currency"}
TOUCH = frozenset({"source", "utm_campaign"})

Key = tuple[str, ...]


def check(by: Sequence[str], allowed: frozenset[str]) -> None:
    """ValueError for a dimension that the metric does not have."""
    if unknown := [name for name in by if name not in allowed]:
        raise ValueError(f"no such dimension here: {', '.join(unknown)}; there are {', '.join(sorted(allowed))}")


def of_deal(world: World, deal: Deal, moment: float, by: Sequence[str], *, pipeline: int | None = None) -> Key:
    """Dimensions of a deal as of an event; `pipeline` overrides its present one."""
    category = (deal.row["category_id"] or 0) if pipeline is None else pipeline
    own = {"pipeline": str(category), "currency": text(deal.row["currency_id"])}
    if "loss_reason" in by:
        own["loss_reason"] = deal.row["stage_id"] if deal.life.outcome == "F" else ""
    if "customer_kind" in by:
        own["customer_kind"] = _kind(world, deal)
    own |= people(world, world.owner(deal, moment)) | _origin(deal.row)
    own["point"] = own["department" if world.point == "department" else "pipeline"]
    return tuple(own[name] for name in by)


def of_lead(world: World, lead: Row, by: Sequence[str]) -> Key:
    """Dimensions of a lead as it is now."""
    own = {"lead_stage": text(lead["status_id"])} | people(world, lead["assigned_by_id"]) | _origin(lead)
    return tuple(own[name] for name in by)


def of_touch(world: World, deal: Deal, by: Sequence[str]) -> Key:
    """Dimensions of a deal by what brought it first."""
    own = _origin(world.first_touch(deal))
    return tuple(own[name] for name in by)


def of_cost(cost: Row, by: Sequence[str]) -> Key:
    """Dimensions of an expense."""
    own = {"source": text(cost["source"]), "utm_campaign": text(cost["campaign"])}
    return tuple(own[name] for name in by)


def text(value: object) -> str:
    """A dimension's value; nothing is ""."""
    return "" if value is None else str(value)


def _kind(world: World, deal: Deal) -> str:
    number = world.numbers.get(deal.id)
    return "" if number is None else "new" if number == 1 else "repeat"


def people(world: World, user: int | None) -> dict[str, str]:
    """The manager and his department."""
    return {"manager": text(user or None), "department": text(world.department(user) or None)}


def _origin(row: Row) -> dict[str, str]:
    return {"source": text(row["source_id"])} | {name: text(row[name]) for name in UTM}
