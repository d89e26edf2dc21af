"""A command loads what it needs and no more: each library costs a start 40 to 1000 milliseconds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from b24kpi.cache.journal import COMPLETE, Journal, StreamState
from b24kpi.cache.store import Store
from b24kpi.portal.entities import ENTITIES
from tests.event_logs import AS_OF, REPORT_CURRENCY, TIME_ZONE, random_tables
from tests.sql_engine import fill

RUN = """
import sys
unwanted, *arguments = sys.argv[1:]
sys.modules.update(dict.fromkeys(unwanted.split(",")))
from b24kpi.cli import main
main(arguments)
"""
SETTINGS = """
[portal]
webhook_url = "http://127.0.0.1:9/rest/1/0123456789abcdef/"
currency = "UAH"
[cache]
path = "cache.sqlite"
"""
NETWORK = ("requests", "urllib3", "tenacity", "responses")
SCHEDULE = ("apscheduler",)
WEB = ("flask", "waitress", "jinja2")
NUMBERS = ("numpy", "scipy", "pandas")  # sqlite-utils takes numpy and pandas where they are installed
DEMO = ("b24kpi.demo",)
# arguments → exit code, what must not be loaded
COMMANDS = {
    "metrics": (0, (*NETWORK, *SCHEDULE, *WEB, *NUMBERS, *DEMO, "pydantic", "rich", "b24kpi.cache.sync", "b24kpi.app")),
    "metrics win_rate --format json": (0, (*NETWORK, *SCHEDULE, *WEB, *NUMBERS, *DEMO, "pydantic", "rich")),
    "report": (0, (*NETWORK, *SCHEDULE, *WEB, *DEMO, "rich", "xlsxwriter", "b24kpi.cache.sync")),
    "report total_sales --format json": (0, (*NETWORK, *SCHEDULE, *WEB, *NUMBERS, *DEMO, "rich", "xlsxwriter")),
    "report total_sales --format csv": (0, (*NETWORK, *SCHEDULE, *WEB, *NUMBERS, *DEMO, "rich", "xlsxwriter")),
    "explain total_sales --period 2026-06": (0, (*NETWORK, *SCHEDULE, *WEB, *NUMBERS, *DEMO, "xlsxwriter")),
    "crm-effect": (0, (*NETWORK, *SCHEDULE, *WEB, *DEMO, "rich", "xlsxwriter", "b24kpi.cache.sync")),
    "forecast --format json": (0, (*NETWORK, *SCHEDULE, *WEB, *DEMO, "rich", "xlsxwriter", "b24kpi.cache.sync")),
    "bottlenecks": (0, (*NETWORK, *SCHEDULE, *WEB, *DEMO, "rich", "xlsxwriter", "b24kpi.cache.sync")),
    "reconcile": (0, (*NETWORK, *SCHEDULE, *WEB, *NUMBERS, *DEMO, "rich", "xlsxwriter", "b24kpi.cache.sync")),
    "cohorts --kind ltv": (0, (*NETWORK, *SCHEDULE, *WEB, *NUMBERS, *DEMO, "rich", "xlsxwriter", "b24kpi.cache.sync")),
    "leaks": (0, (*NETWORK, *SCHEDULE, *WEB, *DEMO, "rich", "xlsxwriter", "b24kpi.cache.sync")),
    # refused, because the cache is another portal's, when all that a sync needs is loaded
    "sync": (2, (*SCHEDULE, *WEB, *NUMBERS, *DEMO, "rich", "xlsxwriter", "b24kpi.sinks")),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings and a small cache that was read from another portal."""
    place = tmp_path_factory.mktemp("small")
    (place / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    with Store(place / "cache.sqlite") as store, store.transaction():
        fill(store, random_tables(1, 10), REPORT_CURRENCY)
        for entity in ENTITIES:
            Journal(store).save(StreamState(entity.name, COMPLETE, complete_until=AS_OF))
        Journal(store).set_meta({"portal": "other.bitrix24.eu", "time_zone": TIME_ZONE})
    return place


@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_command_does_without_what_it_does_not_need(folder: Path, arguments: str) -> None:
    """Where importing the rest fails, the command works: reports without network, sums without numpy, and so on."""
    exit_code, unwanted = COMMANDS[arguments]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("B24KPI_")}
    run = [sys.executable, "-c", RUN, ",".join(unwanted), *arguments.split()]
    done = subprocess.run(run, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == exit_code, done.stderr
    assert "import of" not in done.stderr
