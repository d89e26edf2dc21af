"""Where the whole pipeline runs: a demo portal over HTTP, settings and cache in a folder, one clock for all of them."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from b24kpi.app import App, open_app
from b24kpi.cli import main
from b24kpi.demo.limits import UNLIMITED, Limits
from b24kpi.demo.server import DemoPortal
from b24kpi.demo.state import PortalState
from b24kpi.settings import load

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC).timestamp()  # a Saturday, 12:30 in Kyiv
Fill = Callable[[PortalState], Any]


class Clock:
    """The time of portal and client alike; it passes only by sleeping or when told."""

    def __init__(self, now: float = NOW) -> None:
        self._seconds = now
        self._lock = threading.Lock()

    def now(self) -> float:
        return self._seconds

    def monotonic(self) -> float:
        return self._seconds

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._seconds += max(seconds, 0.0)


@dataclass
class Place:
    """A running portal and a folder with the settings for it.

    Attributes:
        filled: what the function that filled the portal returned.
    """

    folder: Path
    portal: DemoPortal
    clock: Clock
    filled: Any = None

    @property
    def state(self) -> PortalState:
        return self.portal.state

    @property
    def settings(self) -> Path:
        return self.folder / "settings.toml"

    @property
    def cache(self) -> Path:
        return self.folder / "b24kpi.sqlite"

    def app(self, cache: str = "", *, stop: Callable[[], bool] | None = None) -> App:
        """The application over the settings; with `cache`, over another cache file of the folder."""
        environ = {"B24KPI_CACHE__PATH": str(self.folder / cache)} if cache else {}
        return open_app(load(self.settings, environ), clock=self.clock, stop=stop, language="en")

    def run(self, *arguments: str, language: str = "en") -> Result:
        """A command in this process, on the machine's clock."""
        command = [*arguments, "--settings", str(self.settings), "--language", language]
        without = {name: None for name in os.environ if name not in clean_environment()}
        return CliRunner().invoke(main, command, env=without)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """A command in a process of its own."""
        command = [sys.executable, "-m", "b24kpi", *arguments, "--settings", str(self.settings), "--language", "en"]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment(), cwd=self.folder
        )


def clean_environment() -> dict[str, str]:
    """The environment without what would change settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("B24KPI_")}


@contextmanager
def opened_place(
    folder: Path,
    fill: Fill,
    *,
    limits: Limits = UNLIMITED,
    clock: Clock | None = None,
    further: str = "",
    sleep: Callable[[float], None] | None = None,
    **portal: Any,
) -> Iterator[Place]:
    """A portal filled by `fill`, with settings.toml in the folder.

    Args:
        further: TOML after the section [portal], such as reports.
        sleep: how the portal waits where a fault makes it slow.
        portal: zone, currency and the like of `PortalState`.
    """
    time = clock or Clock()
    with closing(PortalState(now=time.now, **portal)) as state:
        filled = fill(state)
        with DemoPortal(state, limits=limits, monotonic=time.monotonic, sleep=sleep or time.sleep) as server:
            place = Place(folder, server, time, filled)
            plan = "standard" if limits.burst else "self_hosted"
            write_settings(place.settings, server.url, plan=plan, further=further)
            yield place


def write_settings(path: Path, url: str, *, plan: str = "self_hosted", further: str = "") -> None:
    path.write_text(f'[portal]\nwebhook_url = "{url}"\nplan = "{plan}"\n{further}', encoding="utf-8")
