"""The portal's pages, as a browser without scripts sees them: forms, frames, menus, and who may see what."""

import json
import re
from html import unescape

import pytest

from b24kpi.demo.apps import Application
from b24kpi.demo.letters import LANGUAGE
from b24kpi.demo.options import Options

from .far_application import FarApplication

FORM = {
    "title": "Показники",
    "handler_url": "http://app.example/page",
    "install_url": "http://app.example/install",
    "scopes[]": ["crm", "placement"],
}


@pytest.fixture
def page(portal, session):
    """The text of a page."""
    return lambda path: session.get(portal.address + path, timeout=5).text


@pytest.fixture
def waiting(portal):
    """An application whose installation page has not finished yet."""
    scopes = ("crm", "placement")
    return portal.add_application(Application("Показники", "http://app.example/page", scopes, "http://app.example/in"))


def fields(text):
    """The hidden form of a frame."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text)
    return {name: unescape(value) for name, value in found}


def action(text):
    return unescape(re.search(r'target="[^"]*" action="([^"]*)"', text)[1])


def test_an_application_is_added_by_the_form(portal, session):
    """Keys are made, its page waits for the installation."""
    assert session.post(f"{portal.address}/devops/list/", data=FORM, timeout=5).status_code == 200
    (one,) = portal.apps.registry.all()
    assert re.fullmatch(r"local\.[0-9a-f]{24}\.\d{8}", one.client_id)
    assert (one.application.scopes, one.is_finished) == (("crm", "placement"), False)


@pytest.mark.parametrize("fault", [{"title": ""}, {"handler_url": "app.example"}, {"scopes[]": []}])
def test_a_form_that_is_not_filled(portal, session, fault):
    """400 with a word on it; nothing is added."""
    answer = session.post(f"{portal.address}/devops/list/", data={**FORM, **fault}, timeout=5)
    assert (answer.status_code, 'role="alert"' in answer.text, portal.apps.registry.all()) == (400, True, [])


def test_a_link_fills_the_form(page):
    """So that instructions may prepare it."""
    text = page("/devops/list/?title=KPI&scopes=im,lists&api_only=1")
    assert 'name="title" value="KPI"' in text
    assert re.findall(r'value="(\w+)" checked', text) == ["1", "im", "lists"]


def test_the_installation_page_comes_first(portal, waiting, page, session):
    """The wizard is opened by the documented POST until it is finished, then the application."""
    path = f"/marketplace/app/{waiting.id}/"
    text = page(path)
    domain = portal.address.removeprefix("http://")
    query = rf"\?DOMAIN={domain}&PROTOCOL=0&LANG={LANGUAGE}&APP_SID=[0-9a-f]{{32}}".replace(":", "%3A")
    assert re.fullmatch("http://app.example/in" + query, action(text))
    sent = fields(text)
    assert {name: sent[name] for name in ("AUTH_EXPIRES", "SERVER_ENDPOINT", "APPLICATION_SCOPE", "status")} == {
        "AUTH_EXPIRES": "3600",
        "SERVER_ENDPOINT": f"{portal.oauth.url}/rest/",
        "APPLICATION_SCOPE": "crm,placement",
        "status": "L",
    }
    assert (sent["member_id"], sent["PLACEMENT"]) == (Options().member_id, "DEFAULT")
    assert json.loads(sent["PLACEMENT_OPTIONS"]) == {"any": f"{waiting.id}/"}
    assert sent["APPLICATION_TOKEN"] == waiting.application.application_token
    session.post(f"{portal.address}{path}finish/", timeout=5)
    assert action(page(path)).startswith("http://app.example/page?")


def test_before_the_installation_is_finished(portal, waiting, page, session, manager):
    """app.info says so; no widget shows; others than administrators get a message, and their tokens are refused."""
    session.cookies.set("demo_user", str(manager))
    answer = session.get(f"{portal.address}/marketplace/app/{waiting.id}/", timeout=5)
    assert (answer.status_code, "<iframe name" in answer.text) == (403, False)
    assert session.post(f"{portal.address}/marketplace/app/{waiting.id}/finish/", timeout=5).status_code == 403
    tokens = [portal.tokens.issue(waiting.client_id, user_id).access.value for user_id in (manager, 1)]
    url = f"{portal.address}/rest/app.info"
    refused = session.get(url, params={"auth": tokens[0]}, timeout=5)
    assert (refused.status_code, refused.json()["error"]) == (403, "user_access_error")
    assert session.get(url, params={"auth": tokens[1]}, timeout=5).json()["result"]["INSTALLED"] is False
    params = {"auth": tokens[1], "PLACEMENT": "LEFT_MENU", "HANDLER": "http://app.example/left", "TITLE": "Ліворуч"}
    assert session.post(f"{portal.address}/rest/placement.bind", json=params, timeout=5).json()["result"] is True
    assert "Ліворуч" not in page("/crm/deal/list/")
    portal.apps.registry.finish(waiting)
    assert "Ліворуч" in page("/crm/deal/list/")


@pytest.mark.parametrize(
    ("placement", "path", "context"),
    [
        ("CRM_ANALYTICS_MENU", "/report/analytics/?item={}", {"URI": "/report/analytics/?item={}"}),
        ("CRM_DEAL_DETAIL_TAB", "/crm/deal/details/9/?tab={}", {"ID": "9", "URI": "/crm/deal/details/9/?tab={}"}),
        ("LEFT_MENU", "/marketplace/left/{}/", {}),
    ],
)
def test_widgets_open_their_handlers(app_call, application, page, placement, path, context):
    """In the viewer's language, with what the place knows."""
    texts = {"ua": {"TITLE": "Звіти тут"}, "en": {"TITLE": "Reports here"}}
    app_call("placement.bind", PLACEMENT=placement, HANDLER="http://app.example/w?x=1", TITLE="T", LANG_ALL=texts)
    number = application.placements[0].id
    text = page(path.format(number))
    assert action(text).startswith("http://app.example/w?x=1&DOMAIN=")
    assert "Звіти тут" in text
    sent = fields(text)
    options = {name: value.format(number) for name, value in context.items()}
    assert (sent["PLACEMENT"], json.loads(sent["PLACEMENT_OPTIONS"]) or {}) == (placement, options)


