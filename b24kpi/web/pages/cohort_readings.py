"""What cohorts tell beside their heat map: who bought again within so many days, and what a customer brings in time."""

from b24kpi.metrics.cohorts import Cohort
from b24kpi.metrics.model import Unit
from b24kpi.report.cohorts import CohortTable, Further
from b24kpi.web.figures import curves
from b24kpi.web.pages.model import Block, Cell, Chart, Grid, Head
from b24kpi.web.pages.view import View


def repeat_table(view: View, found: CohortTable) -> list[Block]:
    """A row for each cohort: its size, and the share that bought again within 90, 180 and 365 days."""
    if not found.further:
        return []
    names = [each.name for each in next(iter(found.further.values()))]
    words = view.wording
    heads = (
        Head(words.say("cohorts.column.cohort")),
        *(Head(words.say(f"cohorts.column.{name}"), True) for name in ("size", *names)),
    )
    rows = tuple(_row(view, found, cohort) for cohort in found.cohorts)
    return [Grid("repeat", view.say("repeat_by_cohort"), heads, rows, (view.say("repeat_note"),))]


def value_curves(view: View, found: CohortTable) -> list[Block]:
    """The margin of a customer by the age of the cohort, of months that are over; of all together without the young."""
    main = [float(cell.value) / 100 for cell in found.together]
    if len(main) < 2:
        return []
    others = {cohort.period.label: _values(cohort) for cohort in found.cohorts}
    others = {name: values for name, values in others.items() if len(values) > 1}
    ages = [str(age) for age in range(len(main))]
    figure = curves(ages, (view.wording.say("cohorts.together"), main), others)
    return [Chart("value-curves", view.say("chart.curves"), figure, view.say("curves_text"), "m")]


def _row(view: View, found: CohortTable, cohort: Cohort) -> tuple[Cell, ...]:
    size = Cell(view.wording.number(cohort.size, Unit.COUNT), value=cohort.size, unit=Unit.COUNT)
    return (Cell(cohort.period.label), size, *(_share(view, each) for each in found.further.get(cohort.period, ())))


def _share(view: View, reading: Further) -> Cell:
    words = view.wording
    text, interval = words.number(reading.value, Unit.RATIO), words.interval(reading.low, reading.high, Unit.RATIO)
    hint = view.say("interval", interval=interval) if interval else ""
    return Cell(text, hint=hint, mood="quiet" if reading.value is None else "", value=reading.value, unit=Unit.RATIO)


def _values(cohort: Cohort) -> list[float]:
    return [float(cell.value) / 100 for cell in cohort.cells if cell.is_over]
