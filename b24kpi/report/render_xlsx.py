"""A report as a workbook: typed cells, number formats, a frozen head, a filter."""

import io
from datetime import date
from decimal import Decimal
from typing import Any

import xlsxwriter

from b24kpi.metrics.model import Unit
from b24kpi.report.layout import lay_out
from b24kpi.report.model import Entry, Report
from b24kpi.report.rows import flat_rows
from b24kpi.report.wording import DAY, Wording
from b24kpi.report.workbook import FORMATS, OPTIONS

_DATES = ("from", "to")
_PLAIN = ("n", "numerator", "denominator")


def render_xlsx(report: Report, wording: Wording) -> bytes:
    """The workbook's bytes: a sheet of values, columns as in the JSON, and a sheet of notes."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, OPTIONS) as book:
        _Values(book, wording).write(report)
        _write_notes(book, report, wording)
    return buffer.getvalue()


class _Values:
    """The sheet of values."""

    def __init__(self, book: Any, wording: Wording) -> None:
        self._sheet = book.add_worksheet(wording.say("report.sheet.values"))
        self._wording = wording
        self._head = book.add_format({"bold": True, "bottom": 1})
        self._date = book.add_format({"num_format": "yyyy-mm-dd"})
        self._numbers = {unit: book.add_format({"num_format": text}) for unit, text in FORMATS.items()}

    def write(self, report: Report) -> None:
        columns, rows = flat_rows(report)
        columns.insert(1, "name")
        self._sheet.write_row(0, 0, columns, self._head)
        for line, (entry, row) in enumerate(zip(report.entries, rows, strict=True), start=1):
            row["name"] = self._wording.name(entry.value.metric)
            for place, column in enumerate(columns):
                self._write_cell(line, place, column, row.get(column), entry)
        self._sheet.freeze_panes(1, 0)
        self._sheet.autofilter(0, 0, len(rows), len(columns) - 1)
        self._sheet.autofit()

    def _write_cell(self, line: int, place: int, column: str, value: Any, entry: Entry) -> None:
        if value is None or value == "":
            return
        if column in _DATES:
            self._sheet.write_datetime(line, place, date.fromisoformat(value), self._date)
        elif isinstance(value, int | float | Decimal):
            self._write_number(line, place, column, value, entry.value.unit_of(column))
        else:
            self._sheet.write_string(line, place, str(value))

    def _write_number(self, line: int, place: int, column: str, value: int | float | Decimal, unit: Unit) -> None:
        if column in _PLAIN:
            self._sheet.write_number(line, place, float(value))
            return
        cell = float(value) / DAY if unit is Unit.DURATION else float(value)
        self._sheet.write_number(line, place, cell, self._numbers[unit])


def _write_notes(book: Any, report: Report, wording: Wording) -> None:
    sheet = book.add_worksheet(wording.say("report.sheet.notes"))
    for line, note in enumerate(lay_out(report, wording).notes):
        sheet.write_string(line, 0, note)
    sheet.autofit()
