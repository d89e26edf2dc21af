"""A report as a table that people read: numbers, units, signs, notes, and what stands where."""

import re
from datetime import date
from decimal import Decimal

import pytest

from b24kpi.metrics.model import Number, Reason, Unit
from b24kpi.metrics.period import Grain, Period
from b24kpi.report.render import render_table
from tests.made_reports import ENGLISH, JUNE, NOTHING, RATE, SALES, UKRAINIAN, entry, report, value

NOBREAK = "\u00a0"


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
