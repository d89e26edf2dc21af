"""A plan of sales for every month that is asked for: of the company, and of each manager and pipeline."""

from datetime import date, timedelta

from b24kpi.cache.plans import replace_plans
from b24kpi.cache.store import Store
from b24kpi.facts.functions import as_number
from b24kpi.plan_file import COMPANY, Plan
from tests.benchmarks.big_portal import MANAGERS, PIPELINES
from tests.benchmarks.questions import months

A_DEAL = 4_000  # hundredths a month for each deal of the portal: about what it sells


def give_plan(store: Store) -> None:
    """As `b24kpi plans import` would, in place of the plans before."""
    count = store.query("SELECT MAX(id) FROM deal")[0][0]
    replace_plans(store, (plan for month in months() for plan in _of_month(month, count * A_DEAL)))


def _of_month(first: date, amount: int) -> list[Plan]:
    following = (first + timedelta(days=31)).replace(day=1)
    managers = [("user", str(number), amount // MANAGERS) for number in range(1, MANAGERS + 1)]
    pipelines = [("category", str(number), amount // PIPELINES) for number in range(PIPELINES)]
    return [
        Plan("total_sales", as_number(first), as_number(following), scope, value, share)
        for scope, value, share in [(COMPANY, "", amount), *managers, *pipelines]
    ]
