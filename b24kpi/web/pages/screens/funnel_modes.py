"""The two other readings of the funnel: what flowed through the stages, and what Bitrix24 itself counts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from b24kpi.metrics.model import Unit
from b24kpi.report.active_funnel import ActivePipeline, ActiveStage, active_funnel
from b24kpi.report.model import Entry
from b24kpi.web.figures import funnel
from b24kpi.web.pages.cells import count_cell, share_cell
from b24kpi.web.pages.model import Block, Cell, Chart, Grid, Head, Switch, Words
from b24kpi.web.pages.view import View, within

COHORT, FLOW, ACTIVE = "cohort", "flow", "active"
MODES = (COHORT, FLOW, ACTIVE)
CONVERSION, WHOLE, TIME = "stage_conversion", "funnel_conversion", "time_in_stage"


def mode_of(view: View) -> str:
    """The reading that the address asks for."""
    asked = view.arguments.get("mode", COHORT)
    return asked if asked in MODES else COHORT


def switch(view: View) -> list[Block]:
    """The three readings, and what the one that is shown means."""
    here = mode_of(view)
    links = tuple(
        (view.wording.say(f"funnel.{mode}"), view.page("funnel", mode=None if mode == COHORT else mode), mode == here)
        for mode in MODES
    )
    return [Switch(view.wording.say("funnel.title"), links), Words((view.wording.say(f"funnel.about_{here}"),))]


def flow(view: View) -> Iterator[Block]:
    """Exits of the period over its entries, of each stage: what was reached and left in it, whenever the deal began."""
    asks = [replace(ask, mode=FLOW) for ask in view.ask((CONVERSION, WHOLE))]
    entries = within(view.answers.report(*asks), view.filters.period)
    wholes = [entry for entry in entries if entry.value.metric == WHOLE]
    if wholes:
        yield _throughput(view, wholes)
    stages = [entry for entry in entries if entry.value.metric == CONVERSION]
    for pipeline, group in groupby(sorted(stages, key=order), key=lambda entry: entry.value.by["pipeline"]):
        rows = list(group)
        if any(entry.value.denominator or entry.value.numerator for entry in rows):
            yield _flow_table(view, pipeline, rows)


def order(entry: Entry) -> tuple[int, int, str]:
    """By pipeline, stages in their order."""
    return int(entry.value.by["pipeline"] or 0), entry.rank, entry.value.by["stage"]


def _throughput(view: View, wholes: Iterable[Entry]) -> Grid:
    heads = (Head(view.wording.say("report.column.metric")), *_flow_heads(view, "entered", "won"))
    rows = tuple((Cell(view.wording.name(WHOLE)), *_flow_cells(view, entry)) for entry in wholes)
    return Grid("flow", view.wording.say("funnel.flow"), heads, rows)


def _flow_table(view: View, pipeline: str, stages: Sequence[Entry]) -> Grid:
    name = stages[0].labels.get("pipeline") or pipeline
    heads = (Head(view.wording.say("bottlenecks.column.stage")), *_flow_heads(view, "reached", "advanced"))
    rows = tuple((Cell(_named(entry)), *_flow_cells(view, entry)) for entry in stages)
    return Grid(f"flow-{pipeline}", view.wording.say("bottlenecks.funnel", pipeline=name), heads, rows)


def _flow_heads(view: View, entries: str, exits: str) -> list[Head]:
    return [Head(view.wording.say(f"funnel.{key}"), numeric=True) for key in (entries, exits, "throughput")]


def _flow_cells(view: View, entry: Entry) -> list[Cell]:
    """No links: rows behind numbers are those of cohorts."""
    value = entry.value
    entered, left = int(value.denominator or 0), int(value.numerator or 0)
    return [
        count_cell(entered),
        count_cell(left),
        Cell(
            view.wording.number(value.value, Unit.RATIO),
            hint="" if value.reason is None else view.wording.reason(value.reason, value.metric),
            mood="quiet" if value.value is None else "",
            value=value.value,
            unit=Unit.RATIO,
        ),
    ]


def active(view: View) -> Iterator[Block]:
    """Bitrix24's own funnel, beside the honest time in each stage."""
    filters, language = view.filters, view.wording.language
    found = view.answers.look(lambda engine: active_funnel(engine, filters.period, filters.chosen, language=language))
    if not found:
        yield Words((view.wording.say("funnel.none_active"),))
        return
    times = {
        (entry.value.by["pipeline"], entry.value.by["stage"]): entry
        for entry in within(view.answers.report(*view.ask((TIME,))), filters.period)
    }
    yield _shown_by_bitrix(view, found)
    for pipeline in found:
        yield _chart(view, pipeline)
        yield _active_table(view, pipeline, times)


def _shown_by_bitrix(view: View, found: Iterable[ActivePipeline]) -> Grid:
    columns = ("active_deals", "won", "conversion")
    heads = (
        Head(view.wording.dimension("pipeline")),
        *(Head(view.wording.say(f"funnel.{key}"), True) for key in columns),
    )
    rows = tuple(
        (Cell(each.name), count_cell(each.active), count_cell(each.won), share_cell(view, each.conversion))
        for each in found
    )
    return Grid(
        "active", view.wording.say("funnel.shown_by_bitrix"), heads, rows, (view.wording.say("funnel.active_note"),)
    )


def _chart(view: View, pipeline: ActivePipeline) -> Chart:
    names = [*(_stage(each) for each in pipeline.stages), view.say("won")]
    counts = [*(each.passed for each in pipeline.stages), pipeline.won]
    texts = [f"{count} · {view.wording.number(count / pipeline.active, Unit.RATIO)}" for count in counts]
    told = "; ".join(f"{name}: {text}" for name, text in zip(names, texts, strict=True))
    title = view.wording.say("funnel.chart", pipeline=pipeline.name)
    return Chart(f"active-{pipeline.pipeline}", title, funnel(names, counts, texts), told, "m")


def _active_table(view: View, pipeline: ActivePipeline, times: dict[tuple[str, str], Entry]) -> Grid:
    columns = ("visited", "passed", "share_of_active", "left", "mean_of_left")
    heads = (
        Head(view.wording.say("bottlenecks.column.stage")),
        *(Head(view.wording.say(f"funnel.{key}"), numeric=True) for key in columns),
        Head(view.wording.name(TIME), numeric=True),
    )
    rows = tuple(_active_row(view, pipeline, stage, times) for stage in pipeline.stages)
    title = view.wording.say("bottlenecks.funnel", pipeline=pipeline.name)
    return Grid(f"active-stages-{pipeline.pipeline}", title, heads, rows, (view.wording.say("funnel.time_note"),))


def _active_row(
    view: View, pipeline: ActivePipeline, stage: ActiveStage, times: dict[tuple[str, str], Entry]
) -> tuple[Cell, ...]:
    mean = Cell(
        view.wording.number(stage.mean_seconds, Unit.DURATION),
        mood="quiet" if stage.mean_seconds is None else "",
        value=stage.mean_seconds,
        unit=Unit.DURATION,
    )
    honest = times.get((pipeline.pipeline, stage.stage))
    return (
        Cell(_stage(stage)),
        count_cell(stage.visited),
        count_cell(stage.passed),
        share_cell(view, stage.passed / pipeline.active),
        count_cell(stage.finished),
        mean,
        view.number(honest) if honest else Cell("—", mood="quiet"),
    )


def _stage(stage: ActiveStage) -> str:
    return stage.labels.get("stage") or stage.stage


def _named(entry: Entry) -> str:
    return entry.labels.get("stage") or entry.value.by["stage"] or "—"
