"""Customers: how the base moves, who comes back, and whom it is worth calling."""

from collections.abc import Iterator, Mapping, Sequence

from b24kpi.metrics.cohorts import Kind
from b24kpi.metrics.model import Unit
from b24kpi.metrics.period import Period
from b24kpi.report.customer_outlook import CustomerLine
from b24kpi.report.model import Entry
from b24kpi.web.figures import ACCENT, BAD, GOOD, QUIET, columns, trend
from b24kpi.web.pages.cohort_map import cohort_map
from b24kpi.web.pages.dates import day_text
from b24kpi.web.pages.model import Block, Cell, Chart, Grid, Head, Screen, Words
from b24kpi.web.pages.tables import SHOWN, series
from b24kpi.web.pages.view import View, at_a_glance, by_metric

FIGURES = (
    ("base", ""), ("base", "at_start"), ("base", "newcomers"), ("base", "reactivated"), ("base", "left"),
    ("new_customers", ""), ("crr", ""), ("crr_strict", ""), ("rpr", ""), ("repeat_purchase_share", ""),
    ("purchase_frequency", ""), ("one_time_buyers", ""), ("revenue_per_customer", ""), ("ltv_historic", ""),
    ("ltv_formula", ""), ("ltv_predictive", ""),
)  # fmt: skip
COMPOSITION = "base_composition"
RUN = 12
ROLES = {"new": GOOD, "reactivated": "@second", "active": ACCENT, "sleeping": QUIET, "lost": BAD}
PREDICTED = "ltv_predictive"
_Cells = Mapping[tuple[str, Period], Entry]
COLUMNS = ("customer", "visits", "last", "gap", "silent", "alive", "fresh", "purchases", "value")
MOVING = "base"
RETENTION = ("crr", "crr_strict")
TOLD = 6  # periods in the tables of a year's course


def build(view: View) -> Screen:
    """Figures of the period, the base over a year, whom to call, cohorts."""
    metrics = dict.fromkeys(metric for metric, _ in FIGURES)
    report = view.answers.report(*view.ask(metrics), *view.ask((COMPOSITION, MOVING, *RETENTION), count=RUN))
    known = by_metric(report, view.filters.period)
    figures = [entry for name in metrics for entry in known.get(name, ())]
    title = view.say("figures_of", period=view.period)
    blocks: list[Block] = [series(view, "figures", title, figures, FIGURES)]
    courses: dict[str, list[Entry]] = {}
    for entry in report.entries:
        courses.setdefault(entry.value.metric, []).append(entry)
    blocks += _movement(view, courses.get(MOVING, ()))
    blocks += _retention(view, courses)
    blocks += _composition(view, courses.get(COMPOSITION, ()))
    blocks += _sleeping(view)
    blocks += [*cohort_map(view, Kind.RETENTION), *cohort_map(view, Kind.LTV)]
    return Screen("customers", view.say("screen.customers"), report.as_of, view.incomplete_of(report), tuple(blocks))


def _movement(view: View, entries: Sequence[Entry]) -> Iterator[Block]:
    """Who came into the base in each period, above the line, and who left it, below."""
    known = [entry for entry in entries if entry.value.value is not None]
    if not any(entry.value.value or entry.value.extra["left"] for entry in known):
        return
    labels = [entry.value.period.label for entry in known]
    stacks = {
        view.wording.known("extra", name): ([sign * int(entry.value.extra[name] or 0) for entry in known], role)
        for name, role, sign in (("newcomers", GOOD, 1), ("reactivated", "@second", 1), ("left", BAD, -1))
    }
    yield Chart("moves", view.say("chart.moves"), columns(labels, stacks), view.say("moves_text"), "m")
    shown = known[-TOLD:]
    rows = [
        (Cell(view.wording.known("extra", name)), *(view.number(entry, name) for entry in shown))
        for name in ("at_start", "newcomers", "reactivated", "left")
    ]
    rows.append((Cell(view.say("at_end")), *(view.number(entry) for entry in shown)))
    heads = (Head(view.wording.name(MOVING)), *(Head(entry.value.period.label, True) for entry in shown))
    yield Grid("base-moves", view.say("base_moves"), heads, tuple(rows), (view.say("base_moves_note"),))


def _retention(view: View, courses: Mapping[str, Sequence[Entry]]) -> Iterator[Block]:
    """The seed's retention, in which who came back counts, beside the strict one."""
    known = {name: courses[name] for name in RETENTION if any(each.value.value for each in courses.get(name, ()))}
    if not known:
        return
    labels = [entry.value.period.label for entry in next(iter(known.values()))]
    lines = {
        view.wording.name(name): [None if each.value.value is None else float(each.value.value) for each in entries]
        for name, entries in known.items()
    }
    texts = [[view.wording.number(each.value.value, Unit.RATIO) for each in entries] for entries in known.values()]
    figure = trend(labels, lines, texts, percent=True)
    yield Chart("retention", view.say("chart.retention"), figure, view.say("retention_text"), "m")


def _composition(view: View, entries: Sequence[Entry]) -> Iterator[Block]:
    """New, back, active, sleeping at the end of each period; the lost, whose number only grows, in the table alone."""
    periods = sorted({entry.value.period for entry in entries})
    if not periods or not any(entry.value.value for entry in entries):
        return
    cells = {(entry.value.by["state"], entry.value.period): entry for entry in entries}
    stacks = {}
    for state, role in ROLES.items():
        if state == "lost":
            continue
        values = [_count(cells, state, period) for period in periods]
        stacks[_state_name(cells, state)] = (values, role)
    yield Chart(
        "movement", view.say("chart.base"), columns([p.label for p in periods], stacks), view.say("base_text"), "m"
    )
    heads = (Head(view.wording.dimension("state")), *(Head(p.label, True) for p in periods[-TOLD:]))
    rows = tuple(
        (Cell(_state_name(cells, state)), *(_cell(view, cells, state, period) for period in periods[-TOLD:]))
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
    """Those who are overdue by their own rhythm and may well still be customers, the most valuable first."""
    if view.unanswered(PREDICTED):
        return [Words((f"{view.wording.name(PREDICTED)}: {view.unanswered(PREDICTED)}",), "warn")]
    outlook = view.answers.customers_ahead(view.filters.chosen)
    if outlook.reason is not None:
        return [Words((view.wording.say("forecast.no_customers", reason=view.wording.reason(outlook.reason, "")),))]
    found = [line for line in outlook.lines if line.is_sleeping]
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
        Cell(view.wording.say(f"rows.party.{kind}", number=number), path=f"/crm/{kind}/details/{number}/"),
        Cell(str(line.visits), value=line.visits, unit=Unit.COUNT),
        Cell(day_text(line.last, words.language), mood="day"),
        Cell(words.number(round(line.gap or 0), Unit.COUNT), value=round(line.gap or 0), unit=Unit.COUNT),
        Cell(words.number(line.silent, Unit.COUNT), value=line.silent, unit=Unit.COUNT),
        Cell(words.number(line.alive, Unit.RATIO), value=line.alive, unit=Unit.RATIO),
        Cell(words.number(line.fresh, Unit.RATIO), value=line.fresh, unit=Unit.RATIO),
        Cell(words.number(line.purchases, Unit.NUMBER), value=line.purchases, unit=Unit.NUMBER),
        Cell(at_a_glance(line.value, Unit.MONEY, words), value=line.value, unit=Unit.MONEY),
    )
