"""Customers: how the base moves, who comes back, and whom it is worth calling."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from b24kpi.metrics.cohorts import Kind
from b24kpi.metrics.model import Unit
from b24kpi.metrics.period import Period
from b24kpi.report.customer_outlook import CustomerLine
from b24kpi.report.model import Entry
from b24kpi.web.figures import ACCENT, BAD, GOOD, QUIET, SOFT, columns
from b24kpi.web.pages.cohort_map import cohort_map
from b24kpi.web.pages.dates import day_text
from b24kpi.web.pages.model import Block, Cell, Chart, Grid, Head, Screen, Words
from b24kpi.web.pages.tables import SHOWN, series
from b24kpi.web.pages.view import View, at_a_glance, by_metric

FIGURES = (
    ("base", ""), ("new_customers", ""), ("crr", ""), ("crr_strict", ""), ("rpr", ""), ("repeat_purchase_share", ""),
    ("purchase_frequency", ""), ("one_time_buyers", ""), ("revenue_per_customer", ""), ("ltv_historic", ""),
    ("ltv_formula", ""), ("ltv_predictive", ""),
)  # fmt: skip
COMPOSITION = "base_composition"
RUN = 12
ROLES = {"new": GOOD, "reactivated": "@second", "active": ACCENT, "sleeping": QUIET, "lost": BAD}
PREDICTED = "ltv_predictive"
_Cells = Mapping[tuple[str, Period], Entry]
LIKELY = 0.5  # from this probability on somebody is still a customer
COLUMNS = ("customer", "visits", "last", "alive", "purchases", "value")


def build(view: View) -> Screen:
    """The base over a year, figures of the period, cohorts, and the list of those who are alive but silent."""
    metrics = dict.fromkeys(metric for metric, _ in FIGURES)
    report = view.answers.report(*view.ask(metrics), *view.ask((COMPOSITION,), count=RUN))
    known = by_metric(report, view.filters.period)
    figures = [entry for name in metrics for entry in known.get(name, ())]
    title = view.say("figures_of", period=view.period)
    blocks: list[Block] = [series(view, "figures", title, figures, FIGURES)]
    moving = [entry for entry in report.entries if entry.value.metric == COMPOSITION]
    blocks += _movement(view, moving)
    blocks += _sleeping(view)
    blocks += [*cohort_map(view, Kind.RETENTION), *cohort_map(view, Kind.LTV)]
    return Screen("customers", view.say("screen.customers"), report.as_of, view.incomplete_of(report), tuple(blocks))


def _movement(view: View, entries: Sequence[Entry]) -> Iterator[Block]:
    """New, back, active, sleeping; those who are lost hang below the line in the month in which their number grew."""
    periods = sorted({entry.value.period for entry in entries})
    if not periods or not any(entry.value.value for entry in entries):
        return
    cells = {(entry.value.by["state"], entry.value.period): entry for entry in entries}
    stacks = {}
    for state, role in ROLES.items():
        if state == "lost":
            continue
        values = [_count(cells, state, period) for period in periods]
        stacks[_state_name(cells, state)] = (values, role if role != SOFT else QUIET)
    yield Chart(
        "movement", view.say("chart.base"), columns([p.label for p in periods], stacks), view.say("base_text"), "m"
    )
    heads = (Head(view.wording.dimension("state")), *(Head(p.label, True) for p in periods[-4:]))
    rows = tuple(
        (Cell(_state_name(cells, state)), *(_cell(view, cells, state, period) for period in periods[-4:]))
        for state in ROLES
    )
    yield Grid("base-states", view.say("base_states"), heads, rows)


def _count(cells: _Cells, state: str, period: Period) -> float:
    entry = cells.get((state, period))
    return float(entry.value.value or 0) if entry else 0.0


def _state_name(cells: _Cells, state: str) -> str:
    return next((entry.labels["state"] for (name, _), entry in cells.items() if name == state), state)


def _cell(view: View, cells: _Cells, state: str, period: Period) -> Cell:
    entry = cells.get((state, period))
    return view.number(entry) if entry else Cell("—", mood="quiet")


def _sleeping(view: View) -> list[Block]:
    """Those who probably still are customers and have been silent for more than half of the days of the base.

    Of who bought once the model knows no rhythm: to it everybody of them is alive for ever.
    """
    if view.unanswered(PREDICTED):
        return [Words((f"{view.wording.name(PREDICTED)}: {view.unanswered(PREDICTED)}",), "warn")]
    outlook = view.answers.customers_ahead(view.filters.chosen)
    if outlook.reason is not None:
        return [Words((view.wording.say("forecast.no_customers", reason=view.wording.reason(outlook.reason, "")),))]
    before = view.filters.today - timedelta(days=view.answers.settings.customers.base_days // 2)
    found = [line for line in outlook.lines if line.visits > 1 and line.alive >= LIKELY and line.last < before]
    heads = tuple(
        Head(view.wording.say(f"forecast.customer.{name}", months=12), name != "customer") for name in COLUMNS
    )
    rows = tuple(_row(view, line) for line in found)
    notes, nobody = (view.say("sleeping_note"),), view.say("none_sleeps")
    return [Grid("sleeping", view.say("sleeping"), heads, rows, notes, nobody, shown=SHOWN)]


def _row(view: View, line: CustomerLine) -> tuple[Cell, ...]:
    words = view.wording
    kind, _, number = line.customer.partition(":")
    return (
        Cell(view.say(f"customer.{kind}", number=number), path=f"/crm/{kind}/details/{number}/"),
        Cell(str(line.visits), value=line.visits, unit=Unit.COUNT),
        Cell(day_text(line.last, words.language), mood="day"),
        Cell(words.number(line.alive, Unit.RATIO), value=line.alive, unit=Unit.RATIO),
        Cell(words.number(line.purchases, Unit.NUMBER), value=line.purchases, unit=Unit.NUMBER),
        Cell(at_a_glance(line.value, Unit.MONEY, words), value=line.value, unit=Unit.MONEY),
    )
