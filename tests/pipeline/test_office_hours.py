"""Working hours come from the portal's calendar, where the settings tell none: what is measured in them follows."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from b24kpi.locale import LANGUAGES
from tests.pipeline.conftest import company
from tests.pipeline.places import Place, opened_place, write_settings

ASKED = ("report", "response_time", "lost_requests", "--period", "year", "--format", "json")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A company whose calendar has the usual hours."""
    with opened_place(tmp_path, company(200)) as opened:
        yield opened


def measured(place: Place) -> list[object]:
    """How soon inquiries are answered and how many are lost, as of the last sync."""
    assert place.run("sync").exit_code == 0
    found = json.loads(place.run(*ASKED).stdout)["values"]
    return [(each["metric"], each["period"], each["value"], each.get("p90")) for each in found]


def test_times_are_measured_in_the_hours_of_the_portal(place: Place) -> None:
    """From the next sync on; the settings win, and without the permission the usual hours count."""
    usual = measured(place)
    place.portal.calendar.update(work_time_start="11", work_time_end="15.30", week_holidays=["MO", "SU"])
    short = measured(place)
    assert short != usual
    write_settings(place.settings, place.portal.url, further='[service]\nwork_time = "mon-fri 09:00-18:00"\n')
    assert measured(place) == usual
    write_settings(
        place.settings, place.portal.url, further='[service]\nwork_time = "tue,wed,thu,fri,sat 11:00-15:30"\n'
    )
    assert measured(place) == short
    write_settings(place.settings, place.portal.url)
    place.portal.scopes -= {"calendar"}
    assert measured(place) == usual


@pytest.mark.parametrize("language", LANGUAGES)
def test_check_tells_the_hours(place: Place, language: str) -> None:
    """Or which permission is missing, which is no failure."""
    assert "✓" in line(place, language)
    assert "mon-fri 09:00-18:00" in line(place, language)
    place.portal.scopes -= {"calendar"}
    assert "calendar" in line(place, language)
    assert "✓" not in line(place, language)


def line(place: Place, language: str) -> str:
    """What `check` says of working hours."""
    shown = place.run("check", language=language).stdout
    (found,) = (each for each in shown.splitlines() if "work_time" in each)
    return found
