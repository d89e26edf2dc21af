"""In which weeks a stage fell out of its band, and what its conversion did to wins; see `metrics.failure`.

The extra: `first_week`, the ISO number of the first such week; `effect` in won deals against the period before, and
`change_share`, its share of the change of wins; neither while the cohort is young. Flag `failure_point`: the earliest
week of the pipeline, and of several stages the first.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from b24kpi.facts.functions import as_date, as_number
from b24kpi.metrics.compiler import sum_statement
from b24kpi.metrics.dimensions import with_dimensions
from b24kpi.metrics.failure import TRAILING, WEEK, Break, Week, broken, stage_effects
from b24kpi.metrics.maturity import horizons
from b24kpi.metrics.model import Measure, Query, Reason, Unit, Value
from b24kpi.metrics.period import Grain, Period, periods

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

UNITS = {"first_week": Unit.COUNT, "effect": Unit.NUMBER, "change_share": Unit.RATIO}

_ENTRIES = Measure("stage_visit", "reached_day")
_ADVANCED = Measure("stage_visit", "ended_day", where="outcome = 'advanced'")
_DECIDED = Measure("stage_visit", "ended_day")
_REACHED = Measure("stage_visit", "visit_day")
_WENT_ON = Measure("stage_visit", "visit_day", where="is_advanced = 1")

Weeks = Mapping[date, Week]


@dataclass(frozen=True)
class _Judged:
    """The weeks of a period that can be judged, and those of them that broke."""

    weeks: int
    broken: Mapping[date, tuple[Break, ...]]


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """The number of broken weeks of each stage."""
    weeks = _read_weeks(engine, query, by)
    keys = engine.keys(query, by, [(0, key) for key in weeks])
    judged = {
        (position, key): _judge(weeks.get(key, {}), _mondays(engine, period, key[0]))
        for key in keys
        for position, period in enumerate(query.periods)
    }
    first = _first_breaks(engine, judged)
    effects = _effects(engine, query, by)
    return [
        _value(
            engine,
            query,
            period,
            dict(zip(by, key, strict=True)),
            judged[position, key],
            effects.get((position, key), (None, None)),
            (position, key) in first,
        )
        for key in keys
        for position, period in enumerate(query.periods)
    ]


def rows(engine: "Engine", query: Query, by: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The broken weeks, each by its Monday and the first of what broke."""
    period, key = query.periods[0], (by["pipeline"], by["stage"])
    own = _read_weeks(engine, query, ("pipeline", "stage")).get(key, {})
    for monday, breaks in _judge(own, _mondays(engine, period, key[0])).broken.items():
        row = {"category_id": key[0], "stage_id": key[1], "day": as_number(monday)}
        yield "weeks", row | {"why": f"analyses.why.{breaks[0]}"}


def _read_weeks(engine: "Engine", query: Query, by: "Key") -> "dict[Key, dict[date, Week]]":
    """Combination → what happened in each of the weeks that are looked at."""
    start = min(period.start for period in query.periods) - WEEK * (TRAILING + 1) if query.periods else date.min
    spans = periods(start, max((period.end for period in query.periods), default=start), Grain.WEEK)
    engine.set_periods(query.metric, spans)
    counts: Counter[tuple[Key, date, str]] = Counter()
    for name, measure in (("entries", _ENTRIES), ("decided", _DECIDED), ("advanced", _ADVANCED)):
        part = with_dimensions(measure, engine.catalogue.dimensions)
        for (position, key), (total, *_) in engine.rows(sum_statement(part, by, query.where), len(by)):
            counts[key, spans[position].start, name] += int(total)
    found: dict[Key, dict[date, Week]] = defaultdict(dict)
    for key, monday in {(key, monday) for key, monday, _ in counts}:
        own = {name: counts[key, monday, name] for name in ("entries", "decided", "advanced")}
        found[key][monday] = Week(**own)
    return found


def _mondays(engine: "Engine", period: Period, pipeline: str) -> list[date]:
    """The weeks that began in the period, are over, and have eight weeks of the pipeline's life before them."""
    ((began,),) = engine.store.query(
        "SELECT MIN(entered_day) FROM fact_pipeline_visit WHERE CAST(category_id AS TEXT) = ?", [pipeline]
    )
    if began is None:
        return []
    today = datetime.fromtimestamp(engine.as_of, engine.zone).date()
    earliest = Period.containing(as_date(began), Grain.WEEK).start + WEEK * TRAILING
    mondays = (week.start for week in periods(period.start, period.end, Grain.WEEK))
    return [day for day in mondays if period.start <= day and earliest <= day and day + WEEK <= today]


