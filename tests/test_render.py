"""A report in every form: JSON to the letter of the contract, sheets that are safe, one HTML file."""

import csv
import io
import json
import re
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from b24kpi.errors import BadInput
from b24kpi.metrics.model import Unit
from b24kpi.metrics.period import Period
from b24kpi.report.model import Entry, Report
from b24kpi.report.render import render_csv, render_json, render_table, write_report
from b24kpi.report.wording import Wording
from tests.made_reports import CYCLE, ENGLISH, JUNE, NOTHING, RATE, SALES, UKRAINIAN, entry, report, value


def row_of(one: Entry) -> dict[str, Any]:
    (row,) = json.loads(render_json(report(one), ENGLISH))["values"]
    return dict(row)


def sheet(one: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render_csv(one, ENGLISH), newline="")))


def written(one: Report, path: Path, wording: Wording = ENGLISH) -> bytes:
    write_report(one, path, wording)
    return path.read_bytes()


def test_json_is_the_object_of_the_contract() -> None:
    """Keys, order and types as promised."""
    expected = {
        "metric": "win_rate",
        "period": "2026-06",
        "from": "2026-06-01",
        "to": "2026-07-01",
        "by": {"manager": "5"},
        "labels": {"manager": "О'Браєн"},
        "value": 0.423077,
        "unit": "ratio",
        "numerator": "11",
        "denominator": "26",
        "n": 26,
        "low": 0.255743,
        "high": 0.61,
        "previous": 0.39,
        "delta": 0.033077,
        "target": None,
        "reason": None,
        "flags": [],
    }
    assert list(row_of(RATE).items()) == list(expected.items())


def test_json_begins_with_what_holds_for_all_values() -> None:
    """The moment has the offset of the zone."""
    head = json.loads(render_json(report(coverage={"call": "no_permission"}), ENGLISH))
    assert head == {
        "schema": 1,
        "as_of": "2026-11-21T23:10:00+02:00",
        "time_zone": "Europe/Kyiv",
        "currency": "UAH",
        "coverage": {"call": "no_permission"},
        "values": [],
    }


def test_money_is_a_text_with_two_decimals() -> None:
    """No float ever holds it; its sums likewise."""
    row = row_of(SALES)
    assert (row["value"], row["numerator"], row["denominator"]) == ("-1234.50", "-1234.50", None)


def test_durations_are_seconds_and_further_readings_further_keys() -> None:
    """Whole seconds are whole numbers."""
    row = row_of(CYCLE)
    assert (row["value"], row["p80"], row["median_of_won"]) == (86_400, 100_000.5, None)
    assert isinstance(row["value"], int)


MIXED = entry(
    value(
        "channel_effectiveness", 0.25, Unit.RATIO,
        extra={"revenue": Decimal("-1234.5"), "cycle": 43_200.0, "rest": 0.5, "aov": None},
        units={"revenue": Unit.MONEY, "cycle": Unit.DURATION, "aov": Unit.MONEY},
    )
)  # fmt: skip


def test_a_further_reading_has_a_unit_of_its_own(tmp_path: Path) -> None:
    """Money beside a share is a text in JSON, a number in sheets, and is shown with its currency."""
    row, (flat,) = row_of(MIXED), sheet(report(MIXED))
    assert (row["revenue"], row["cycle"], row["rest"], row["aov"]) == ("-1234.50", 43_200, 0.5, None)
    assert (flat["revenue"], flat["cycle"]) == ("-1234.50", "43200")
    periods = [entry(value("channel_effectiveness", 0.1, Unit.RATIO, each)) for each in months_before(JUNE, 5)]
    table = render_table(report(MIXED, *periods), ENGLISH)
    shown = ((Decimal("-1234.5"), Unit.MONEY), (43_200.0, Unit.DURATION), (0.5, Unit.RATIO))
    assert all(ENGLISH.number(number, unit) in table for number, unit in shown)
    with zipfile.ZipFile(io.BytesIO(written(report(MIXED), tmp_path / "kpi.xlsx"))) as book:
        cells = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<v>0.5</v>" in cells
    assert "<v>-1234.5</v>" in cells


def months_before(period: Period, count: int) -> list[Period]:
    """The months before one, nearest first."""
    found = [period]
    for _ in range(count):
        found.append(found[-1].previous)
    return found[1:]


