"""The funnel of a span of time, stage by stage: what became of the deals, and what a better conversion would bring."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from b24kpi.metrics.catalogue import find
from b24kpi.metrics.compiler import sum_statement
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Measure, Query, Reason, Value
from b24kpi.metrics.period import Grain, Period
from b24kpi.metrics.statistics.intervals import wilson
from b24kpi.report.grounds import Grounds, grounds_of
from b24kpi.report.labels import Labels

METRIC = "bottleneck"
# What becomes of a deal that has reached a stage; together they are all that did.
FATES = ("advanced", "lost", "back", "transferred", "here")
DAY = 86_400


@dataclass(frozen=True)
class StageRow:
    """A stage of a pipeline.

    Attributes:
        fates: key of `FATES` → number of deals; they add up to `value.n`, which is how many reached the stage.
        value: of the KPI `bottleneck`.
        interval: 95 % of the conversion, None where nobody reached the stage.
    """

    pipeline: str
    stage: str
    labels: Mapping[str, str]
    rank: int
    fates: Mapping[str, int]
    value: Value
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Bottlenecks:
    """Stages in the order of their pipelines; `period` is any range of days."""

    period: Period
    where: Mapping[str, str]
    where_labels: Mapping[str, str]
    stages: tuple[StageRow, ...]
    reason: Reason | None
    grounds: Grounds


def find_bottlenecks(
    engine: Engine, period: Period | None, where: Mapping[str, str], *, currency: str, language: str
) -> Bottlenecks:
    """Take the funnel of a period apart, or that of the last year whose deals are old enough to be judged.

    Raises:
        BadInput: the KPI has no such dimension.
    """
    metric, labels = find(METRIC), Labels(engine.store, language)
    span = period or mature_year(engine)
    values = engine.values(Query(metric, (span,), (), where))
    fates = _fates(engine, span, where)
    rows = [_row(value, fates, labels) for value in values]
    return Bottlenecks(
        period=span,
        where=where,
        where_labels=labels.of(where),
        stages=tuple(sorted(rows, key=lambda row: (int(row.pipeline or 0), row.rank, row.stage))),
        reason=engine.unreadable(metric),
        grounds=grounds_of(engine, currency, (METRIC,)),
    )


def mature_year(engine: Engine) -> Period:
    """The year up to the last beginning of a month before which nine tenths of what was to be decided is."""
    from b24kpi.metrics.maturity import horizons  # scipy takes a second to load

    usual = max(horizons(engine, "pipeline_visit", by_pipeline=True).values(), default=0.0)
    last = datetime.fromtimestamp(engine.as_of, engine.zone).date() - timedelta(days=-(-usual // DAY))
    return Period(date(last.year - 1, last.month, 1), last.replace(day=1), Grain.YEAR)


def _row(value: Value, fates: Mapping[tuple[str, str, str], int], labels: Labels) -> StageRow:
    pipeline, stage = value.by["pipeline"], value.by["stage"]
    mine = {fate: fates.get((fate, pipeline, stage), 0) for fate in FATES}
    interval = wilson(mine["advanced"], value.n) if value.n else None
    return StageRow(pipeline, stage, labels.of(value.by), labels.rank(value.by), mine, value, interval)


def _fates(engine: Engine, period: Period, where: Mapping[str, str]) -> dict[tuple[str, str, str], int]:
    """(fate, pipeline, stage) → how many of the visits that began in the period."""
    engine.set_periods(find(METRIC), (period,))
    found = {}
    for fate in FATES:
        measure = Measure("stage_visit", "visit_day", where=f"fate = '{fate}'")
        for (_, key), (count, *_) in engine.rows(sum_statement(measure, ("pipeline", "stage"), where), 2):
            found[fate, key[0], key[1]] = int(count)
    return found
