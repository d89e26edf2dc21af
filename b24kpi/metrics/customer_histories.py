"""What the purchases of customers amount to as of a day: how many, how long ago, how much; as BG/NBD wants it.

Purchases of a customer on one day are one visit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.compiler import dimension, slice_conditions
from b24kpi.metrics.model import Query
from b24kpi.metrics.statistics.bgnbd import Customers
from b24kpi.metrics.statistics.survival import nearest_rank

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

Array = NDArray[Any]

WEEK = 7  # days


@dataclass(frozen=True)
class Visits:
    """Every day on which a customer bought, one place of each array for each, in the order of customers and days.

    Attributes:
        customer: place of the customer among `names`.
        day: counted one by one.
        money: in hundredths.
        keys: combination of dimensions of each customer's first purchase.
    """

    customer: Array
    day: Array
    money: Array
    names: Sequence[str]
    keys: "Sequence[Key]"

    def until(self, day: int) -> "Visits":
        """Those up to a day, itself included."""
        known = self.day <= day
        return Visits(self.customer[known], self.day[known], self.money[known], self.names, self.keys)


@dataclass(frozen=True)
class Histories:
    """Customers as of the end of a day, one place of each array for each.

    Attributes:
        customer: place among `Visits.names`.
        known: repeats, weeks to the last visit and to the end, as BG/NBD wants them.
        first, last: days of the first and the last visit.
        paid: repeat visits that brought money, and `mean` what they brought on average, in hundredths.
    """

    customer: Array
    known: Customers
    first: Array
    last: Array
    paid: Array
    mean: Array


def read_visits(engine: "Engine", query: Query, by: "Key") -> Visits:
    """The visits of the query's customers, who are in the slice of their first purchase."""
    part = query.metric.measures["purchases"]
    keys = [f", COALESCE(CAST({dimension(part, name)} AS TEXT), '')" for name in by]
    condition = " AND ".join(slice_conditions(part, query.where)) or "1"
    rows = engine.store.query(
        f"SELECT f.customer, day_number(f.won_day), SUM(f.money){''.join(keys)} FROM fact_purchase AS f "
        f"WHERE {condition} GROUP BY f.customer, f.won_day ORDER BY f.customer, f.won_day",
        dict(query.where),
    )
    own = {row[0]: tuple(row[3:]) for row in rows}
    places = {name: place for place, name in enumerate(own)}
    return Visits(
        np.array([places[row[0]] for row in rows], dtype=int),
        np.array([row[1] for row in rows], dtype=int),
        np.array([row[2] for row in rows], dtype=float),
        list(own),
        list(own.values()),
    )


def histories(visits: Visits, day: int) -> Histories:
    """What is known of each customer at the end of the day; who has not bought by then is left out."""
    seen = visits.until(day)
    customer, start, count = np.unique(seen.customer, return_index=True, return_counts=True)
    first, last = seen.day[start], seen.day[start + count - 1]
    repeats = np.ones(len(seen.day), dtype=bool)
    repeats[start] = False
    repeats &= seen.money > 0
    place = np.searchsorted(customer, seen.customer[repeats])
    paid = np.bincount(place, minlength=len(customer)).astype(float)
    money = np.bincount(place, weights=seen.money[repeats], minlength=len(customer)).astype(float)
    mean = np.divide(money, paid, out=np.zeros_like(money), where=paid > 0)
    known = Customers((count - 1).astype(float), (last - first) / WEEK, (day - first) / WEEK)
    return Histories(customer, known, first, last, paid, mean)


def median_gap(visits: Visits) -> float | None:
    """The median of the days between visits of the same customer, by nearest rank; None without any."""
    same = visits.customer[1:] == visits.customer[:-1]
    return nearest_rank(np.diff(visits.day)[same].astype(float), 0.5)
