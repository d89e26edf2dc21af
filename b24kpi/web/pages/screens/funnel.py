"""Funnel: what became of the deals that entered, stage by stage, and what a better stage would bring."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from b24kpi.metrics.cohorts import Kind
from b24kpi.metrics.model import Unit
from b24kpi.report.bottlenecks import FATES, StageRow
from b24kpi.report.bottlenecks_tables import headline
from b24kpi.report.build import Ask
from b24kpi.report.model import Entry
from b24kpi.report.stage_ways import Ways, stage_ways
from b24kpi.web.figures import funnel
from b24kpi.web.pages.cohort_map import cohort_map
from b24kpi.web.pages.model import Block, Cell, Chart, Grid, Head, Screen, Words
from b24kpi.web.pages.ribbons import ribbons
from b24kpi.web.pages.screens.funnel_modes import ACTIVE, COHORT, FLOW, active, flow, mode_of, order, switch
from b24kpi.web.pages.tables import series
from b24kpi.web.pages.view import View, at_a_glance, by_metric, span

BOTTLENECK, CONVERSION, TIME = "bottleneck", "stage_conversion", "time_in_stage"
OF_FINISHED = "mean_of_finished"
WORTH = ("stage", "point_worth", "gain", "gain_interval", "reference", "time_share", "mark")
NOTES = ("bottlenecks.balance_note", "bottlenecks.gain_note", "funnel.time_note")
FIGURES = (
    ("funnel_conversion", ""), ("win_rate", ""), ("lead_to_deal_rate", ""), ("lead_to_customer_rate", ""),
    ("sales_cycle", ""), ("sales_cycle", "time_to_win"), ("first_contact_to_purchase", ""),
)  # fmt: skip


def build(view: View) -> Screen:
    """The funnel of the period, pipeline by pipeline."""
    report = view.answers.report(*_asks(view))
    known = by_metric(report, view.filters.period)
    figures = [entry for group in known.values() for entry in group if not entry.value.by]
    title = view.say("figures_of", period=view.period)
    mode = mode_of(view)
    blocks: list[Block] = switch(view)
    if mode == FLOW:
        blocks += flow(view)
    elif mode == ACTIVE:
        blocks += active(view)
    blocks.append(series(view, "figures", title, figures, FIGURES))
    if mode == COHORT:
        blocks += _pipelines(view, known)
        blocks += cohort_map(view, Kind.CONVERSION)
    told = NOTES if mode == COHORT else ()
    notes = tuple(view.wording.say(key) for key in told)
    return Screen("funnel", view.say("screen.funnel"), report.as_of, view.incomplete_of(report), tuple(blocks), notes)


def _asks(view: View) -> list[Ask]:
    return view.ask([*dict.fromkeys(metric for metric, _ in FIGURES), CONVERSION, TIME])


def _pipelines(view: View, known: dict[str, list[Entry]]) -> Iterator[Block]:
    """Of those who may see all: the balance of every stage. A manager's own funnel has conversions and times alone."""
    if view.unanswered(CONVERSION):
        yield Words((view.unanswered(CONVERSION),), "warn")
        return
    conversions, times = known.get(CONVERSION, []), _by_stage(known.get(TIME, []))
    found = None if view.unanswered(BOTTLENECK) else view.answers.bottlenecks(view.filters.period, view.filters.chosen)
    balances = {} if found is None else {(row.pipeline, row.stage): row for row in found.stages}
    ways = view.answers.look(lambda engine: stage_ways(engine, view.filters.period, view.filters.chosen))
    if found is not None:
        yield Words((headline(found, view.wording),))
    for pipeline, group in groupby(sorted(conversions, key=order), key=lambda entry: entry.value.by["pipeline"]):
        stages = list(group)
        if not any(entry.value.n for entry in stages):
            continue
        name = stages[0].labels.get("pipeline") or pipeline
        yield _chart(view, name, pipeline, stages)
        yield _table(view, name, pipeline, stages, times, balances)
        if balances:
            yield _worths(view, name, pipeline, [(_stage_name(each), _balance(balances, each)) for each in stages])
        yield from ribbons(view, pipeline, name, [(_stage_name(entry), _ways(ways, entry)) for entry in stages])


def _ways(ways: Mapping[tuple[str, str], Ways], entry: Entry) -> Ways:
    return ways.get((entry.value.by["pipeline"], entry.value.by["stage"]), Ways(0, 0, 0, 0, 0, 0))


def _by_stage(entries: Sequence[Entry]) -> dict[tuple[str, str], Entry]:
    return {(entry.value.by["pipeline"], entry.value.by["stage"]): entry for entry in entries}


