"""`b24kpi demo --serve` in a process of its own, and a browser in front of what it serves."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import requests

PATIENCE = 60
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
def served(folder: Path, *, deals: int = 5) -> Iterator[Served]:
    """The process, from when it has told all addresses."""
    command = [sys.executable, "-m", "b24kpi", "demo", "--serve", "--deals", str(deals), "--language", "en"]
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
