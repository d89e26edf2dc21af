"""Cohorts as they are asked for: which of them, with what is known besides their cells."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from b24kpi.errors import BadInput
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.cohorts import Cell, Cohort, Kind, cohorts, read, together
from b24kpi.metrics.engine import Engine, check
from b24kpi.metrics.model import Query, Reason, Value
from b24kpi.metrics.period import Grain, Period, latest
from b24kpi.report.grounds import Grounds, grounds_of
from b24kpi.report.labels import Labels

COUNT = 12
GRAINS = (Grain.MONTH, Grain.QUARTER)


@dataclass(frozen=True)
class CohortAsk:
    """Which cohorts.

    Attributes:
        count: how many complete periods, besides the present one.
        where: only customers or leads with these values; of customers those of the first purchase.
    """

    kind: Kind = Kind.RETENTION
    grain: Grain = Grain.MONTH
    count: int = COUNT
    where: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Further:
    """A reading of a whole cohort beside its cells.

    Attributes:
        name: `repeat_90` and the like, or `nowcast`.
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class CohortTable:
    """The answer; money in hundredths of the report currency.

    Attributes:
        together: the cohorts as one, over the periods that are over.
        further: period → its readings beside the cells.
        immature: cohorts that are too young to be judged.
    """

    ask: CohortAsk
    cohorts: tuple[Cohort, ...]
    together: tuple[Cell, ...]
    further: Mapping[Period, tuple[Further, ...]]
    immature: frozenset[Period]
    where_labels: Mapping[str, str]
    reason: Reason | None
    grounds: Grounds


def follow(engine: Engine, ask: CohortAsk, *, currency: str, language: str) -> CohortTable:
    """Follow the cohorts of the last periods.

    Raises:
        BadInput: another length of periods, or a dimension that these cohorts do not have.
    """
    metric = find(ask.kind.metric)
    if ask.grain not in GRAINS:
        raise BadInput("cohorts.other_grain", grain=ask.grain, known=", ".join(GRAINS))
    check(Query(metric, (), where=ask.where))
    present = Period.containing(datetime.fromtimestamp(engine.as_of, engine.zone).date(), ask.grain)
    wanted = latest(ask.count, present.start, ask.grain)
    sums = read(engine, ask.kind, ask.grain, ask.where)
    found = cohorts(ask.kind, sums, wanted, present)
    further, immature = _further(engine, ask, tuple(cohort.period for cohort in found))
    return CohortTable(
        ask=ask,
        cohorts=found,
        together=together(ask.kind, found, sums),
        further=further,
        immature=immature,
        where_labels=Labels(engine.store, language).of(ask.where),
        reason=engine.unreadable(metric),
        grounds=grounds_of(engine, currency, (ask.kind.metric,)),
    )


def _further(
    engine: Engine, ask: CohortAsk, periods: tuple[Period, ...]
) -> tuple[dict[Period, tuple[Further, ...]], frozenset[Period]]:
    """Repeat purchases of customers by day; of leads whether they are ripe, and what is expected where they are not."""
    if ask.kind is Kind.RETENTION:
        from b24kpi.metrics.repeat_within import repeats  # scipy takes a second to load

        known = repeats(engine, ask.grain, ask.where)
        return {p: tuple(Further(f"repeat_{r.days}", r.value, r.low, r.high) for r in known[p]) for p in periods}, (
            frozenset()
        )
    if ask.kind is Kind.CONVERSION:
        values = engine.values(Query(find(ask.kind.metric), periods, (), ask.where))
        young = frozenset(value.period for value in values if "immature" in value.flags)
        return {value.period: (Further("nowcast", _expected(value)),) for value in values}, young
    return {}, frozenset()


def _expected(value: Value) -> float | None:
    found = value.extra.get("nowcast")
    return None if found is None else float(found)
