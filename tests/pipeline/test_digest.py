"""The digest from the portal's deals to the bell of whoever gets it; numbers worked by hand."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from b24kpi.app import Ask
from b24kpi.demo.company import build_empty
from b24kpi.demo.state import PortalState
from tests.pipeline.places import Clock, Place, opened_place

SETTINGS = """
[digest]
users = [1]
[service]
holidays = [2026-11-23]
[plan]
file = "plans.csv"
[[report]]
name = "monthly"
metrics = ["total_sales", "plan_attainment", "aov", "romi"]
sinks = ["digest"]
"""
PLANS = "metric,period,scope,scope_value,amount\ntotal_sales,2026-11,company,,1000\n"
# day of the win → amount
WINS = {(10, 5): 100, (10, 20): 200, (10, 21): 400, (11, 3): 150, (11, 20): 300}


def at(month: int, day: int, hour: int) -> float:
    """An hour of UTC, two less than in Kyiv in winter."""
    return datetime(2026, month, day, hour, tzinfo=UTC).timestamp()


def furnish(state: PortalState) -> None:
    """Five won deals; 20 November is a Friday."""
    build_empty(state, now=at(11, 20, 1))
    for (month, day), amount in WINS.items():
        moment = at(month, day, 1)
        deal = {"OPPORTUNITY": amount, "CURRENCY_ID": "UAH", "STAGE_ID": "NEW"}
        number = state.add("deal", deal, at=moment - 3600)
        state.update("deal", number, {"STAGE_ID": "WON"}, at=moment)


@pytest.fixture
def clock() -> Clock:
    return Clock(at(11, 20, 2))


@pytest.fixture
def place(tmp_path: Path, clock: Clock) -> Iterator[Place]:
    (tmp_path / "plans.csv").write_text(PLANS, encoding="utf-8")
    with opened_place(tmp_path, furnish, clock=clock, further=SETTINGS) as place:
        yield place


Told = Callable[[float], list[str]]
FRIDAY = at(11, 20, 7)


@pytest.fixture
def told(place: Place, clock: Clock) -> Told:
    """Refreshes and pushes at a moment; what user 1 has been told after that, the newest last, line by line."""

    def told(moment: float) -> list[str]:
        clock.sleep(moment - clock.now())
        with place.app() as app:
            app.sync()
            app.push()
        messages = place.portal.apps.notifications.of(1)
        return [*filter(None, messages[-1].message.replace("\xa0", " ").split("[br]"))] if messages else []

    return told


def test_a_month_that_goes_on_is_compared_with_as_many_days(told: Told) -> None:
    """450 of 1,000, on 15 of 21 working days; 300 until 20 October. An average is compared with that of all October."""
    lines = told(FRIDAY)
    assert lines[1] == (
        "November 2026: sales of 450 UAH, that is 45.0% of the plan with 71.4% of the working days gone."
    )
    assert lines[2].startswith("Compared with the time before (Oct 1 – 20): sales rose by 150")
    assert lines[3] == "Total sales: [b]450 UAH[/b] (+50.0%, against Oct 1 – 20)"
    assert lines[4] == "Plan attainment %: [b]45.0%[/b]"
    assert lines[5] == "Average order value: [b]225 UAH[/b] (−3.6%, against October 2026)"
    assert lines[6].startswith("ROMI: [b]—[/b] (not set up")
    assert lines[7:] == ["Data up to Nov 20, 2026, 09:00."]


def test_on_its_first_day_a_month_says_nothing_yet(told: Told) -> None:
    """The one before is told, which is complete: 450 against 700."""
    lines = told(at(12, 1, 7))
    assert lines[1] == "November 2026: sales of 450 UAH, that is 45.0% of the plan."
    assert lines[3] == "Total sales: [b]450 UAH[/b] (−35.7%, against October 2026)"


@pytest.mark.parametrize(("day", "hour"), [(20, 4), (20, 19), (21, 9), (23, 9)])
def test_nobody_is_told_at_night_on_weekends_and_holidays(told: Told, day: int, hour: int) -> None:
    """06:00 and 21:00 in Kyiv, a Saturday, a holiday of the settings."""
    assert told(at(11, day, hour)) == []


def test_what_people_were_told_counts_as_published(told: Told, place: Place) -> None:
    """Of a month that is over, and only that: nobody has seen the others."""
    told(at(12, 1, 7))
    with place.app() as app:
        place.state.update("deal", 5, {"OPPORTUNITY": 400})
        app.sync()
        report = app.report(Ask(("total_sales",), start=date(2026, 10, 1), end=date(2026, 12, 1)))
    october, november = report.entries
    assert october.published is None
    assert (november.published.value, november.value.value) == (450, 550)
