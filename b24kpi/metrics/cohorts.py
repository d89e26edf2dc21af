"""Cohorts followed through time: what those who began in one period did in it and in each of the periods after.

retention: the share of customers with a purchase in the period · ltv: the margin that a customer of the cohort has
brought on average by its end · conversion: the share of leads that have become customers by its end. All together count
only periods that are over, each over the cohorts that have reached it, so that young cohorts do not thin the old ones:

    LTV(m) = Σ over periods j ≤ m of (margin in period j / customers who have reached period j)
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from b24kpi.facts.functions import as_date
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.compiler import slice_conditions
from b24kpi.metrics.margin import Sales
from b24kpi.metrics.model import Unit
from b24kpi.metrics.period import Grain, Period
from b24kpi.metrics.statistics.intervals import wilson

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine


class Kind(StrEnum):
    """What is followed."""

    RETENTION = "retention"
    LTV = "ltv"
    CONVERSION = "conversion"

    @property
    def metric(self) -> str:
        """The KPI over the same rows: its slices, inputs and name are those of the cohorts."""
        return {"retention": "rpr", "ltv": "ltv_historic", "conversion": "lead_to_customer_rate"}[self]

    @property
    def unit(self) -> Unit:
        return Unit.MONEY if self is Kind.LTV else Unit.RATIO


@dataclass(frozen=True)
class Cell:
    """A cohort, or all together, in the period so many periods after its beginning.

    Attributes:
        above, below: the sides of the value; money in hundredths. Of all together the value of LTV is a sum of such.
        low, high: 95 % Wilson interval of a share.
        is_over: the period has ended; else the value is so far.
    """

    offset: int
    value: Fraction
    above: Fraction
    below: int
    is_over: bool = True
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Cohort:
    """Those who began in a period; cells in the order of time, from the period of the beginning to the present one."""

    period: Period
    size: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Sums:
    """What happened, by period of the beginning and periods since: heads for shares, hundredths for money."""

    sizes: Mapping[Period, int]
    sums: Mapping[tuple[Period, int], Fraction]


def cohorts(kind: Kind, found: Sums, periods: Sequence[Period], present: Period) -> tuple[Cohort, ...]:
    """A cohort for each of the periods in which anybody began."""
    return tuple(_cohort(kind, found, period, present) for period in periods if found.sizes.get(period))


def together(kind: Kind, all_of_them: Sequence[Cohort], found: Sums) -> tuple[Cell, ...]:
    """All cohorts as one, over the periods that are over."""
    cells: list[Cell] = []
    brought = Fraction(0)
    longest = max((len(cohort.cells) for cohort in all_of_them), default=0)
    for offset in range(longest):
        reached = [each for each in all_of_them if len(each.cells) > offset and each.cells[offset].is_over]
        if not reached:
            break
        below = sum(each.size for each in reached)
        if kind is Kind.LTV:
            above = sum((found.sums.get((each.period, offset), Fraction(0)) for each in reached), Fraction(0))
            brought += above / below
            cells.append(Cell(offset, brought, above, below))
        else:
            cells.append(_share(offset, sum((each.cells[offset].above for each in reached), Fraction(0)), below, True))
    return tuple(cells)


def read(engine: "Engine", kind: Kind, grain: Grain, where: Mapping[str, str]) -> Sums:
    """The sums of all cohorts ever.

    Raises:
        BadInput: the fact has no such dimension.
    """
    return _leads(engine, grain, where) if kind is Kind.CONVERSION else _purchases(engine, kind, grain, where)


def _purchases(engine: "Engine", kind: Kind, grain: Grain, where: Mapping[str, str]) -> Sums:
    conditions = [*slice_conditions(find(kind.metric).measures["customers"], where), f"f.won_at <= {int(engine.as_of)}"]
    heads: dict[tuple[Period, int], set[str]] = defaultdict(set)
    margins: defaultdict[tuple[Period, int], Fraction] = defaultdict(Fraction)
    for began, day, customer, money, covered, bought in engine.store.query(
        "SELECT f.acquired_day, f.won_day, f.customer, f.money, f.covered_money, f.purchase_money "
        "FROM fact_purchase AS f "
        f"WHERE {' AND '.join(conditions)}",
        dict(where),
    ):
        first = Period.containing(as_date(began), grain)
        place = first, _distance(first, Period.containing(as_date(day), grain))
        heads[place].add(customer)
        margins[place] += Sales(money, covered, bought).margin(engine.figures.margin)
    sizes = {period: len(customers) for (period, offset), customers in heads.items() if offset == 0}
    if kind is Kind.LTV:
        return Sums(sizes, margins)
    return Sums(sizes, {place: Fraction(len(customers)) for place, customers in heads.items()})


def _leads(engine: "Engine", grain: Grain, where: Mapping[str, str]) -> Sums:
    """A lead that was won before it was created counts as won at once."""
    conditions = [*slice_conditions(find("lead_to_customer_rate").measures["leads"], where), "1 = 1"]
    sizes: Counter[Period] = Counter()
    sums: Counter[tuple[Period, int]] = Counter()
    for day, won_at in engine.store.query(
        "SELECT f.created_day, CASE WHEN f.is_customer = 1 THEN f.decided_at END FROM fact_lead AS f "
        f"WHERE {' AND '.join(conditions)}",
        dict(where),
    ):
        first = Period.containing(as_date(day), grain)
        sizes[first] += 1
        if won_at is not None:
            then = Period.containing(datetime.fromtimestamp(won_at, engine.zone).date(), grain)
            sums[first, max(_distance(first, then), 0)] += 1
    return Sums(sizes, {place: Fraction(count) for place, count in sums.items()})


def _cohort(kind: Kind, found: Sums, period: Period, present: Period) -> Cohort:
    size, cells, above = found.sizes[period], [], Fraction(0)
    for offset in range(_distance(period, present) + 1):
        here = found.sums.get((period, offset), Fraction(0))
        above = here if kind is Kind.RETENTION else above + here
        is_over = offset < _distance(period, present)
        if kind is Kind.LTV:
            cells.append(Cell(offset, above / size, above, size, is_over))
        else:
            cells.append(_share(offset, above, size, is_over))
    return Cohort(period, size, tuple(cells))


def _share(offset: int, above: Fraction, below: int, is_over: bool) -> Cell:
    low, high = wilson(int(above), below)
    return Cell(offset, above / below, above, below, is_over, low, high)


def _distance(first: Period, other: Period) -> int:
    """How many periods of their length lie between two."""
    months = 12 * (other.start.year - first.start.year) + other.start.month - first.start.month
    return months // 3 if first.grain is Grain.QUARTER else months
