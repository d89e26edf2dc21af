"""What the data themselves lack: deals of the last year that cannot count fully, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from b24kpi.facts.functions import as_number
from b24kpi.metrics.compiler import slice_conditions
from b24kpi.metrics.dimensions import with_dimensions
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Measure

DAYS = 365
EXAMPLES = 5
INSTANT = 60  # seconds in which nobody sells anything
_LEAD = "SELECT 1 FROM lead AS l WHERE l.id = f.lead_id AND l.deleted_at IS NULL"
_PLANNED = "SELECT 1 FROM deal AS d WHERE d.id = f.deal_id AND d.closedate < :today"

# Name → which deals are looked at, and which of them fall short: both SQL over fact_deal AS f.
CHECKS: Mapping[str, tuple[str, str]] = {
    "no_amount": ("f.outcome = 'won'", "f.money = 0"),
    "no_customer": ("f.outcome = 'won'", "f.customer IS NULL"),
    "instant": ("f.outcome = 'won'", f"f.closed_at - f.created_at < {INSTANT}"),
    "planned_past": ("f.outcome = 'open'", f"EXISTS ({_PLANNED})"),
    "orphan": ("f.lead_id IS NOT NULL", f"NOT EXISTS ({_LEAD})"),
    "won_date_approx": ("f.outcome = 'won'", "f.won_date_approx = 1"),
    "fx_approx": ("f.outcome = 'won'", "f.fx_approx = 1"),
    "fx_unknown": ("TRUE", "f.fx_unknown = 1"),
}


@dataclass(frozen=True)
class Shortcoming:
    """Deals that fall short in one way.

    Attributes:
        name: key of CHECKS.
        deals, checked: how many fall short, of how many that were looked at.
        examples: numbers of the latest of them.
    """

    name: str
    deals: int
    checked: int
    examples: tuple[int, ...]


def find_shortcomings(engine: Engine, where: Mapping[str, str]) -> tuple[Shortcoming, ...]:
    """Every check over the deals that were created or closed in the last year, in the order of CHECKS.

    Raises:
        BadInput: deals have no such dimension.
    """
    today = datetime.fromtimestamp(engine.as_of, engine.zone).date()
    since = as_number(today - timedelta(days=DAYS))
    params: dict[str, int | str] = {"since": since, "today": today.isoformat(), **where}
    slices = slice_conditions(with_dimensions(Measure("deal", "closed_day"), engine.catalogue.dimensions), where)
    recent = "(f.created_day >= :since OR f.closed_day >= :since)"
    return tuple(_checked(engine, name, [recent, *slices], params) for name in CHECKS)


def _checked(engine: Engine, name: str, conditions: list[str], params: Mapping[str, int | str]) -> Shortcoming:
    looked_at, short = CHECKS[name]
    among = " AND ".join([*conditions, looked_at])
    ((checked, count),) = engine.store.query(
        f"SELECT COUNT(*), COALESCE(SUM({short}), 0) FROM fact_deal AS f WHERE {among}", params
    )
    latest = f"SELECT f.deal_id FROM fact_deal AS f WHERE {among} AND {short} ORDER BY f.deal_id DESC LIMIT {EXAMPLES}"
    examples = tuple(number for (number,) in engine.store.query(latest, params)) if count else ()
    return Shortcoming(name, count, checked, examples)
