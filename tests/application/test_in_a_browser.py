"""The demo portal with b24kpi in it, as people use both: one process, one Chromium, from the installation on."""

import importlib.util
import io
import re
import shutil
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from b24kpi.web.pages.registry import SCREENS
from tests.application.serving import Served, served
from tests.browsing import CONTRAST, too_faint

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Frame, FrameLocator, Locator, Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HAS_PLAYWRIGHT = importlib.util.find_spec("playwright") is not None
pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals"),
    pytest.mark.skipif(not HAS_PLAYWRIGHT, reason="playwright is not installed"),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]
DEALS = 250
PATIENCE = 60_000
ANALYTICS, DEVELOPERS = "/report/analytics/", "/devops/list/"
LANGUAGES = {"ua": ("uk", "Ранок"), "ru": ("ru", "Утро"), "en": ("en", "Morning")}


@dataclass
class Tour:
    """One window in front of the portal.

    Attributes:
        complaints: what the browser has to say against any page so far.
    """

    page: "Page"
    portal: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda each: self.complaints.append(each.text) if each.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    @property
    def inside(self) -> "FrameLocator":
        """The application's page within that of the portal."""
        return self.page.frame_locator(".app-frame iframe")

    @property
    def frame(self) -> "Frame":
        """The same as it is loaded now."""
        found = self.page.query_selector(".app-frame iframe")
        frame = found.content_frame() if found else None
        assert frame is not None
        return frame

    def open(self, path: str) -> None:
        self.page.goto(f"{self.portal}{path}")

    def choose(self, language: str) -> None:
        self.open(f"/demo/viewer/?lang={language}")

    def open_dashboard(self, language: str = "ua") -> None:
        """By the menu of CRM analytics; returns once the figures are there."""
        self.choose(language)
        self.open(ANALYTICS)
        self.page.locator(".columns nav a").click()
        self.shown("#total_sales .value")

    def shown(self, selector: str) -> "Locator":
        """Something of the application's page, once it is there."""
        found = self.inside.locator(selector).first
        found.wait_for()
        return found

    def fits(self) -> bool:
        """Whether neither page scrolls sideways."""
        measure = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        return bool(self.page.evaluate(measure) and self.frame.evaluate(measure))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served") / "demo", deals=DEALS) as demo:
        yield demo


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def tour(demo: Served, browser: "Browser") -> Iterator[Tour]:
    """The administrator's window, in which b24kpi has been installed by the portal's button."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    tour = Tour(page, demo.address(r"(?=/marketplace/app/\d+/)"))
    tour.open(DEVELOPERS)
    page.locator(".badge.waiting").wait_for()
    page.get_by_role("link", name="Встановити").click()
    tour.shown("#total_sales .value")
    yield tour
    context.close()


def test_the_installation_leads_to_the_dashboard(tour: Tour) -> None:
    """The portal says that it is installed; the figures are in its frame, and it finds them in its menus."""
    assert urlpath(tour) == "/kpi/morning"
    tour.open(DEVELOPERS)
    tour.page.locator(".badge.installed").wait_for()
    assert tour.page.locator(".side a", has_text="Показники продажів").count() == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_the_language_of_the_portal(tour: Tour, language: str) -> None:
    """From the portal's menu to the figures."""
    code, title = LANGUAGES[language]
    tour.open_dashboard(language)
    assert tour.frame.locator("h1").inner_text() == title
    assert tour.frame.evaluate("document.documentElement.lang") == code
    assert tour.complaints == []


def test_a_filter_changes_address_and_figures(tour: Tour) -> None:
    """Without a button; what is chosen stays chosen on the next screen."""
    tour.open_dashboard()
    before = tour.shown("#total_sales .value").inner_text()
    tour.inside.locator("select[name=source]").select_option(index=1)
    tour.frame.wait_for_url(re.compile(r"source=\w+"))
    assert tour.shown("#total_sales .value").inner_text() != before
    tour.inside.locator(".top a", has_text="Люди").click()
    tour.frame.wait_for_url(re.compile(r"/people\?.*source=\w+"))


def test_a_number_opens_its_rows_and_a_row_its_deal(tour: Tour) -> None:
    """The deal in the slider of the portal, which Escape closes."""
    tour.open_dashboard()
    tour.shown("#total_sales .value a").click()
    link = tour.shown("#included a.deal")
    path = link.get_attribute("data-path")
    link.click()
    tour.page.locator(".slider-path", has_text=str(path)).wait_for()
    tour.page.frame_locator(".slider iframe").locator("h1").wait_for()
    tour.page.keyboard.press("Escape")
    tour.page.locator(".slider").wait_for(state="hidden")


