"""The pages in a browser: filters, rows behind a number, downloads, charts under the policy, the portal's slider."""

import importlib.util
import re
import shutil
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from werkzeug.serving import make_server

from b24kpi.web.pages.registry import SCREENS
from tests.web.pages.site import HEAD, PERIOD, Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HAS_PLAYWRIGHT = importlib.util.find_spec("playwright") is not None
pytestmark = [
    pytest.mark.skipif(not HAS_PLAYWRIGHT, reason="playwright is not installed"),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
SLIDER = "window.opened = []; window.BX24 = {init: f => f(), fitWindow: () => {}, openPath: p => window.opened.push(p)}"


@pytest.fixture(scope="module")
def address(site: Site) -> Iterator[str]:
    """The pages on a port of their own, as the head of sales sees them."""
    site.viewer = HEAD
    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/kpi"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """One Chromium for all."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A new window of 1280 pixels that waits for a busy machine."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    yield page
    page.close()


def test_a_filter_changes_the_page_without_a_button(page: "Page", address: str) -> None:
    """The choice is in the address, and only what is chosen."""
    page.goto(f"{address}/morning?period={PERIOD}")
    before = page.text_content("#total_sales .value")
    page.select_option("select[name=source]", "WEB")
    page.wait_for_url(re.compile(r"source=WEB"))
    assert "manager" not in page.url
    assert page.text_content("#total_sales .value") != before


def test_a_number_opens_its_rows_and_they_their_deal(page: "Page", address: str) -> None:
    """Outside of the portal a deal opens by its address there."""
    page.goto(f"{address}/morning?period={PERIOD}")
    page.click("#total_sales .value a")
    page.wait_for_url(re.compile(r"/rows/total_sales"))
    link = page.get_attribute("#included a.deal", "href") or ""
    assert re.fullmatch(r"https://demo\.bitrix24\.ua/crm/deal/details/\d+/", link)


def test_in_the_portal_a_deal_opens_in_its_slider(page: "Page", address: str) -> None:
    """By BX24.openPath, from inside the frame."""
    page.add_init_script(SLIDER)
    page.set_content(f'<iframe src="{address}/rows/total_sales?period={PERIOD}"></iframe>')
    frame = page.frame_locator("iframe")
    path = frame.locator("#included a.deal").first.get_attribute("data-path")
    frame.locator("#included a.deal").first.click()
    assert page.frames[1].evaluate("window.opened") == [path]


def test_files_are_downloaded(page: "Page", address: str) -> None:
    """The workbook of the screen and the CSV of a table."""
    page.goto(f"{address}/people?period={PERIOD}")
    files = {".tools a[download]": "people-2026-06.xlsx", "#results .csv": "people-results-2026-06.csv"}
    for selector, name in files.items():
        with page.expect_download() as started:
            page.click(selector)
        assert started.value.suggested_filename == name


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_fits_a_phone_and_draws_its_charts(page: "Page", address: str, name: str) -> None:
    """Under the policy, without a complaint of the browser; nothing is wider than 390 pixels."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}/{name}?period={PERIOD}", wait_until="networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".plot").count() == page.locator(".plot.js-plotly-plot").count()
    assert complaints == []


def test_the_keyboard_goes_straight_to_the_content(page: "Page", address: str) -> None:
    """The first key leads past the navigation."""
    page.goto(f"{address}/trust?period={PERIOD}")
    page.locator("body").press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")
