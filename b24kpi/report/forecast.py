"""What sales will come to: this period and the next, what that is made of, and how such forecasts did before."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from b24kpi.metrics.analyses.sales_forecast import TESTED
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Query, Value
from b24kpi.metrics.period import Grain, Period
from b24kpi.metrics.plan_table import plans_of
from b24kpi.metrics.prospects import book_of
from b24kpi.metrics.series import run_up_to, today
from b24kpi.metrics.statistics.simulation import error_rate, weighed
from b24kpi.report.grounds import Grounds, grounds_of
from b24kpi.report.labels import Labels

FORECAST, REALISM, TREND, SEASON = "sales_forecast", "plan_realism", "trend", "seasonality_check"


@dataclass(frozen=True)
class ForecastAsk:
    """What is to be looked at: the present period and so many after it, of deals where each `where` holds."""

    grain: Grain = Grain.MONTH
    ahead: int = 3
    by: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """A forecast with the names of its dimension values, its plan in hundredths and the chance to reach it."""

    value: Value
    labels: Mapping[str, str]
    plan: int | None = None
    chance: float | None = None


@dataclass(frozen=True)
class StageLine:
    """The open deals of a stage: how many, their amounts, and what of these is expected by the end of the period."""

    pipeline: str
    stage: str
    labels: Mapping[str, str]
    deals: int
    amount: float
    expected: float


@dataclass(frozen=True)
class Forecast:
    """What is to be expected.

    Attributes:
        whole: of the present period, all combinations together.
        lines: the present period and those after it, by combination of dimensions.
        stages: what is open now, stage by stage, as the funnel goes; none where chances are not known.
        tested: earlier periods, forecast from their first moment; `error` is by how much those missed on average.
        trend, season: of the last complete period.
    """

    ask: ForecastAsk
    grounds: Grounds
    whole: Value
    lines: tuple[Line, ...]
    stages: tuple[StageLine, ...]
    tested: tuple[Value, ...]
    error: float | None
    trend: Value
    season: Value


def look_ahead(engine: Engine, ask: ForecastAsk, *, currency: str, language: str) -> Forecast:
    """The forecast that was asked for.

    Raises:
        BadInput: a dimension that forecasts do not have.
    """
    present, labels = Period.containing(today(engine), ask.grain), Labels(engine.store, language)
    future = [present]
    while len(future) <= ask.ahead:
        future.append(future[-1].following)
    lines = _lines(engine, ask, tuple(future), labels)
    whole = _ask(engine, FORECAST, ask, (present,))[0] if ask.by else lines[0].value
    past = tuple(run_up_to(present.previous, TESTED))
    tested = tuple(each for each in _ask(engine, FORECAST, ask, past) if each.value is not None and _is_whole(each))
    (trend,), (season,) = (_ask(engine, name, ask, (present.previous,)) for name in (TREND, SEASON))
    return Forecast(
        ask=ask,
        grounds=grounds_of(engine, currency, (FORECAST,)),
        whole=whole,
        lines=lines,
        stages=_stages(engine, ask, present, labels) if whole.reason is None else (),
        tested=tested,
        error=error_rate([float(each.value or 0) for each in tested], [float(actual_of(each)) for each in tested]),
        trend=trend,
        season=season,
    )


def actual_of(value: Value) -> float:
    """What a period that is over brought, in currency units."""
    return float(value.extra.get("actual") or 0)


def _is_whole(value: Value) -> bool:
    """Whether new business is part of a forecast."""
    return "pipeline_only" not in value.flags


def _ask(
    engine: Engine, metric: str, ask: ForecastAsk, periods: tuple[Period, ...], by: tuple[str, ...] = ()
) -> list[Value]:
    return engine.values(Query(find(metric), periods, by, ask.where))


def _lines(engine: Engine, ask: ForecastAsk, periods: tuple[Period, ...], labels: Labels) -> tuple[Line, ...]:
    forecasts = _ask(engine, FORECAST, ask, periods, ask.by)
    plans = plans_of(engine)
    if plans.are_none or ask.where:
        return tuple(Line(each, labels.of(each.by)) for each in forecasts)
    chances = {_cell(each): each.value for each in _ask(engine, REALISM, ask, periods, ask.by)}
    lines = []
    for each in forecasts:
        plan, chance = plans.sales(each.period, dict(each.by)), chances[_cell(each)]
        lines.append(
            Line(
                each, labels.of(each.by), None if plan is None else int(plan), None if chance is None else float(chance)
            )
        )
    return tuple(lines)


def _cell(value: Value) -> tuple[Period, tuple[str, ...]]:
    return value.period, tuple(value.by.values())


def _stages(engine: Engine, ask: ForecastAsk, present: Period, labels: Labels) -> tuple[StageLine, ...]:
    """What is open, whatever the slices asked for."""
    query = Query(find(FORECAST), (present,), (), ask.where)
    book = book_of(engine, query, ())
    cut = book.cut(present)
    deals, rows = book.open_deals(cut, ())
    amounts, chances = book.money[deals.places], deals.chances(0, engine.moment(present.end) - 1 - cut.moment)
    lines = []
    for code, (pipeline, stage) in enumerate(deals.names):
        here = rows[deals.stages[rows] == code]
        if len(here):
            by = {"pipeline": str(pipeline), "stage": stage}
            expected = weighed(amounts[here], chances[here])
            amount = float(amounts[here].sum())
            lines.append(StageLine(by["pipeline"], stage, labels.of(by), len(here), amount, expected))
    order = {
        (each.pipeline, each.stage): labels.rank({"pipeline": each.pipeline, "stage": each.stage}) for each in lines
    }
    return tuple(sorted(lines, key=lambda each: (each.pipeline, order[each.pipeline, each.stage], each.stage)))
