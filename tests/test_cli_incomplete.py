"""Exit code 3: done, but some stream could not be read, and every answer says so."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from b24kpi.cli import main
from b24kpi.demo.server import DemoPortal
from b24kpi.demo.standard_portal import install
from b24kpi.demo.state import PortalState

Run = Callable[..., Result]


@pytest.fixture
def portal() -> Iterator[DemoPortal]:
    """A fresh portal."""
    state = PortalState()
    install(state)
    with DemoPortal(state) as running:
        yield running


@pytest.fixture
def run(portal: DemoPortal, tmp_path: Path) -> Run:
    """Runs a command on the portal."""
    path = tmp_path / "settings.toml"
    path.write_text(f'[portal]\nwebhook_url = "{portal.url}"\nplan = "self_hosted"', encoding="utf-8")
    options = ["--settings", str(path), "--language", "en", "--format", "json"]
    return lambda *arguments: CliRunner().invoke(main, [*arguments, *options])


def test_a_sync_that_could_not_read_all_ends_with_3(portal: DemoPortal, run: Run) -> None:
    """What it could read is kept, what it could not is named."""
    portal.denied["crm.deal.list"] = "ACCESS_DENIED"
    result = run("sync")
    assert result.exit_code == 3, result.output
    streams = {stream["stream"]: stream["state"] for stream in json.loads(result.stdout)["streams"]}
    assert streams.pop("deal") == "no_permission"
    assert set(streams.values()) == {"complete"}


def test_a_report_over_what_is_missing_ends_with_3(portal: DemoPortal, run: Run) -> None:
    """Its values are null with the reason."""
    portal.denied["crm.deal.list"] = "ACCESS_DENIED"
    run("sync")
    result = run("report", "win_rate")
    assert result.exit_code == 3, result.output
    report = json.loads(result.stdout)
    assert report["coverage"]["deal"] == "no_permission"
    assert {row["reason"] for row in report["values"]} == {"no_permission"}


def test_a_report_over_what_is_there_ends_with_0(portal: DemoPortal, run: Run) -> None:
    """A stream that a metric does not need takes nothing from it."""
    portal.denied["crm.activity.list"] = "ACCESS_DENIED"
    assert run("sync").exit_code == 3
    assert run("report", "win_rate").exit_code == 0
