"""Settings of figures: touches of marketing, promises of service, the CRM as an investment."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from b24kpi.facts.service_figures import WorkTime
from b24kpi.given import figures_of
from b24kpi.settings import load
from tests.settings_files import EXAMPLE, Write, only_fault


def test_touches_of_marketing_come_to_the_facts(write: Write) -> None:
    """A form or chat by its own number before all of its kind; without a setting forms have their usual source."""
    path = write("[marketing]\ntouches = { chat = 'CALL', 'chat:2' = '2|TELEGRAM' }")
    known, usual = (figures_of(load(each, {})).mapped for each in (path, None))
    assert [known.touch_source("chat", number) for number in ("1", "2", None)] == ["CALL", "2|TELEGRAM", "CALL"]
    assert (known.touch_source("form", "1"), usual.touch_source("form", "1")) == (None, "WEBFORM")


def test_service_promises_are_told_in_seconds(tmp_path: Path) -> None:
    """Holidays are dates of TOML, or JSON in the environment."""
    path = tmp_path / "settings.toml"
    path.write_text('[service]\nwork_time = "mon-sat 10:00-19:00"\nholidays = [2026-12-25]\nsla_minutes = 30', "utf-8")
    figures = load(path, {}).service.figures()
    assert (figures.sla, figures.lost_after, figures.repeat_within) == (1_800, 86_400, 604_800)
    assert figures.work_time == WorkTime((0, 1, 2, 3, 4, 5), 600, 1140, (date(2026, 12, 25),))
    assert load(None, {"B24KPI_SERVICE__HOLIDAYS": '["2026-12-25"]'}).service.holidays == (date(2026, 12, 25),)


def test_figures_of_the_crm_are_read(write: Write) -> None:
    """A date of TOML, amounts, lists, and baselines by KPI; facts take them in hundredths and seconds."""
    text = """
[money]
hourly_rate = 250.50
[crm]
go_live = 2025-03-01
investment = 100000
benefits = ["hours"]
baseline = { total_sales = 1500.5, sales_cycle = 21, win_rate = 0.25 }
"""
    figures = figures_of(load(write(text), {}))
    assert (figures.hourly_rate, figures.crm.go_live) == (25_050, date(2025, 3, 1))
    assert (figures.crm.investment, figures.crm.benefits) == (10_000_000, ("hours",))
    assert figures.crm.baseline == {"total_sales": 150_050, "sales_cycle": 21 * 86_400, "win_rate": Fraction(1, 4)}


def test_what_nobody_told_is_none() -> None:
    """An hourly rate of 0 is no rate, an empty day no day."""
    figures = figures_of(load(EXAMPLE, {}))
    assert (figures.hourly_rate, figures.crm.go_live, figures.crm.investment) == (None, None, 0)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('go_live = "soon"', "[crm] go_live: must be a day, such as 2025-03-01, or empty"),
        ("go_live = 5.5", "[crm] go_live: must be a day"),
        ("investment = -1", "[crm] investment: must be at least 0"),
        ('benefits = ["money"]', "[crm] benefits #1: 'money' is not possible here; choose one of margin, hours"),
        ("baseline = { total_sale = 1 }", "'total_sale' is not possible here; choose one of total_sales, won_deals"),
        ("adaptation = 5", "[crm] adaptation: there is no key; the nearest"),
    ],
)
def test_a_wrong_figure_of_the_crm_is_told(write: Write, text: str, fault: str) -> None:
    """With its place and what may stand there."""
    assert fault.replace("there is no key", "there is no such key") in only_fault(write(f"[crm]\n{text}\n"))


def test_the_day_of_the_crm_can_come_from_the_environment() -> None:
    """As a text."""
    assert load(None, {"B24KPI_CRM__GO_LIVE": "2025-03-01"}).crm.go_live == date(2025, 3, 1)
