"""Which KPIs of which months one deal counts in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from b24kpi.facts.definition import load_facts
from b24kpi.facts.functions import as_number
from b24kpi.metrics.compiler import deal_statement
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Measure, Metric, Number
from b24kpi.metrics.parts import adds_of, parts_of
from b24kpi.metrics.period import Period
from b24kpi.metrics.series import today

# Facts whose rows of a deal are found by its number. Others tell of customers, leads or people rather than of deals.
FACTS = frozenset(
    {
        *("deal", "deal_effort", "request", "pipeline_visit", "stage_visit", "stay"),
        *("purchase", "product_sale", "document", "approval", "touch"),
    }
)  # fmt: skip


@dataclass(frozen=True)
class Counted:
    """A part of a KPI's value in a month that the deal adds to.

    Attributes:
        by: the dimensions that the KPI always has, with the values under which the deal counts.
        part: name of the sum; `rows`: how many rows of the deal count in it.
        adds: what they add, money in currency units.
    """

    metric: str
    period: Period
    by: Mapping[str, str]
    part: str
    rows: int
    adds: Number
    is_money: bool


def counts_of(engine: Engine, deal_id: int, manager: str) -> tuple[Counted, ...]:
    """Every sum over deals that this one is in, the latest month first, else in the order of the catalogue.

    KPIs that an analysis computes out of whole histories are left out: they are not made of single deals.

    Args:
        manager: only what counts for this manager, by KPIs that know managers; "" for all.
    """
    days = _Days(engine, deal_id)
    found = [
        each
        for metric in engine.catalogue.metrics
        if not metric.analysis and engine.unreadable(metric) is None
        if not manager or "manager" in (*metric.dimensions, *metric.fixed)
        for each in _of_metric(engine, metric, days, manager)
    ]
    return tuple(sorted(found, key=lambda each: -each.period.start.toordinal()))


class _Days:
    """The months in which the rows of one deal have their days, by fact and column; each is read once."""

    def __init__(self, engine: Engine, deal_id: int) -> None:
        self._engine, self.deal_id = engine, deal_id
        self._known: dict[tuple[str, str], set[Period]] = {}

    def months(self, part: Measure) -> set[Period]:
        """Those in which rows of the deal might count in a part."""
        key = part.fact, part.time
        if key not in self._known:
            self._known[key] = self._read(part)
        return self._known[key]

    def _read(self, part: Measure) -> set[Period]:
        rows = self._engine.store.query(
            f"SELECT DISTINCT {part.time} FROM {load_facts()[part.fact].table} "
            f"WHERE deal_id = ? AND {part.time} IS NOT NULL AND {part.time} <= ?",
            [self.deal_id, as_number(today(self._engine))],
        )
        return {Period.parse(f"{day // 10_000}-{day // 100 % 100:02}") for (day,) in rows}


def _of_metric(engine: Engine, metric: Metric, days: _Days, manager: str) -> Iterator[Counted]:
    parts = {
        name: part
        for name, part in parts_of(metric).items()
        if part.fact in FACTS and not part.to_date and not part.previous
    }
    months = sorted({month for part in parts.values() for month in days.months(part)}, key=lambda each: each.start)
    if not months:
        return
    engine.set_periods(metric, months)
    for name, part in parts.items():
        yield from _of_part(engine, metric, name, part, months, days.deal_id, manager)


def _of_part(
    engine: Engine, metric: Metric, name: str, part: Measure, months: Sequence[Period], deal_id: int, manager: str
) -> Iterator[Counted]:
    statement = deal_statement(part, metric.fixed, {"manager": manager} if manager else {})
    for row in engine.store.query(statement.sql, {**statement.params, "deal_id": deal_id}):
        place, *values, rows, total = row
        by = {key: "" if value is None else str(value) for key, value in zip(metric.fixed, values, strict=True)}
        adds: Number = adds_of(part, {"adds": Fraction(total or 0)}) if "money" in part.add else total or 0
        yield Counted(metric.id, months[place], by, name, rows, adds, "money" in part.add)