def _chart(view: View, name: str, pipeline: str, stages: Sequence[Entry]) -> Chart:
    reached = [int(entry.value.denominator or 0) for entry in stages]
    names = [_stage_name(entry) for entry in stages]
    won = int(stages[-1].value.numerator or 0)
    counts, names = [*reached, won], [*names, view.say("won")]
    first = counts[0] or 1
    texts = [f"{count} · {view.wording.number(count / first, Unit.RATIO)}" for count in counts]
    told = "; ".join(f"{label}: {text}" for label, text in zip(names, texts, strict=True))
    return Chart(f"funnel-{pipeline}", view.say("chart.funnel", pipeline=name), funnel(names, counts, texts), told, "m")


def _table(
    view: View,
    name: str,
    pipeline: str,
    stages: Sequence[Entry],
    times: dict[tuple[str, str], Entry],
    balances: dict[tuple[str, str], StageRow],
) -> Grid:
    words = view.wording
    columns = ["reached", *(FATES if balances else ()), "conversion"]
    heads = [Head(words.say("bottlenecks.column.stage"))]
    heads += [Head(words.say(f"bottlenecks.column.{each}"), True) for each in columns]
    heads += [Head(words.say("bottlenecks.column.interval"), True), Head(words.name(TIME), True)]
    heads.append(Head(view.wording.say("funnel.mean_of_left"), True))
    rows = tuple(_row(view, entry, times, balances) for entry in stages)
    return Grid(f"stages-{pipeline}", words.say("bottlenecks.funnel", pipeline=name), tuple(heads), rows)


def _row(
    view: View, entry: Entry, times: dict[tuple[str, str], Entry], balances: dict[tuple[str, str], StageRow]
) -> tuple[Cell, ...]:
    key = (entry.value.by["pipeline"], entry.value.by["stage"])
    value, words = entry.value, view.wording
    reached = int(value.denominator or 0)
    cells = [Cell(_stage_name(entry))]
    cells.append(Cell(str(reached), view.rows(CONVERSION, by=value.by), value=reached, unit=Unit.COUNT))
    balance = balances.get(key)
    if balances:
        cells += [_count(balance, fate) for fate in FATES]
    interval = Cell(words.interval(value.low, value.high, value.unit), mood="quiet")
    cells += [view.number(entry), interval]
    nothing = Cell("—", mood="quiet")
    cells += [view.number(times[key], name) if key in times else nothing for name in ("", OF_FINISHED)]
    return tuple(cells)


def _count(balance: StageRow | None, fate: str) -> Cell:
    count = balance.fates[fate] if balance else 0
    return Cell(str(count), mood="" if count else "quiet", value=count, unit=Unit.COUNT)


def _balance(balances: Mapping[tuple[str, str], StageRow], entry: Entry) -> StageRow | None:
    return balances.get((entry.value.by["pipeline"], entry.value.by["stage"]))


def _worths(view: View, name: str, pipeline: str, stages: Sequence[tuple[str, StageRow | None]]) -> Grid:
    """What one more percentage point is worth at each stage, what is within reach, and why it is told or not."""
    words = view.wording
    heads = tuple(Head(words.say(f"bottlenecks.column.{each}"), each not in ("stage", "mark")) for each in WORTH)
    rows = tuple((Cell(stage), *_worth(view, balance)) for stage, balance in stages if balance is not None)
    return Grid(f"worth-{pipeline}", words.say("bottlenecks.worth", pipeline=name), heads, rows)


def _worth(view: View, balance: StageRow) -> list[Cell]:
    value, words = balance.value, view.wording
    point, reference, time = (value.extra.get(each) for each in ("point_worth", "reference", "time_share"))
    marks = [words.say(f"bottlenecks.mark.{flag}") for flag in value.flags if flag in ("narrowest", "slowest")]
    marks += [words.say(f"bottlenecks.why_not.{value.reason}")] if value.reason else []
    href = view.rows(BOTTLENECK, by=value.by)
    return [
        Cell(at_a_glance(point, Unit.MONEY, words), value=point, unit=Unit.MONEY),
        Cell(at_a_glance(value.value, Unit.MONEY, words), href, value=value.value, unit=Unit.MONEY),
        Cell(span(value.low, value.high, Unit.MONEY, words), mood="quiet"),
        Cell(words.number(reference, Unit.RATIO), value=reference, unit=Unit.RATIO),
        Cell(words.number(time, Unit.RATIO), value=time, unit=Unit.RATIO),
        Cell("; ".join(marks), mood="quiet"),
    ]


def _stage_name(entry: Entry) -> str:
    return entry.labels.get("stage") or entry.value.by["stage"] or "—"
