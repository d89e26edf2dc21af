"""`b24kpi demo --serve`: a real process, and what a browser finds at the addresses that it tells."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest
import requests

from b24kpi.settings import load

PATIENCE = 60
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
FRAME = re.compile(r'<form method="post" target="[^"]*" action="([^"]*)">(.*?)</form>', re.DOTALL)
FIELD = re.compile(r'name="([^"]*)" value="([^"]*)"')


@dataclass
class Served:
    """A running `demo --serve`, the addresses that it has told, and a browser in front of them."""

    process: subprocess.Popen[str]
    said: str
    browser: requests.Session

    def address(self, pattern: str) -> str:
        found = re.search(rf"http://\S*{pattern}", self.said)
        assert found, self.said
        return found[0]

    def open_frame(self, page: str) -> requests.Response:
        """Open a page of the portal, then what it holds in a frame."""
        shown = self.browser.get(page, timeout=PATIENCE)
        form = FRAME.search(shown.text)
        assert form, shown.text
        fields = {name: unescape(value) for name, value in FIELD.findall(form[2])}
        return self.browser.post(unescape(form[1]), data=fields, timeout=PATIENCE, allow_redirects=False)

    def computed(self, page: str, headers: dict[str, str]) -> str:
        """A page of the dashboard, which asks to wait (202) while it is computed."""
        for _ in range(PATIENCE):
            shown = self.browser.get(page, headers=headers, timeout=PATIENCE)
            if shown.status_code != 202:
                break
            time.sleep(0.5)
        assert shown.status_code == 200, shown.text
        return shown.text


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """The process, from when it has told all addresses."""
    command = [sys.executable, "-m", "b24kpi", "demo", "--serve", "--deals", "5", "--language", "en"]
    with (
        subprocess.Popen(
            [*command, "--folder", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process,
        requests.Session() as browser,
    ):
        assert process.stdout is not None
        try:
            lines = []
            for line in process.stdout:
                lines.append(line)
                if "Ctrl-C" in line:
                    break
            yield Served(process, "".join(lines), browser)
        finally:
            process.kill()


def test_b24kpi_is_installed_and_opened_in_the_demo_portal(tmp_path: Path) -> None:
    """The installation, the dashboard for who was let in, and an orderly end."""
    folder = tmp_path / "demo"
    with served(folder) as demo:
        page = demo.address(r"/marketplace/app/\d+/")
        assert "b24kpi встановлено" in demo.open_frame(page).text
        assert load(folder / "settings.toml", {}).portal.client_id.startswith("local.")
        assert demo.browser.post(f"{page}finish/", timeout=PATIENCE).ok
        demo.browser.get(demo.address(r"/demo/viewer/\?as=\d+"), timeout=PATIENCE)

        entered = demo.open_frame(page)
        assert (entered.status_code, entered.headers["Location"]) == (303, "/kpi/")
        cookie = {"Cookie": entered.headers["Set-Cookie"].partition(";")[0]}
        dashboard = demo.address(r"(?=; Ctrl-C)")
        assert "total_sales" in demo.computed(f"{dashboard}/kpi/morning", cookie)

        demo.process.send_signal(signal.SIGTERM)
        assert demo.process.wait(timeout=PATIENCE) == 0
