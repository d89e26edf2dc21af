"""The portal in a browser: as much of Bitrix24's interface as an application meets.

An administrator adds a local application ("Developer resources"), it is installed and opened in a frame, its widgets
show in the main menu, in CRM analytics and as tabs of deals. Who looks is chosen on the page, there are no passwords.
https://apidocs.bitrix24.com/settings/app-installation/local-apps/installation-master.html
"""

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from b24kpi.demo import site_pages
from b24kpi.demo.access import Access
from b24kpi.demo.letters import Letters
from b24kpi.demo.site_applications import ApplicationPages
from b24kpi.demo.site_crm import CrmPages, Read
from b24kpi.demo.site_shell import ANALYTICS, DEALS, DEVELOPERS, Notes, Shell, Visit
from b24kpi.demo.state import PortalState
from b24kpi.demo.wire import Request, Response, redirect

ASSETS = {
    "/api/v1/": ("bx24.js", "text/javascript"),
    "/bitrix/demo/site.js": ("site.js", "text/javascript"),
    "/bitrix/demo/site.css": ("site.css", "text/css"),
}


class Site:
    """Answers pages. `read` gives the result of a REST method for a user; `notes` the notifications of one."""

    def __init__(self, state: PortalState, access: Access, letters: Letters, read: Read, notes: Notes) -> None:
        self._shell = Shell(state, access, letters, notes)
        self._crm = CrmPages(self._shell, state, read)
        self._applications = ApplicationPages(self._shell)

    def answer(self, request: Request) -> Response | None:
        """One request; None where the portal has no such page."""
        path = urlsplit(request.target).path
        if path in ASSETS:
            name, kind = ASSETS[path]
            return Response(200, (("Content-Type", f"{kind}; charset=utf-8"),), site_pages.asset(name).encode())
        for pattern, page in self._routes().items():
            found = re.fullmatch(pattern, path)
            if found:
                return page(self._shell.visit(request), *map(int, found.groups()))
        return None

    def _routes(self) -> Mapping[str, Callable[..., Response]]:
        applications, crm = self._applications, self._crm
        return {
            "/": self._home,
            "/demo/viewer/": self._choose,
            "/oauth/authorize/": applications.authorize,
            DEALS: crm.deals,
            r"/crm/deal/details/(\d+)/": crm.deal,
            ANALYTICS: crm.analytics,
            DEVELOPERS: applications.developers_page,
            r"/marketplace/app/(\d+)/": applications.application,
            r"/marketplace/app/(\d+)/finish/": applications.finish,
            r"/marketplace/app/(\d+)/auth/": applications.auth,
            r"/marketplace/app/(\d+)/remove/": applications.remove,
            r"/marketplace/left/(\d+)/": crm.left_item,
        }

    def _home(self, visit: Visit) -> Response:
        return redirect(ANALYTICS if self._shell.apps.registry.all() else DEVELOPERS)

    def _choose(self, visit: Visit) -> Response:
        """Another user or language; back to where the choice was made."""
        cookies = {"demo_user": visit.params.get("as"), "demo_lang": visit.params.get("lang")}
        kept = tuple(
            ("Set-Cookie", f"{name}={value}; Path=/; SameSite=Lax")
            for name, value in cookies.items()
            if isinstance(value, str) and value.isalnum()
        )
        answer = redirect(visit.referer or "/")
        return Response(answer.status, (*answer.headers, *kept), b"")
