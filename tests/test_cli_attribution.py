"""--attribution of the commands: another rule than that of the settings, for one question."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from b24kpi.cli import main
from tests.web.pages.site import filled

Run = Callable[..., Result]
TOUCHES = '[marketing]\nattribution = "last"\ntouches = { form = "WEB", chat = "CALL" }\n'
YEAR = ("--period", "year", "--from", "2026-01-01", "--to", "2027-01-01")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a command on a cache of random rows whose settings put wins down to the last touch."""
    folder = tmp_path_factory.mktemp("attribution")
    filled(folder, TOUCHES)
    options = ["--settings", str(Path(folder) / "settings.toml"), "--language", "en", "--format", "json"]
    return lambda *arguments: CliRunner().invoke(main, [*arguments, *options])


def values(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)["values"]
    return found


def test_a_report_follows_the_settings_unless_told_otherwise(run: Run) -> None:
    """The flag names the rule; by the first touch there is none."""
    by_default, last, first = (
        values(run("report", "romi", "--by", "source", *YEAR, *chosen))
        for chosen in ((), ("--attribution", "last"), ("--attribution", "first"))
    )
    assert by_default == last != first
    assert all("attributed_last" in row["flags"] for row in last)
    assert not any("attributed" in flag for row in first for flag in row["flags"])
    totals = [sum(float(row["revenue"]) for row in rows) for rows in (last, first)]
    assert totals[0] == pytest.approx(totals[1])


def test_the_rows_of_a_number_follow_the_same_rule(run: Run) -> None:
    """Parts of a win, each with the place of its touch."""
    result = run("explain", "romi", "--period", "2026", "--where", "source=WEB", "--attribution", "linear")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    sales = [row for row in found["included"] if row["part"] == "sales"]
    assert sum(float(row["adds"]) for row in sales) == pytest.approx(float(found["value"]["revenue"]))
    assert {row["place"] for row in sales} > {1}


def test_published_values_have_no_other_attribution(run: Run) -> None:
    """They were published under that of the settings."""
    result = run("explain", "romi", "--period", "2026", "--restated", "--attribution", "linear")
    assert result.exit_code == 2
    assert "leave out --attribution" in result.stderr