def test_where_an_item_of_the_main_menu_was_chosen(portal, app_call, application, session):
    """URI is the page of the portal that the browser comes from; of other sites it is left out."""
    app_call("placement.bind", PLACEMENT="LEFT_MENU", HANDLER="http://app.example/left")
    url = f"{portal.address}/marketplace/left/{application.placements[0].id}/"
    for referer, options in (
        (f"{portal.address}/crm/deal/list/", {"URI": "/crm/deal/list/"}),
        ("http://x.example/", []),
    ):
        text = session.get(url, headers={"Referer": referer}, timeout=5).text
        assert json.loads(fields(text)["PLACEMENT_OPTIONS"]) == options


def test_the_token_of_a_frame_is_of_its_viewer(portal, application, page, session, manager):
    """A manager's frame brings a manager's token."""
    session.cookies.set("demo_user", str(manager))
    token = fields(page(f"/marketplace/app/{application.id}/"))["AUTH_ID"]
    me = session.get(f"{portal.address}/rest/profile?auth={token}", timeout=5).json()["result"]
    assert (me["ID"], me["ADMIN"]) == (str(manager), False)


def test_pages_keep_to_the_rights_of_their_viewer(portal, page, session, manager):
    """Others' deals are neither listed nor shown; the developers' page is for administrators."""
    session.cookies.set("demo_user", str(manager))
    assert re.findall(r'href="/crm/deal/details/(\d+)/"', page("/crm/deal/list/")) == ["9"]
    assert session.get(f"{portal.address}/crm/deal/details/10/", timeout=5).status_code == 403
    assert session.get(f"{portal.address}/devops/list/", timeout=5).status_code == 403
    assert session.post(f"{portal.address}/devops/list/", data=FORM, timeout=5).status_code == 403


def test_viewer_and_language_are_chosen_on_the_page(portal, page, session, manager):
    """Kept by the browser; in three languages every text is there."""
    session.get(f"{portal.address}/demo/viewer/?as={manager}", timeout=5)
    for code, html, word in (("en", "en", "Deals"), ("ru", "ru", "Сделки"), ("ua", "uk", "Угоди")):
        session.get(f"{portal.address}/demo/viewer/?lang={code}", timeout=5)
        text = page("/crm/deal/list/")
        assert f'<html lang="{html}">' in text
        assert f"<h1>{word}</h1>" in text
    assert f'<option value="{manager}" selected>' in text


def test_texts_on_pages_are_escaped(state, page):
    """A deal's title is no HTML."""
    state.change_row("deal", 9, {"TITLE": "<b>& co</b>"})
    assert "<h1>&lt;b&gt;&amp; co&lt;/b&gt;</h1>" in page("/crm/deal/details/9/")


def test_signing_in_returns_a_code(portal, application, session, manager):
    """/oauth/authorize/ asks who it is, then sends them back with a code that the OAuth server takes."""
    url = f"{portal.address}/oauth/authorize/"
    params = {"client_id": application.client_id, "state": "s&1"}
    assert session.get(url, params=params, timeout=5).text.count("<option") == 2
    answer = session.get(url, params={**params, "as": manager}, timeout=5, allow_redirects=False)
    address, _, query = answer.headers["Location"].partition("?")
    returned = dict(part.split("=") for part in query.split("&"))
    assert (address, returned["state"], returned["member_id"]) == ("http://app.example/", "s%261", Options().member_id)
    assert portal.tokens.take_code(returned["code"]).user_id == manager


def test_faults_of_signing_in_stay_on_the_portal(portal, session):
    """No redirect for an application that is not there."""
    answer = session.get(f"{portal.address}/oauth/authorize/?client_id=local.none", timeout=5, allow_redirects=False)
    assert answer.status_code == 400


def test_an_application_without_pages_is_told_of_its_installation(portal):
    """ONAPPINSTALL goes to the installation path, with tokens that work; it is finished at once."""
    with FarApplication() as far:
        application = Application("API", f"{far.url}/page", ("crm", "user"), f"{far.url}/install", api_only=True)
        one = portal.add_application(application)
        assert portal.deliveries.wait()
        form = far.of("/install")[0].form
    assert (one.is_finished, form["event"]) == (True, "ONAPPINSTALL")
    assert form["data"] == {"VERSION": "1", "ACTIVE": "Y", "INSTALLED": "Y", "LANGUAGE_ID": "ua"}
    auth = form["auth"]
    assert (auth["scope"], auth["application_token"]) == ("crm user", one.application.application_token)
    assert auth["client_endpoint"] == f"{portal.address}/rest/"
    assert portal.tokens.find(auth["access_token"]).user_id == 1


def test_a_removed_application_is_gone(portal, application, app_call, page, session):
    """With its menu items."""
    app_call("placement.bind", PLACEMENT="LEFT_MENU", HANDLER="http://app.example/left", TITLE="Ліворуч")
    session.post(f"{portal.address}/marketplace/app/{application.id}/remove/", timeout=5)
    text = page("/crm/deal/list/")
    assert ("Ліворуч" in text, application.application.title in text) == (False, False)


def test_bx24_is_served_by_the_portal(portal, session):
    """As JavaScript."""
    answer = session.get(f"{portal.address}/api/v1/", timeout=5)
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "installFinish" in answer.text