def test_a_missing_value_is_null_with_its_reason() -> None:
    """Never zero, never an empty text."""
    row = row_of(NOTHING)
    assert (row["value"], row["reason"]) == (None, "not_configured")


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
def test_json_has_no_number_that_json_lacks(number: float) -> None:
    """An interval without an upper end has null there."""
    assert row_of(entry(value("sales_cycle", 1, Unit.DURATION, high=number)))["high"] is None


def test_json_does_not_depend_on_the_language() -> None:
    """Programs read it."""
    assert render_json(report(RATE, SALES), ENGLISH) == render_json(report(RATE, SALES), UKRAINIAN)


def test_csv_has_a_column_for_each_dimension() -> None:
    """`by.manager` and `label.manager`, empty where a row has no such dimension."""
    rate, sales = sheet(report(RATE, SALES))
    assert (rate["by.manager"], rate["label.manager"], rate["value"]) == ("5", "О'Браєн", "0.423077")
    assert (sales["by.manager"], sales["value"], sales["flags"]) == ("", "-1234.50", "fx_approx")


def test_csv_has_the_columns_of_json() -> None:
    """Flat, in the same order, further readings last."""
    columns = list(sheet(report(CYCLE))[0])
    assert columns == [name for name in row_of(CYCLE) if name not in ("by", "labels")]


def test_a_csv_file_opens_in_excel_as_it_is_set_up_in_ukraine(tmp_path: Path) -> None:
    """Byte order mark, semicolons, decimal commas."""
    text = written(report(RATE), tmp_path / "r.csv", UKRAINIAN).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text, newline=""), delimiter=";")
    assert row["value"] == "0,423077"
    assert row["label.manager"] == "О'Браєн"
    assert (tmp_path / "r.csv").read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("name", ["=cmd|'/c calc'!A0", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1"])
def test_names_cannot_become_formulas(tmp_path: Path, name: str) -> None:
    """A colleague named like a formula stays a name, in CSV and in a workbook."""
    one = report(entry(RATE.value, {"manager": name}))
    assert sheet(one)[0]["label.manager"] == f"'{name}"
    assert "<f>" not in cells(written(one, tmp_path / "r.xlsx"))


def cells(workbook: bytes) -> str:
    return zipfile.ZipFile(io.BytesIO(workbook)).read("xl/worksheets/sheet1.xml").decode()


def test_a_workbook_has_typed_cells(tmp_path: Path) -> None:
    """Numbers are numbers with a format, the head stays in sight and can be filtered."""
    workbook = written(report(RATE, SALES, CYCLE), tmp_path / "r.xlsx")
    assert re.search(r'<c r="\w+" s="\d+"><v>0.423077</v></c>', cells(workbook))
    assert re.search(r'<c r="\w+" s="\d+"><v>-1234.5</v></c>', cells(workbook))
    assert '<pane ySplit="1"' in cells(workbook)
    assert "<autoFilter" in cells(workbook)
    styles = zipfile.ZipFile(io.BytesIO(workbook)).read("xl/styles.xml").decode()
    assert {"#,##0.00", "0.0%", "[h]:mm:ss", "yyyy-mm-dd"} & set(re.findall(r'formatCode="([^"]*)"', styles)) >= {
        "0.0%",
        "[h]:mm:ss",
        "yyyy-mm-dd",
    }


def test_html_is_one_file_that_runs_nothing(tmp_path: Path) -> None:
    """No script, no address, names of the CRM escaped."""
    one = report(entry(RATE.value, {"manager": "<script>alert(1)</script>"}))
    page = written(one, tmp_path / "r.html", UKRAINIAN).decode()
    assert "&lt;script&gt;" in page
    assert not re.search(r"<script|https?:|src=|href=", page)
    assert '<html lang="uk">' in page


def test_a_file_is_chosen_by_its_ending(tmp_path: Path) -> None:
    """An unknown one is refused before anything is written."""
    with pytest.raises(BadInput, match=r"\.csv \.json \.xlsx \.html"):
        write_report(report(), tmp_path / "r.pdf", ENGLISH)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """Folders are not made by accident."""
    with pytest.raises(BadInput, match="there is no folder"):
        write_report(report(), tmp_path / "none" / "r.json", ENGLISH)
