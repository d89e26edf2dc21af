"""A report in every form: JSON to the letter of the contract, sheets that are safe, tables that people can read."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from b24kpi.errors import BadInput
from b24kpi.metrics.model import Number, Reason, Unit, Value
from b24kpi.metrics.period import Grain, Period
from b24kpi.report.model import Entry, Report
from b24kpi.report.render import render_csv, render_json, render_table, write_report
from b24kpi.report.wording import Wording

AS_OF = datetime(2026, 11, 21, 21, 10, tzinfo=UTC).timestamp()
JUNE = Period.containing(date(2026, 6, 5), Grain.MONTH)
ENGLISH = Wording("en", "UAH", {"total_sales": "Total sales", "win_rate": "Win rate"})
UKRAINIAN = Wording("uk", "UAH", {"win_rate": "Частка виграних"})
NOBREAK = "\u00a0"


def value(metric: str, number: Number | None, unit: Unit, period: Period = JUNE, **rest: Any) -> Value:
    return Value(metric=metric, period=period, by=rest.pop("by", {}), value=number, unit=unit, **rest)


def entry(one: Value, labels: Mapping[str, str] | None = None, **compared: Number) -> Entry:
    return Entry(one, labels or {}, compared.get("previous"), compared.get("delta"))


def report(*entries: Entry, coverage: Mapping[str, str] | None = None) -> Report:
    return Report(AS_OF, "Europe/Kyiv", "UAH", coverage or {"deal": "complete"}, entries)


RATE = entry(
    value(
        "win_rate", 11 / 26, Unit.RATIO,
        by={"manager": "5"}, numerator=11, denominator=26, n=26, low=0.2557434, high=0.61,
    ),
    {"manager": "О'Браєн"},
    previous=0.39,
    delta=11 / 26 - 0.39,
)  # fmt: skip
SALES = entry(
    value("total_sales", Decimal("-1234.5"), Unit.MONEY, numerator=Decimal("-1234.5"), n=3, flags=("fx_approx",))
)
CYCLE = entry(value("sales_cycle", 86400.0, Unit.DURATION, n=2, extra={"p80": 100_000.5, "median_of_won": None}))
NOTHING = entry(value("romi", None, Unit.RATIO, reason=Reason.NOT_CONFIGURED))


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


def test_a_table_speaks_as_the_reader_writes() -> None:
    """Per cents, decimal signs and names by language."""
    table = render_table(report(RATE), UKRAINIAN)
    assert "Частка виграних  О'Браєн" in table
    assert "42,3%" in table
    assert "42.3%" in render_table(report(RATE), ENGLISH)


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        (Decimal("1234567.8"), Unit.MONEY, f"1{NOBREAK}234{NOBREAK}567,80{NOBREAK}₴"),
        (1234, Unit.COUNT, f"1{NOBREAK}234"),
        (0.25, Unit.RATIO, "25,0%"),
        (12.5 * 86_400, Unit.DURATION, "12,5"),
        (3 * 3600, Unit.DURATION, "3,0"),
        (90, Unit.DURATION, "90,0"),
        (-48.48, Unit.NUMBER, "−48,48"),
        (None, Unit.RATIO, "—"),
    ],
)
def test_numbers_are_written_with_their_unit(number: Number | None, unit: Unit, text: str) -> None:
    """Durations in the largest unit of which there are at least two."""
    assert UKRAINIAN.number(number, unit).startswith(text)


@pytest.mark.parametrize(
    ("delta", "unit", "text"),
    [
        (0.0331, Unit.RATIO, "+3.3 pp"),
        (-0.0001, Unit.RATIO, "±0.0 pp"),
        (-5, Unit.COUNT, "−5"),
        (0, Unit.COUNT, "±0"),
        (None, Unit.RATIO, "—"),
    ],
)
def test_changes_carry_their_sign(delta: Number | None, unit: Unit, text: str) -> None:
    """Rates differ by percentage points, not per cents."""
    assert ENGLISH.change(delta, unit, 1) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(0.1, 0.2, "10.0% … 20.0%"), (0.1, None, "from 10.0% up"), (None, 0.2, "up to 20.0%"), (None, None, "")],
)
def test_an_interval_may_be_open_to_one_side(low: float | None, high: float | None, text: str) -> None:
    """Of a median that so few have come to that its upper end is not known yet."""
    assert ENGLISH.interval(low, high, Unit.RATIO) == text


def test_a_change_is_in_the_unit_of_its_value() -> None:
    """Hours beside days would mislead."""
    assert "−0.5 day" in ENGLISH.change(-43_200, Unit.DURATION, 864_000)


def test_an_absent_value_and_a_flag_point_to_their_explanation() -> None:
    """A mark in the cell, its meaning below."""
    table = render_table(report(NOTHING, SALES), ENGLISH)
    assert "UAH¹" in table
    assert "—²" in table
    assert "¹ — some amounts are converted at the oldest rate known" in table
    assert "² — not set up: marketing costs are not imported" in table


def test_the_same_explanation_is_given_once() -> None:
    """However many cells it is for."""
    years = [entry(value("romi", None, Unit.RATIO, JUNE.previous, reason=Reason.NOT_CONFIGURED)), NOTHING]
    assert render_table(report(*years), ENGLISH).count("not set up") == 1


def test_an_unfinished_period_is_marked() -> None:
    """Its figures are no worse, there are only fewer days in it."""
    november = Period.containing(date(2026, 11, 5), Grain.MONTH)
    table = render_table(report(entry(value("won_deals", 3, Unit.COUNT, november))), ENGLISH)
    assert "2026-11¹" in table
    assert "¹ — the period is not over yet" in table


def test_incomplete_streams_are_named() -> None:
    """A report never looks more complete than it is."""
    table = render_table(report(RATE, coverage={"deal": "complete", "activity": "no_permission"}), ENGLISH)
    assert "Incomplete, because not everything could be read: activities (no permission)." in table


def test_a_stream_that_the_portal_need_not_have_is_not_missed() -> None:
    """Unless it was read in part only; a KPI that needs it says so itself."""
    table = render_table(report(RATE, coverage={"call": "no_permission", "task": "not_loaded"}), ENGLISH)
    assert "Incomplete" not in table
    assert "calls" in render_table(report(RATE, coverage={"call": "incomplete"}), ENGLISH)


def test_few_periods_stand_side_by_side_and_many_below_each_other() -> None:
    """Both fit a terminal."""
    months = [Period.containing(date(2026, month, 1), Grain.MONTH) for month in range(1, 8)]
    entries = [entry(value("won_deals", 1, Unit.COUNT, month)) for month in months]
    assert "2026-01  2026-02" in render_table(report(*entries[:2]), ENGLISH)
    assert re.search(r"^2026-01 .*\n2026-02 ", render_table(report(*entries), ENGLISH), re.MULTILINE)


def test_rows_follow_the_catalogue() -> None:
    """Like stands by like; unknown metrics come last under their ids."""
    table = render_table(report(NOTHING, entry(value("win_rate", 1, Unit.RATIO)), SALES), ENGLISH)
    assert table.index("Total sales") < table.index("Win rate") < table.index("romi")


def test_an_empty_field_of_the_crm_is_named_as_such() -> None:
    """It is a slice of its own, not a missing label."""
    assert "(not filled in)" in render_table(report(entry(value("aov", 1, Unit.MONEY, by={"source": ""}))), ENGLISH)


def test_a_name_cannot_break_the_table_or_the_terminal() -> None:
    """Line breaks and escape codes become blanks."""
    table = render_table(report(entry(RATE.value, {"manager": "A\n\x1b[31mB"})), ENGLISH)
    assert "A  [31mB" in table
    assert "\x1b" not in table


def test_an_empty_report_says_so() -> None:
    """Instead of nothing at all."""
    assert "The cache holds nothing for this question." in render_table(report(), ENGLISH)
