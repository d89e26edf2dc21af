"""Cohorts as a table for people: a row for each, a column for each period since its beginning."""

from collections.abc import Iterator

from b24kpi.metrics.cohorts import Cell, Cohort
from b24kpi.metrics.model import Unit
from b24kpi.report.cohorts import CohortTable
from b24kpi.report.grounds import reach
from b24kpi.report.table import Column, Pages, Table
from b24kpi.report.wording import DASH, Wording

SO_FAR, YOUNG = "¹", "²"


def lay_out(found: CohortTable, wording: Wording) -> Pages:
    """The table with all cohorts together as its last row."""
    if found.reason is not None or not found.cohorts:
        return Pages((), tuple(_notes(found, wording)))
    return Pages((_table(found, wording),), tuple(_notes(found, wording)))


def _table(found: CohortTable, wording: Wording) -> Table:
    width = max(len(cohort.cells) for cohort in found.cohorts)
    further = [each.name for each in next(iter(found.further.values()), ())]
    heads = [_head("cohort", wording), _head("size", wording, numeric=True)]
    heads += [Column(str(offset), numeric=True) for offset in range(width)]
    heads += [_head(name, wording, numeric=True) for name in further]
    rows = [_row(found, cohort, width, wording) for cohort in found.cohorts]
    total = sum(cohort.size for cohort in found.cohorts)
    cells = _padded([_cell(found, cell, wording) for cell in found.together], width)
    last = (wording.say("cohorts.together"), str(total), *cells, *("" for _ in further))
    return Table(_title(found, wording), tuple(heads), (*rows, last))


def _title(found: CohortTable, wording: Wording) -> str:
    """What is followed, and the slice."""
    ask = found.ask
    slices = (
        f"{wording.known('dimension', name)}: {found.where_labels.get(name) or value or wording.say('report.empty')}"
        for name, value in ask.where.items()
    )
    return (
        "; ".join([wording.say(f"cohorts.title.{ask.kind}"), *slices])
        + "\n"
        + wording.say(f"cohorts.since.{ask.grain}")
    )


def _row(found: CohortTable, cohort: Cohort, width: int, wording: Wording) -> tuple[str, ...]:
    name = cohort.period.label + (YOUNG if cohort.period in found.immature else "")
    further = (wording.number(each.value, Unit.RATIO) for each in found.further.get(cohort.period, ()))
    return (name, str(cohort.size), *_padded([_cell(found, c, wording) for c in cohort.cells], width), *further)


def _padded(cells: list[str], width: int) -> list[str]:
    return cells + [""] * (width - len(cells))


def _cell(found: CohortTable, cell: Cell, wording: Wording) -> str:
    if found.ask.kind.unit is Unit.MONEY:
        shown = wording.number(round(cell.value / 100), Unit.COUNT)
    else:
        shown = wording.number(float(cell.value), Unit.RATIO)
    return shown if cell.is_over else shown + SO_FAR


def _notes(found: CohortTable, wording: Wording) -> Iterator[str]:
    if found.reason is not None:
        yield wording.known("reason", str(found.reason))
    elif not found.cohorts:
        yield wording.say("report.no_rows")
    else:
        yield f"{SO_FAR} {DASH} {wording.say('report.unfinished')}"
        if found.immature:
            yield f"{YOUNG} {DASH} {wording.known('flag', 'immature')}"
        yield wording.say(f"cohorts.note.{found.ask.kind}")
    yield from reach(found.grounds, wording)


def _head(name: str, wording: Wording, *, numeric: bool = False) -> Column:
    return Column(wording.say(f"cohorts.column.{name}"), numeric)
