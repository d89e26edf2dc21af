"""The page where an administrator adds local applications, and the one where somebody signs in to one.

https://apidocs.bitrix24.com/local-integrations/serverside-local-app-with-ui.html : the fields of the form.
"""

from html import escape

from b24kpi.demo import php
from b24kpi.demo.app_services import AppServices
from b24kpi.demo.apps import Application, Installed
from b24kpi.demo.php import Array
from b24kpi.demo.site_pages import Viewer, card, pairs

SCOPES = (
    "crm",
    "placement",
    "user",
    "department",
    "im",
    "lists",
    "biconnector",
    "task",
    "telephony",
    "catalog",
    "userfieldconfig",
    "calendar",
)
_TEXT_FIELDS = (("title", "menu_title"), ("handler_url", "handler_url"), ("install_url", "install_url"))


class Developers:
    """Shows and reads the form; values of the query fill it, so that a link may prepare an application."""

    def __init__(self, apps: AppServices) -> None:
        self._apps = apps

    def body(self, viewer: Viewer, params: Array, *, fault: str = "") -> str:
        """Applications that there are, and the form for one more; `fault` names a text above it."""
        shown = "".join(self._card(one, viewer) for one in self._apps.registry.all())
        known = shown or card(f"<p>{viewer.say('no_integrations')}</p>", viewer.say("integrations"))
        alarm = f'<p class="fault" role="alert">{viewer.say(fault)}</p>' if fault else ""
        return known + card(alarm + _form(viewer, params), viewer.say("add_title"))

    def _card(self, one: Installed, viewer: Viewer) -> str:
        application = one.application
        rows = [
            (viewer.say("client_id"), application.client_id),
            (viewer.say("client_secret"), application.client_secret),
            (viewer.say("handler_url"), application.handler_url),
            (viewer.say("install_url"), application.install_url or "–"),
            (viewer.say("scopes"), ", ".join(application.scopes)),
            (viewer.say("oauth"), self._apps.addresses.oauth),
            (viewer.say("script"), f"{self._apps.addresses.portal}/api/v1/"),
        ]
        state = "installed" if one.is_finished else "waiting"
        badge = f'<p><span class="badge {state}">{viewer.say(state)}</span></p>'
        open_word = viewer.say("open" if one.is_finished else "install")
        opened = "" if application.api_only else f'<a class="button" href="/marketplace/app/{one.id}/">{open_word}</a>'
        removed = (
            f'<form method="post" action="/marketplace/app/{one.id}/remove/">'
            f'<button class="button plain">{viewer.say("remove")}</button></form>'
        )
        return card(f'{badge}{pairs(rows)}<div class="buttons">{opened}{removed}</div>', application.title)

    def add(self, params: Array, *, by: int) -> Installed | None:
        """The application that the form describes; None where it is not filled as it should be."""
        title, handler, install = (php.to_string(params.get(name, "")).strip() for name, _ in _TEXT_FIELDS)
        scopes = tuple(scope for scope in SCOPES if scope in _scopes(params))
        urls = [url for url in (handler, install) if url]
        if not (title and handler and scopes and all(url.startswith(("http://", "https://")) for url in urls)):
            return None
        api_only = php.is_true(params.get("api_only"))
        return self._apps.registry.add(Application(title, handler, scopes, install, api_only), by=by)

    def sign_in(self, viewer: Viewer, client_id: str, state: str) -> str:
        """Who comes to the application by /oauth/authorize/."""
        options = "".join(f'<option value="{number}">{escape(name)}</option>' for number, name in viewer.people.items())
        return (
            f'<main class="inner"><h1>{viewer.say("authorize")}</h1><form><label class="field">'
            f'<span>{viewer.say("authorize_text")}</span><select name="as">{options}</select></label>'
            f'<input type="hidden" name="client_id" value="{escape(client_id)}">'
            f'<input type="hidden" name="state" value="{escape(state)}">'
            f'<button class="button">{viewer.say("enter")}</button></form></main>'
        )


def _form(viewer: Viewer, params: Array) -> str:
    inputs = "".join(
        f'<label class="field"><span>{viewer.say(word)}</span>'
        f'<input name="{name}" value="{escape(php.to_string(params.get(name, "")))}"></label>'
        for name, word in _TEXT_FIELDS
    )
    api_only = " checked" if php.is_true(params.get("api_only")) else ""
    wanted = _scopes(params) or SCOPES[:3]
    boxes = "".join(
        f'<label><input type="checkbox" name="scopes[]" value="{scope}"{" checked" if scope in wanted else ""}> '
        f"{scope}</label>"
        for scope in SCOPES
    )
    return (
        f'<form method="post" action="/devops/list/">{inputs}'
        f'<fieldset><label><input type="checkbox" name="api_only" value="1"{api_only}> {viewer.say("api_only")}</label>'
        f"</fieldset><fieldset><legend>{viewer.say('scopes')}</legend>{boxes}</fieldset>"
        f'<button class="button">{viewer.say("save")}</button></form>'
    )


def _scopes(params: Array) -> list[str]:
    """`scopes[]` of the form, or `scopes=crm,user` of a link."""
    given = params.get("scopes")
    if isinstance(given, dict):
        return [php.to_string(scope) for scope in given.values()]
    return php.to_string(given).split(",") if given else []
