"""The stand-in for BX24.js in a real browser: installation, frames, the slider, calls by token."""

import shutil

import pytest

from b24kpi.demo.apps import Application

from .far_application import FarApplication

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")

INSTALL = """
BX24.init(function () {
  BX24.callMethod('placement.bind', {PLACEMENT: 'CRM_ANALYTICS_MENU', HANDLER: location.origin + '/report',
    LANG_ALL: {ua: {TITLE: 'Показники'}}}, function (answer) {
    if (!answer.error()) { BX24.installFinish(); }
  });
});"""
REPORT = """
function show(id, value) { document.getElementById(id).textContent = JSON.stringify(value); }
BX24.init(function () {
  show('info', [BX24.placement.info(), BX24.getLang(), BX24.isAdmin(), BX24.getDomain()]);
  BX24.fitWindow();
  BX24.callMethod('crm.deal.list', {filter: {'>ID': 5}, select: ['ID'], start: -1}, function (answer) {
    show('deals', [answer.data().length, answer.more(), answer.error() === undefined]);
  });
  BX24.callMethod('tasks.task.list', {}, function (answer) { show('error', answer.error().getError().error); });
  document.getElementById('open').onclick = function () {
    BX24.openPath('/crm/deal/details/7/', function (result) { show('closed', result); });
  };
  document.getElementById('outside').onclick = function () {
    BX24.openPath('https://elsewhere.example/', function (result) { show('closed', result); });
  };
});"""
PLACES = "".join(f'<p id="{name}"></p>' for name in ("info", "deals", "error", "closed"))
BUTTONS = '<button id="open">open</button><button id="outside">outside</button>'


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def browser_page(browser):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(20_000)
    yield page
    page.close()


@pytest.fixture
def far(portal):
    with FarApplication() as far:
        head = f'<script src="{portal.address}/api/v1/"></script>'
        far.pages["/install"] = f"{head}<script>{INSTALL}</script>"
        far.pages["/report"] = f'{head}{PLACES}{BUTTONS}<p style="height:1200px"></p><script>{REPORT}</script>'
        yield far


def test_an_application_is_installed_and_used_in_a_browser(portal, far, browser_page):
    """From the installation page to a deal in the slider."""
    scopes = ("crm", "placement", "user")
    one = portal.add_application(Application("KPI", f"{far.url}/report", scopes, f"{far.url}/install"))
    browser_page.goto(f"{portal.address}/marketplace/app/{one.id}/")
    frame = browser_page.frame_locator(".app-frame iframe")
    frame.locator("#info", has_text="DEFAULT").wait_for()
    assert one.is_finished
    browser_page.goto(f"{portal.address}/report/analytics/")
    browser_page.get_by_role("link", name="Показники").click()
    number = one.placements[0].id
    options = f'{{"placement":"CRM_ANALYTICS_MENU","options":{{"URI":"/report/analytics/?item={number}"}}}}'
    domain = portal.address.removeprefix("http://")
    frame.locator("#info", has_text=f'[{options},"ua",true,"{domain}"]').wait_for()
    frame.locator("#deals", has_text="[50,false,true]").wait_for()
    frame.locator("#error", has_text="insufficient_scope").wait_for()
    assert browser_page.locator(".app-frame iframe").bounding_box()["height"] > 1200
    frame.locator("#outside").click()
    frame.locator("#closed", has_text="PATH_NOT_AVAILABLE").wait_for()
    frame.locator("#open").click()
    browser_page.locator(".slider-path", has_text="/crm/deal/details/7/").wait_for()
    browser_page.frame_locator(".slider iframe").get_by_role("heading", name="Угода 7").wait_for()
    browser_page.keyboard.press("Escape")
    frame.locator("#closed", has_text="close").wait_for()


def test_an_expired_token_is_renewed_by_the_library(portal, far, browser_page):
    """A call that meets expired_token is repeated once with new tokens."""
    one = portal.add_application(Application("KPI", f"{far.url}/report", ("crm",)))
    browser_page.goto(f"{portal.address}/marketplace/app/{one.id}/")
    frame = browser_page.frames[1]
    frame.wait_for_function("document.getElementById('deals').textContent !== ''")
    portal.tokens.expire_all()
    frame.evaluate("BX24.callMethod('profile', {}, function (answer) { window.me = answer.data(); })")
    assert frame.wait_for_function("window.me").json_value()["ID"] == "1"
