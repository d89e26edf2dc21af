"""Files of people into the cache: costs and plans, checked against what the cache knows of the portal."""

from pathlib import Path

from b24kpi.cache.costs import replace_costs
from b24kpi.cache.plans import replace_plans
from b24kpi.cache.store import Store
from b24kpi.cost_file import read_costs
from b24kpi.metrics.catalogue import load
from b24kpi.plan_file import read_plans


def import_costs(store: Store, path: Path) -> int:
    """Costs in place of those that were there. Returns their number.

    Raises:
        BadInput: any row is wrong; nothing is changed then.
    """
    sources, currencies = _known(store, "status", "status_id", "SOURCE"), _known(store, "currency", "currency")
    costs = read_costs(path, sources=sources, currencies=currencies)
    replace_costs(store, costs)
    return len(costs)


def import_plans(store: Store, path: Path) -> int:
    """Plans in place of those that were there. Returns their number.

    Raises:
        BadInput: any row is wrong; nothing is changed then.
    """
    known: dict[str, set[str] | None] = {name: _known(store, name, "id") for name in ("department", "user", "category")}
    plans = read_plans(path, load(), known | {"product": None})
    replace_plans(store, plans)
    return len(plans)


def _known(store: Store, table: str, column: str, entity_id: str = "") -> set[str]:
    where = f" AND entity_id = '{entity_id}'" if entity_id else ""
    return {str(row[0]) for row in store.query(f"SELECT {column} FROM {table} WHERE deleted_at IS NULL{where}")}
