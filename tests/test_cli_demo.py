"""`b24kpi demo` and `b24kpi portal`: the whole job without a portal of one's own."""

import json
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result

from b24kpi.cli import main


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--language", "en"], env={"B24KPI_SETTINGS": None})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a demo with 60 deals leaves behind; `output.txt` is what it said."""
    place = tmp_path_factory.mktemp("demo") / "folder"
    result = run("demo", "--folder", str(place), "--deals", "60")
    assert result.exit_code == 0, result.output
    (place / "output.txt").write_text(result.stdout, encoding="utf-8")
    return place


def test_the_demo_tells_the_whole_job(folder: Path) -> None:
    """What was read, the KPIs, what was pushed, where to look, what to try next."""
    said = (folder / "output.txt").read_text(encoding="utf-8")
    parts = ("portal is running", "Read ", "Imported ", "Win rate", "Pushed to", "/crm/type/", "b24kpi explain")
    places = [said.index(part) for part in parts]
    assert places == sorted(places)


def test_the_folder_keeps_settings_for_its_owner_alone(folder: Path) -> None:
    """They hold a webhook, be it a demo's."""
    assert stat.S_IMODE((folder / "settings.toml").stat().st_mode) == 0o600


def test_the_kept_cache_answers_without_the_portal(folder: Path) -> None:
    """Which is closed by then."""
    result = run(
        "report", "total_sales", "--by", "manager", "--format", "json", "--settings", f"{folder}/settings.toml"
    )
    assert result.exit_code == 0, result.output
    assert {row["metric"] for row in json.loads(result.stdout)["values"]} == {"total_sales"}


def test_an_empty_company_is_shown_too() -> None:
    """As a portal is on its first day: nothing is asked for that it does not have."""
    result = run("demo", "--company", "empty", "--deals", "0")
    assert result.exit_code == 0, result.output


def test_a_folder_in_use_is_not_touched(folder: Path) -> None:
    """Nobody's settings are overwritten."""
    before = sorted(path.name for path in folder.iterdir())
    result = run("demo", "--folder", str(folder))
    assert result.exit_code == 2
    assert sorted(path.name for path in folder.iterdir()) == before


def test_the_catalogue_needs_no_settings() -> None:
    """`b24kpi metrics` works on the first day."""
    result = run("metrics", "win_rate", "--format", "json")
    (metric,) = json.loads(result.stdout)
    assert (metric["metric"], metric["unit"], set(metric["names"])) == ("win_rate", "ratio", {"en", "uk", "ru"})


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_portal_runs_until_it_is_stopped(number: int) -> None:
    """Its address on stdout, for scripts; stopping it is its regular end."""
    command = [sys.executable, "-m", "b24kpi", "portal", "--port", "0", "--company", "empty"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert requests.get(f"{url}profile", timeout=10).json()["result"]["ID"] == "1"
        process.send_signal(number)
        assert process.wait(timeout=10) == 0
