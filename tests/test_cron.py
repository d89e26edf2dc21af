"""Cron expressions as cron reads them, in the words of the scheduler."""

import pytest

from b24kpi.cron import CronError, parse


def test_steps_ranges_and_lists_become_values() -> None:
    """Each field lists its values; a star stays."""
    fields = parse("*/30 8-10,12 1-5/2 * *")
    assert fields == {"minute": "0,30", "hour": "8,9,10,12", "day": "1,3,5", "month": "*", "day_of_week": "*"}


@pytest.mark.parametrize(
    ("field", "days"),
    [("0", "sun"), ("7", "sun"), ("1-5", "mon,tue,wed,thu,fri"), ("fri-7", "fri,sat,sun"), ("*/2", "sun,tue,thu,sat")],
)
def test_weeks_begin_on_sunday(field: str, days: str) -> None:
    """0 and 7 are Sunday; names come out, because the scheduler numbers the days from Monday."""
    assert sorted(parse(f"0 9 * * {field}")["day_of_week"].split(",")) == sorted(days.split(","))


def test_months_may_be_named() -> None:
    """Jan is 1."""
    assert parse("0 0 1 jan-mar *")["month"] == "1,2,3"


@pytest.mark.parametrize("text", ["", "* * * *", "* * * * * *", "hourly"])
def test_five_fields_are_needed(text: str) -> None:
    """No more, no less, no nicknames."""
    with pytest.raises(CronError) as caught:
        parse(text)
    assert caught.value.field == ""


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("60 * * * *", "minute"),
        ("* 24 * * *", "hour"),
        ("* * 0 * *", "day"),
        ("* * * 13 *", "month"),
        ("* * * * mo", "day_of_week"),
        ("*/0 * * * *", "minute"),
        ("5-1 * * * *", "minute"),
        ("1, * * * *", "minute"),
        ("+5 * * * *", "minute"),
        ("٣ * * * *", "minute"),
    ],
)
def test_a_wrong_field_is_named(text: str, field: str) -> None:
    """So that a person knows where to look."""
    with pytest.raises(CronError) as caught:
        parse(text)
    assert caught.value.field == field
