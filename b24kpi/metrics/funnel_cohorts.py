"""The cohorts of a funnel as the bottleneck analysis looks at them: sums of facts, by period and stage."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from b24kpi.metrics.bottleneck import Group, Stage
from b24kpi.metrics.compiler import dimension, slice_conditions, sum_statement
from b24kpi.metrics.dimensions import with_dimensions
from b24kpi.metrics.maturity import horizons
from b24kpi.metrics.model import Measure, Query
from b24kpi.metrics.period import Grain, Period

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key

TRAILING = 4  # quarters that are looked back on
REACHED = Measure("stage_visit", "visit_day")
ADVANCED = Measure("stage_visit", "visit_day", where="is_advanced = 1")
_VISIT = Measure("pipeline_visit", "entered_day")
_REVENUE = Measure(
    "pipeline_visit",
    "entered_day",
    add="(SELECT d.money FROM fact_deal AS d WHERE d.deal_id = f.deal_id)",
    where="outcome = 'won'",
)


@dataclass(frozen=True)
class Cohorts:
    """The stages of each cell; `young` are the cells whose conversions are still to rise."""

    stages: "Mapping[Cell, Stage]"
    young: "frozenset[Cell]"


def trailing_quarters(period: Period) -> list[Period]:
    """The last complete quarters by the end of the period, the newest first."""
    quarter = Period.containing(period.end, Grain.QUARTER).previous
    found = [quarter]
    while len(found) < TRAILING:
        found.append(found[-1].previous)
    return found


def read_cohorts(engine: "Engine", query: Query, by: "Key") -> Cohorts:
    """Every stage that any visit of the query's periods has reached.

    Args:
        by: `pipeline`, `stage`, then further dimensions.
    """
    quarters = {period: trailing_quarters(period) for period in query.periods}
    ranges = list(dict.fromkeys([*query.periods, *(q for found in quarters.values() for q in found)]))
    engine.set_periods(query.metric, ranges)
    groups = _groups(engine, query.where, by)
    managers = _by_manager(engine, query.where, by)
    revenue, seconds = _revenue(engine, query.where, by), _seconds(engine, query.where, by)
    cycles: Counter[Cell] = Counter()
    for (position, key), spent in seconds.items():
        cycles[position, _without_stage(key)] += spent
    ages = horizons(engine, "pipeline_visit", by_pipeline="pipeline" in by)
    places = {period: place for place, period in enumerate(ranges)}
    stages, young = {}, set()
    for position, key in [cell for cell in groups if cell[0] < len(query.periods)]:
        whole, horizon = (position, _without_stage(key)), ages.get(key[0])
        mature = [q for q in quarters[query.periods[position]] if _is_mature(engine, q, horizon)]
        stages[position, key] = Stage(
            *groups[position, key],
            revenue=revenue[whole],
            quarters=[groups.get((places[quarter], key), (0, 0)) for quarter in mature],
            managers=managers[position, key],
            seconds=seconds[position, key],
            cycle=cycles[whole],
        )
        if not _is_mature(engine, query.periods[position], horizon):
            young.add((position, key))
    return Cohorts(stages, frozenset(young))


def _is_mature(engine: "Engine", period: Period, horizon: float | None) -> bool:
    return horizon is not None and engine.as_of - engine.moment(period.end) >= horizon


def _groups(engine: "Engine", where: Mapping[str, str], by: "Key") -> "dict[Cell, Group]":
    reached, advanced = (_sums(engine, measure, where, by) for measure in (REACHED, ADVANCED))
    return {cell: (advanced[cell], count) for cell, count in reached.items()}


def _by_manager(engine: "Engine", where: Mapping[str, str], by: "Key") -> "Mapping[Cell, list[Group]]":
    """What each manager who took the visits in has made of them."""
    found: dict[Cell, list[Group]] = defaultdict(list)
    for (position, key), group in sorted(_groups(engine, where, (*by, "manager")).items()):
        found[position, key[:-1]].append(group)
    return found


def _revenue(engine: "Engine", where: Mapping[str, str], by: "Key") -> "Counter[Cell]":
    return _sums(engine, _REVENUE, _of_visit(where), _without_stage(by))


def _sums(engine: "Engine", measure: Measure, where: Mapping[str, str], by: "Key") -> "Counter[Cell]":
    statement = sum_statement(with_dimensions(measure, engine.catalogue.dimensions), by, where)
    return Counter({cell: int(total or 0) for cell, (total, *_) in engine.rows(statement, len(by))})


def _seconds(engine: "Engine", where: Mapping[str, str], by: "Key") -> "Counter[Cell]":
    """How long the visits of each period were in each stage, up to now where they still are."""
    visit = with_dimensions(_VISIT, engine.catalogue.dimensions)
    keys = ["f.category_id", "s.stage_id", *(dimension(visit, name) for name in by[2:])]
    conditions = "".join(f" AND {each}" for each in slice_conditions(visit, _of_visit(where)))
    now = int(engine.as_of)
    rows = engine.store.query(
        f"SELECT p.position, {', '.join(keys)}, SUM(MAX(MIN(COALESCE(s.left_at, {now}), {now}) - s.entered_at, 0)) "
        "FROM period AS p "
        "CROSS JOIN fact_pipeline_visit AS f ON f.entered_day >= p.from_day AND f.entered_day < p.to_day "
        "CROSS JOIN fact_stay AS s ON s.deal_id = f.deal_id AND s.visit = f.visit AND s.semantic = 'P'"
        f" WHERE 1 = 1{conditions} GROUP BY {', '.join(str(number) for number in range(1, len(keys) + 2))}",
        _of_visit(where),
    )
    found: Counter[Cell] = Counter()
    for position, *key, spent in rows:
        found[position, tuple("" if value is None else str(value) for value in key)] += spent
    return found


def _of_visit(where: Mapping[str, str]) -> dict[str, str]:
    """Conditions that a whole visit can meet."""
    return {name: value for name, value in where.items() if name != "stage"}


def _without_stage(key: Sequence[str]) -> "Key":
    return (key[0], *key[2:])
