"""What all pages of the demo portal share: who looks, the menus around, applications in their frames."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

from b24kpi.demo import php, site_pages
from b24kpi.demo.access import ADMINISTRATOR, Access
from b24kpi.demo.app_services import AppServices
from b24kpi.demo.apps import Installed, PlacementHandler
from b24kpi.demo.letters import LANGUAGE, Letters
from b24kpi.demo.php import Array
from b24kpi.demo.site_pages import Link, Viewer, card
from b24kpi.demo.state import PortalState
from b24kpi.demo.wire import Request, Response

ANALYTICS, DEALS, DEVELOPERS = "/report/analytics/", "/crm/deal/list/", "/devops/list/"
Notes = Callable[[int], tuple[str, ...]]


@dataclass(frozen=True)
class Visit:
    """One request of a browser: its viewer, its parameters, where it came from within the portal ('' if not)."""

    request: Request
    viewer: Viewer
    params: Array
    referer: str


class Shell:
    """The portal around a page; `notes` gives the notifications of a user."""

    def __init__(self, state: PortalState, access: Access, letters: Letters, notes: Notes) -> None:
        self.letters = letters
        self._state = state
        self._access = access
        self._notes = notes

    @property
    def apps(self) -> AppServices:
        """The applications, and where the portal is found."""
        return self.letters.apps

    # --- who looks

    def visit(self, request: Request) -> Visit:
        """What a request of a browser says; without cookies it is the administrator, in the portal's language."""
        parts = urlsplit(request.target)
        cookies = SimpleCookie(request.headers.get("cookie", ""))
        chosen = {name: cookies[name].value for name in ("demo_user", "demo_lang") if name in cookies}
        user_id = php.to_int(chosen.get("demo_user", "")) or ADMINISTRATOR
        language = chosen.get("demo_lang", LANGUAGE)
        viewer = Viewer(
            user_id,
            self._access.is_admin(user_id),
            language if language in site_pages.LANGUAGES else LANGUAGE,
            parts.path,
            self._people(language),
            self._notes(user_id),
        )
        params = php.parse_str(parts.query)
        params |= php.parse_str(request.body.decode("utf-8", "replace")) if request.method == "POST" else {}
        return Visit(request, viewer, params, self._within(request.headers.get("referer", "")))

    def _people(self, language: str) -> Mapping[int, str]:
        mark = site_pages.texts(language)["administrator"]
        found = {}
        for row in self._state.rows("user", "ACTIVE = 1"):
            name = " ".join(filter(None, (row["NAME"], row["LAST_NAME"])))
            found[int(row["ID"])] = f"{name} ({mark})" if self._access.is_admin(row["ID"]) else name
        return found

    def _within(self, referer: str) -> str:
        parts = urlsplit(referer)
        if parts.netloc != self.apps.addresses.domain:
            return ""
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    # --- what is around

    def page(self, visit: Visit, title: str, body: str, *, status: int = 200) -> Response:
        """A page with everything around it, or bare within the slider."""
        viewer = visit.viewer
        if visit.params.get("IFRAME") == "Y":
            content = f'<main class="inner"><h1>{escape(title)}</h1>{body}</main>'
            return html_page(status, site_pages.document(viewer, title, content))
        return html_page(status, site_pages.page(viewer, title, body, self._menu(viewer)))

    def fault(self, visit: Visit, name: str, status: int) -> Response:
        """A page that names a fault, `name` being one of the texts."""
        return self.page(
            visit, word(visit, "portal"), card(f'<p class="fault">{visit.viewer.say(name)}</p>'), status=status
        )

    def _menu(self, viewer: Viewer) -> Mapping[str, list[Link]]:
        words = site_pages.texts(viewer.language)
        own = [Link(DEALS, words["deals"]), Link(ANALYTICS, words["analytics"])]
        own += [Link(DEVELOPERS, words["developers"])] if viewer.is_admin else []
        pages = [
            Link(f"/marketplace/app/{one.id}/", one.application.title)
            for one in self.apps.registry.all()
            if not one.application.api_only
        ]
        items = self.items(viewer, "LEFT_MENU", "/marketplace/left/{}/")
        return {"": own, words["applications"]: [*pages, *items]}

    def _handlers(self, placement: str) -> list[tuple[Installed, PlacementHandler]]:
        """Widgets of applications whose installation is finished."""
        return [
            (one, handler)
            for one in self.apps.registry.all()
            for handler in one.placements
            if one.is_finished and handler.placement == placement
        ]

    def items(self, viewer: Viewer, placement: str, address: str) -> list[Link]:
        """Menu items of widgets; `{}` in the address is the widget's id."""
        return [
            Link(address.format(handler.id), handler.title_in(viewer.language, one.application.title))
            for one, handler in self._handlers(placement)
        ]

    # --- applications

    def widget(self, visit: Visit, placement: str, number: int, context: Mapping[str, str]) -> str:
        """The frame of a widget that was chosen in a menu."""
        for one, handler in self._handlers(placement):
            if handler.id == number:
                return self.frame(visit, one, handler.handler, context, placement)
        return card(f'<p class="fault">{visit.viewer.say("no_application")}</p>')

    def frame(
        self, visit: Visit, one: Installed, url: str, context: Mapping[str, str], placement: str = "DEFAULT"
    ) -> str:
        """An application's page within one of the portal's; `context` becomes PLACEMENT_OPTIONS."""
        viewer = visit.viewer
        opened = self.letters.frame(
            one, url, user_id=viewer.user_id, language=viewer.language, placement=placement, context=context
        )
        return site_pages.frame(
            opened,
            viewer,
            domain=self.apps.addresses.domain,
            member_id=self.letters.options.member_id,
            expires=self.expires(),
            installing=not one.is_finished,
        )

    def expires(self) -> float:
        """When tokens given out now will have expired, epoch seconds."""
        return self.letters.now() + self.letters.options.access_token_seconds


def word(visit: Visit, name: str) -> str:
    """A text in the language of who looks, not escaped."""
    return site_pages.texts(visit.viewer.language)[name]


def html_page(status: int, text: str) -> Response:
    """A page that no browser keeps."""
    headers = (("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store"))
    return Response(status, headers, text.encode())