def test_a_deals_card_has_a_tab(tour: Tour) -> None:
    """With this deal in it."""
    tour.choose("ua")
    tour.open("/crm/deal/list/")
    tour.page.locator("main td a").first.click()
    number = re.findall(r"\d+", tour.page.url)[-1]
    tour.page.locator(".tabs a", has_text="Показники").click()
    tour.shown(".tile")
    assert urlpath(tour) == f"/kpi/deal/{number}"
    assert tour.complaints == []


def test_refresh_now_shows_its_progress_and_ends(tour: Tour) -> None:
    """The page comes back by itself with what was read."""
    tour.open_dashboard()
    tour.inside.locator(".refresh button").click()
    tour.inside.locator(".running").wait_for()
    tour.inside.locator(".running").wait_for(state="detached")
    tour.shown(".refresh button")


def test_the_bell_tells_how_it_stands(tour: Tour) -> None:
    """The digest of the refresh that followed the installation, with a way to the dashboard."""
    tour.open("/crm/deal/list/")
    tour.page.locator(".bell summary").click()
    note = tour.page.locator(".bell li").first
    assert "Sales KPIs" in note.inner_text()
    note.locator("a").click()
    tour.shown("#total_sales .value")


def test_downloads_are_what_they_are_called(tour: Tour) -> None:
    """A workbook, a sheet that a spreadsheet of the reader's country opens, and a page that prints on paper."""
    tour.open_dashboard()
    with tour.page.expect_download() as workbook:
        tour.inside.locator(".tools a[download]").click()
    with zipfile.ZipFile(io.BytesIO(Path(workbook.value.path()).read_bytes())) as book:
        assert "xl/workbook.xml" in book.namelist()
    tour.inside.locator(".top a", has_text="Люди").click()
    with tour.page.expect_download() as sheet:
        tour.shown("#results .csv").click()
    text = Path(sheet.value.path()).read_text("utf-8-sig")
    assert text.splitlines()[0].count(";") >= 3
    printed = tour.page.context.new_page()
    printed.goto(tour.frame.url)
    printed.emulate_media(media="print")
    assert not printed.locator(".top").is_visible()
    assert printed.pdf().startswith(b"%PDF-")
    printed.close()


def test_the_keyboard_is_enough(tour: Tour) -> None:
    """From the portal into the frame, past the navigation, into a filter, to the rows of a number."""
    tour.open_dashboard()
    tab_to(tour, "className", "skip")
    tour.page.keyboard.press("Enter")
    assert tour.frame.url.endswith("#content")
    tab_to(tour, "name", "source")
    tour.page.keyboard.press("ArrowDown")
    tour.frame.wait_for_url(re.compile(r"source=\w+"))
    tour.shown("#total_sales .value")
    tab_to(tour, "parentNode.parentNode.id", "total_sales")
    assert tour.frame.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    tour.page.keyboard.press("Enter")
    tour.frame.wait_for_url(re.compile(r"/rows/total_sales"))


def test_every_screen_fits_a_phone_and_is_readable_in_light_and_dark(tour: Tour) -> None:
    """390 pixels wide nothing has to be pushed sideways; texts stand out as WCAG AA asks for."""
    tour.page.set_viewport_size({"width": 390, "height": 844})
    tour.open_dashboard()
    screens = [link.get_attribute("href") for link in tour.inside.locator(".top a").all()]
    assert len(screens) == len(SCREENS)
    faint: dict[str, list[tuple[str, float]]] = {}
    for href in screens:
        tour.frame.goto(f"{origin(tour)}{href}")
        tour.shown("main:not(:has(.loading)) h1")
        assert tour.fits(), href
        for scheme in ("light", "dark"):
            tour.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert tour.frame.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") is (scheme == "dark")
            faint[f"{scheme} {href}"] = too_faint(tour.frame.evaluate(CONTRAST))
    tour.page.emulate_media(color_scheme="light")
    tour.page.set_viewport_size({"width": 1280, "height": 900})
    assert {place: texts for place, texts in faint.items() if texts} == {}
    assert tour.complaints == []


def tab_to(tour: Tour, attribute: str, value: str) -> None:
    """Press Tab until what is focused within the frame is the one that is looked for."""
    for _ in range(60):
        if tour.frame.evaluate(f"document.activeElement?.{attribute}") == value:
            return
        tour.page.keyboard.press("Tab")
    pytest.fail(f"the keyboard does not come to {attribute} {value}")


def urlpath(tour: Tour) -> str:
    return tour.frame.url.removeprefix(origin(tour)).partition("?")[0]


def origin(tour: Tour) -> str:
    return "/".join(tour.frame.url.split("/")[:3])
