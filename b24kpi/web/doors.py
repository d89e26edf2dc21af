"""The doors: installation, events of the portal, pages that Bitrix24 opens; and whether we are well.

https://apidocs.bitrix24.com/settings/app-installation/local-apps/index.html
"""

from importlib.resources import files

from flask import Blueprint, Response, current_app, g, redirect, render_template, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from b24kpi.errors import PortalError
from b24kpi.web.denied import Denied
from b24kpi.web.incoming import INSTALLED, REMOVED, Incoming
from b24kpi.web.placements import DEAL_TAB
from b24kpi.web.roles import viewer_of
from b24kpi.web.sessions import Session, set_cookie
from b24kpi.web.site import the_site

doors = Blueprint("doors", __name__, template_folder="frames")

_ASSETS = {"install.js": "text/javascript", "frame.css": "text/css"}
_DAY = 86_400
# Where the dashboard lies; it lets in who has a session.
HOME = "/kpi/"
# Endpoint of the page of a single deal, `/kpi/deal/ID`.
DEAL_PAGE = "pages.deal"


@doors.post("/install")
def install() -> str | tuple[str, int]:
    """The page that Bitrix24 opens to install the application, or without a page, the event that says so."""
    site = the_site()
    if request.form.get("event"):
        return follow_event()
    incoming = Incoming.page(request.args, request.form)
    g.language = incoming.language or site.language
    caller = site.verifier.installer(incoming)
    try:
        refused = site.installation.install(incoming, caller)
    except PortalError as error:
        raise Denied("entry.not_bound", 503, problem=error.text(g.language)) from None
    g.portal = site.application.installed()
    site.refresher.start()
    script = site.settings.application.bx24_js
    return render_template("install.html", language=g.language, bx24_js=script, name=caller.name, refused=refused)


@doors.post("/events")
def follow_event() -> tuple[str, int]:
    """The application was installed without a page, or removed; other events have nothing to tell here."""
    site = the_site()
    incoming = Incoming.of_event(request.form)
    if incoming.event == INSTALLED:
        caller = site.verifier.installer(incoming)
        site.installation.install(incoming, caller)
        site.refresher.start()
    elif incoming.event == REMOVED:
        site.verifier.removal(incoming)
        site.installation.remove()
    else:
        raise Denied("entry.unknown_event", 400)
    return "", 204


@doors.post("/")
def enter() -> AnyResponse:
    """A page that Bitrix24 opens: once we know who looks, he gets a session and goes where he wanted to."""
    site = the_site()
    incoming = Incoming.page(request.args, request.form)
    g.language = incoming.language or site.language
    caller = site.verifier.caller(incoming)
    site.installation.meet(incoming, caller)
    tokens = g.portal = site.application.installed()
    if tokens is None:
        raise Denied("entry.not_installed")
    viewer = viewer_of(caller, site.settings.application, g.language)
    response = redirect(_place(incoming), 303)
    set_cookie(response, Session.begin(viewer, tokens.member_id, site.clock.now()), tokens.session_key)
    return response


@doors.get("/")
def home() -> AnyResponse:
    """Who opens the address by hand goes where the dashboard says whether he may."""
    return redirect(HOME)


@doors.get("/health")
def health() -> dict[str, object]:
    """That we run, and whether the application is installed."""
    return {"status": "ok", "installed": g.portal is not None}


@doors.get("/entry/<name>")
def asset(name: str) -> Response:
    """Script and style of the pages of this file."""
    if name not in _ASSETS:
        raise NotFound
    text = files("b24kpi.web").joinpath("frames", name).read_text(encoding="utf-8")
    return Response(text, mimetype=_ASSETS[name], headers={"Cache-Control": f"public, max-age={_DAY}"})


def _place(incoming: Incoming) -> str:
    """Where the viewer goes; in a deal's card to that deal, if there is a page of deals."""
    deal = incoming.row_id() if incoming.placement == DEAL_TAB else None
    return HOME if deal is None or DEAL_PAGE not in current_app.view_functions else f"{HOME}deal/{deal}"
