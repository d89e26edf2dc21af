"""`b24kpi portal` for testers: kept rows, latency, failures, the BI connector."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import pytest
import requests
from click.testing import CliRunner
from sqlite_utils.utils import sqlite3

from b24kpi.cli import main

PATIENCE = 30
KEY = "k" * 32


@contextmanager
def portal(*options: str) -> Iterator[str]:
    """Its address while it runs."""
    command = [sys.executable, "-m", "b24kpi", "portal", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
            assert process.wait(timeout=PATIENCE) == 0


def test_rows_are_kept_in_a_file(tmp_path: Path) -> None:
    """What a client wrote is there again; the company is not built a second time."""
    kept = ("--state", str(tmp_path / "portal.db"), "--company", "empty")
    with portal(*kept) as url:
        requests.post(f"{url}crm.deal.add", json={"fields": {"TITLE": "mine"}}, timeout=PATIENCE)
    with portal(*kept[:2], "--deals", "9") as url:
        deals = requests.get(f"{url}crm.deal.list", timeout=PATIENCE).json()
    assert [deal["TITLE"] for deal in deals["result"]] == ["mine"]


@pytest.mark.parametrize("kind", ["text", "database"])
def test_another_file_is_not_touched(tmp_path: Path, kind: str) -> None:
    """Be it somebody's notes or a database of something else."""
    path = tmp_path / "notes"
    if kind == "text":
        path.write_text("my notes " * 1000)
    else:
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE deal (id INTEGER)")
        connection.close()
    before = path.read_bytes()
    result = CliRunner().invoke(main, ["portal", "--port", "0", "--state", str(path), "--language", "en"])
    assert (result.exit_code, "--state" in result.stderr, path.read_bytes()) == (2, True, before)


def test_the_portal_is_as_slow_as_wanted() -> None:
    """A list that counts its rows takes longer than one that does not; the BI connector answers to its key."""
    with portal("--company", "empty", "--latency", "100", "--count-latency", "300", "--bi-key", KEY) as url:
        seconds = []
        for start in (-1, 0):
            began = perf_counter()
            requests.post(f"{url}crm.deal.list", json={"start": start}, timeout=PATIENCE)
            seconds.append(perf_counter() - began)
        rows = requests.post(
            f"{url.split('/rest/')[0]}/bitrix/tools/biconnector/pbi.php?table=crm_deal",
            json={"key": KEY},
            timeout=PATIENCE,
        )
    assert (seconds[0] >= 0.1, seconds[1] >= 0.4, rows.text[:1]) == (True, True, "[")


def test_the_portal_fails_as_often_as_wanted() -> None:
    """Here always; a break of the connection counts too."""
    with portal("--company", "empty", "--failures", "100", "--plan", "self_hosted") as url:
        for _ in range(5):
            try:
                answer = requests.get(f"{url}profile", timeout=PATIENCE)
                assert answer.status_code >= 429 or "result" not in answer.text
            except requests.RequestException:
                pass
