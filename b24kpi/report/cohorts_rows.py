"""Cohorts as plain data: one object for JSON, and the cells flat for CSV."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from b24kpi.metrics.cohorts import Cell, Cohort
from b24kpi.metrics.model import Unit
from b24kpi.metrics.ratios import as_money
from b24kpi.report.cohorts import CohortTable
from b24kpi.report.rows import head, number


def as_data(found: CohortTable) -> dict[str, Any]:
    """The object for JSON: money as texts with two decimals, shares as fractions.

    `offset` counts the periods since the beginning; a cell that is not `complete` is so far. `together` has the cohorts
    as one, over complete cells. With a `reason` there are no numbers.
    """
    ask, known = found.ask, found.reason is None
    return {
        **head(found.grounds),
        "kind": str(ask.kind),
        "period": str(ask.grain),
        "unit": str(ask.kind.unit),
        "where": dict(ask.where),
        "cohorts": [_cohort(found, cohort) for cohort in found.cohorts if known],
        "together": [_cell(found, cell) for cell in found.together if known],
        "reason": None if known else str(found.reason),
    }


def flat_rows(found: CohortTable) -> list[dict[str, Any]]:
    """A row for each cell of each cohort; money as numbers."""
    if found.reason is not None:
        return []
    return [
        {"kind": str(found.ask.kind), "cohort": cohort.period.label, "size": cohort.size} | _flat(found, cell)
        for cohort in found.cohorts
        for cell in cohort.cells
    ]


def _flat(found: CohortTable, cell: Cell) -> dict[str, Any]:
    row = _cell(found, cell)
    moneys = ("value", "numerator") if found.ask.kind.unit is Unit.MONEY else ()
    return row | {name: Decimal(row[name]) for name in moneys}


def _cohort(found: CohortTable, cohort: Cohort) -> dict[str, Any]:
    further = {each.name: number(each.value, Unit.RATIO) for each in found.further.get(cohort.period, ())}
    return {
        "cohort": cohort.period.label,
        "from": cohort.period.start.isoformat(),
        "to": cohort.period.end.isoformat(),
        "size": cohort.size,
        "immature": cohort.period in found.immature,
        **further,
        "cells": [_cell(found, cell) for cell in cohort.cells],
    }


def _cell(found: CohortTable, cell: Cell) -> dict[str, Any]:
    is_money = found.ask.kind.unit is Unit.MONEY
    return {
        "offset": cell.offset,
        "value": str(as_money(cell.value)) if is_money else number(float(cell.value), Unit.RATIO),
        "numerator": str(as_money(cell.above)) if is_money else int(Fraction(cell.above)),
        "denominator": cell.below,
        "low": number(cell.low, Unit.RATIO),
        "high": number(cell.high, Unit.RATIO),
        "complete": cell.is_over,
    }
