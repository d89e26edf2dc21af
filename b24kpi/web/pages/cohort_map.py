"""Cohorts as a heat map and a table."""

from dataclasses import replace

from b24kpi.metrics.cohorts import Cell as CohortCell
from b24kpi.metrics.cohorts import Kind
from b24kpi.metrics.model import Unit
from b24kpi.metrics.period import Grain
from b24kpi.report.cohorts import CohortAsk, CohortTable
from b24kpi.report.cohorts_tables import lay_out
from b24kpi.web.figures import heat_map
from b24kpi.web.pages.cohort_readings import repeat_table, value_curves
from b24kpi.web.pages.model import Block, Chart, Grid, Words
from b24kpi.web.pages.tables import of_table
from b24kpi.web.pages.view import View, at_a_glance

MONTHS = 12
YOUNG = " *"


def cohort_map(view: View, kind: Kind) -> list[Block]:
    """Those who began in each of the last twelve months; how it went on with them."""
    unanswered = view.unanswered(kind.metric)
    if unanswered:
        return [Words((f"{view.wording.name(kind.metric)}: {unanswered}",), "warn")]
    found = view.answers.cohorts(CohortAsk(kind, Grain.MONTH, MONTHS, view.filters.chosen))
    pages = lay_out(found, view.wording)
    if not pages.tables:
        return [Words((f"{view.wording.name(kind.metric)}: {pages.notes[0]}",), "warn")]
    before = repeat_table(view, found) if kind is Kind.RETENTION else []
    after = value_curves(view, found) if kind is Kind.LTV else []
    shaded = [Words((f"{YOUNG.strip()} — {view.wording.say('funnel.young')}",))] if found.immature else []
    return [*before, _chart(view, found), *shaded, _grid(view, found), *after]


def _chart(view: View, found: CohortTable) -> Chart:
    title = view.wording.say(f"cohorts.title.{found.ask.kind}")
    width = max(len(cohort.cells) for cohort in found.cohorts)
    values = [[_value(found, cell) for cell in cohort.cells] for cohort in found.cohorts]
    texts = [[_text(view, found, cell) for cell in cohort.cells] for cohort in found.cohorts]
    padded = [[*row, *[None] * (width - len(row))] for row in values]
    said = [[*row, *[""] * (width - len(row))] for row in texts]
    labels = [f"{c.period.label}{YOUNG if c.period in found.immature else ''}" for c in found.cohorts]
    pale = [place for place, cohort in enumerate(found.cohorts) if cohort.period in found.immature]
    figure = heat_map(labels, [str(n) for n in range(width)], padded, said, pale)
    return Chart(f"cohorts-{found.ask.kind}", title, figure, view.wording.say("cohorts.since.month"), "l")


def _grid(view: View, found: CohortTable) -> Grid:
    pages = lay_out(found, view.wording)
    grid = of_table(pages.tables[0], f"cohort-table-{found.ask.kind}", view.say("same_as_table"), pages.notes[:-1])
    return replace(grid, folded=True)


def _value(found: CohortTable, cell: CohortCell) -> float:
    """Money is in hundredths."""
    return float(cell.value) / (100 if found.ask.kind.unit is Unit.MONEY else 1)


def _text(view: View, found: CohortTable, cell: CohortCell) -> str:
    """Short: whole per cents, money without cents; an unfinished period has a mark."""
    value = _value(found, cell)
    unit = found.ask.kind.unit
    text = at_a_glance(round(value), Unit.COUNT, view.wording) if unit is Unit.MONEY else f"{value:.0%}"
    return text if cell.is_over else f"{text}…"