def _judge(weeks: Weeks, mondays: list[date]) -> _Judged:
    found = {monday: breaks for monday in mondays if (breaks := broken(weeks, monday))}
    return _Judged(len(mondays), found)


def _first_breaks(engine: "Engine", judged: "Mapping[tuple[int, Key], _Judged]") -> "set[tuple[int, Key]]":
    """Of each period, pipeline and combination the stage that broke first."""
    ranks = {
        (str(category), stage): rank
        for category, stage, rank in engine.store.query("SELECT category_id, stage_id, rank FROM fact_stage")
    }
    funnels: dict[tuple[int, Key], list[tuple[date, int, Key]]] = defaultdict(list)
    for (position, key), each in judged.items():
        if each.broken:
            place = (min(each.broken), ranks.get((key[0], key[1])) or 0, key)
            funnels[position, (key[0], *key[2:])].append(place)
    return {(position, min(places)[2]) for (position, _), places in funnels.items()}


def _effects(engine: "Engine", query: Query, by: "Key") -> "dict[tuple[int, Key], tuple[float, float | None]]":
    """What each stage's conversion did to the wins, and its share of their change."""
    spans = list(dict.fromkeys([*query.periods, *(period.previous for period in query.periods)]))
    places = {span: place for place, span in enumerate(spans)}
    engine.set_periods(query.metric, spans)
    where = {name: value for name, value in query.where.items() if name != "stage"}
    reached, went_on = (_counted(engine, measure, where, by) for measure in (_REACHED, _WENT_ON))
    ages, stages = horizons(engine, "pipeline_visit", by_pipeline="pipeline" in by), _stages(engine)
    found: dict[tuple[int, Key], tuple[float, float | None]] = {}
    for position, period in enumerate(query.periods):
        for funnel in {(key[0], *key[2:]) for _, key in reached}:
            keys, horizon = [(funnel[0], code, *funnel[1:]) for code in stages[funnel[0]]], ages.get(funnel[0])
            is_mature = horizon is not None and engine.as_of - engine.moment(period.end) >= horizon
            before, after = (
                [(went_on[place, key], reached[place, key]) for key in keys]
                for place in (places[period.previous], position)
            )
            if is_mature and keys and (before[0][1] or after[0][1]):
                found |= {(position, key): effect for key, effect in _shared(keys, before, after)}
    return found


def _shared(
    keys: "list[Key]", before: list[tuple[int, int]], after: list[tuple[int, int]]
) -> "Iterator[tuple[Key, tuple[float, float | None]]]":
    change = after[-1][0] - before[-1][0]
    for key, effect in zip(keys, stage_effects(before, after), strict=True):
        yield key, (effect, effect / change if change else None)


def _counted(engine: "Engine", measure: Measure, where: Mapping[str, str], by: "Key") -> "Counter[tuple[int, Key]]":
    part = with_dimensions(measure, engine.catalogue.dimensions)
    rows = engine.rows(sum_statement(part, by, where), len(by))
    return Counter({cell: int(total) for cell, (total, *_) in rows})


def _stages(engine: "Engine") -> "defaultdict[str, list[str]]":
    """Pipeline → its stages from the first to the last."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for category, stage in engine.store.query(
        "SELECT category_id, stage_id FROM fact_stage WHERE is_live = 1 AND semantic = 'P' ORDER BY category_id, rank"
    ):
        found[str(category)].append(stage)
    return found


def _value(
    engine: "Engine",
    query: Query,
    period: Period,
    by: Mapping[str, str],
    judged: _Judged,
    effect: tuple[float | None, float | None],
    is_first: bool,
) -> Value:
    reason = engine.unreadable(query.metric) or (None if judged.weeks else Reason.INSUFFICIENT_DATA)
    first = min(judged.broken).isocalendar().week if judged.broken else None
    return Value(
        metric=query.metric.id,
        period=period,
        by=by,
        value=None if reason else len(judged.broken),
        unit=query.metric.unit,
        numerator=len(judged.broken),
        n=judged.weeks,
        reason=reason,
        flags=("failure_point",) if is_first else (),
        extra={"first_week": first, "effect": effect[0], "change_share": effect[1]},
        units=UNITS,
    )
