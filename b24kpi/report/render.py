"""A report in the form that was asked for: for the terminal, for programs, for spreadsheets, for print."""

import csv
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from b24kpi.errors import BadInput
from b24kpi.report.layout import lay_out
from b24kpi.report.model import Report
from b24kpi.report.rows import as_data, flat_rows
from b24kpi.report.table import plain
from b24kpi.report.wording import Wording

# A spreadsheet takes a text that starts so for a formula; https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def render_table(report: Report, wording: Wording) -> str:
    """Plain text with aligned columns."""
    return plain(lay_out(report, wording))


def render_json(report: Report, wording: Wording) -> str:
    """The object of contract.md section 3; the language plays no part."""
    return json.dumps(as_data(report), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def render_csv(report: Report, wording: Wording) -> str:
    """CSV for programs: comma, decimal point, as RFC 4180 has it; the language plays no part."""
    columns, rows = flat_rows(report)
    return csv_text(columns, rows)


def spreadsheet_csv(report: Report, wording: Wording) -> bytes:
    """CSV that Excel opens by a double click.

    Excel takes the list separator and the decimal sign from the system: a semicolon and a comma in Ukraine. With a
    comma between the cells everything would land in column A, and 11.06 would become the 11th of June. Without the
    byte order mark it would read UTF-8 as Windows-1251.
    """
    columns, rows = flat_rows(report)
    if not wording.decimal_comma:
        return csv_text(columns, rows).encode("utf-8-sig")
    return csv_text(columns, rows, delimiter=";", write_number=wording.plain).encode("utf-8-sig")


def csv_text(
    columns: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    *,
    delimiter: str = ",",
    write_number: Callable[[int | float | Decimal], str] = str,
) -> str:
    """Rows as CSV; missing cells are empty, texts that look like formulas get an apostrophe in front."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_csv_cell(row.get(column), write_number) for column in columns] for row in rows)
    return out.getvalue()


def harmless(text: str) -> str:
    """The text, made unable to start a formula.

    >>> harmless("=HYPERLINK(1)"), harmless("Олена")
    ("'=HYPERLINK(1)", 'Олена')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def _csv_cell(value: Any, write_number: Callable[[int | float | Decimal], str]) -> str:
    if value is None:
        return ""
    return write_number(value) if isinstance(value, int | float | Decimal) else harmless(str(value))


FORMATS: Mapping[str, Callable[[Report, Wording], str]] = {
    "table": render_table,
    "json": render_json,
    "csv": render_csv,
}


def _xlsx(report: Report, wording: Wording) -> bytes:
    from b24kpi.report.render_xlsx import render_xlsx

    return render_xlsx(report, wording)


def _html(report: Report, wording: Wording) -> bytes:
    from b24kpi.report.render_html import render_html

    return render_html(report, wording).encode()


FILES: Mapping[str, Callable[[Report, Wording], bytes]] = {
    ".csv": spreadsheet_csv,
    ".json": lambda report, wording: render_json(report, wording).encode(),
    ".xlsx": _xlsx,
    ".html": _html,
}


def check_output(path: Path) -> None:
    """Whether a report can be written there, before it is computed.

    Raises:
        BadInput: an ending that is none of FILES, or no such folder.
    """
    if path.suffix.lower() not in FILES:
        raise BadInput("report.unknown_ending", file=path, known=" ".join(FILES))
    if not path.parent.is_dir():
        raise BadInput("report.no_folder", file=path, folder=path.parent)


def write_report(report: Report, path: Path, wording: Wording) -> None:
    """Write the report in the form that the file's ending names; the old file stays until the new one is whole.

    Raises:
        BadInput: as in `check_output`, or the file cannot be written.
    """
    check_output(path)
    content = FILES[path.suffix.lower()](report, wording)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_bytes(content)
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise BadInput("report.unwritable", file=path, problem=error.strerror or "?") from None
