"""`b24kpi demo --serve`: a real process, and what answers at the addresses that it tells."""

import signal
import sys
from pathlib import Path

import pytest

from b24kpi.settings import load
from tests.application.serving import PATIENCE, served

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


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
