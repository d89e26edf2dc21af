"""Pages of applications: their own in a frame, the end of an installation, signing in, and adding one."""

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from b24kpi.demo import php, site_pages
from b24kpi.demo.site_developers import Developers
from b24kpi.demo.site_shell import DEVELOPERS, Shell, Visit, html_page, word
from b24kpi.demo.wire import Response, redirect


class ApplicationPages:
    """What a browser does with applications."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._registry = shell.apps.registry
        self._letters = shell.letters
        self._developers = Developers(shell.apps)

    def application(self, visit: Visit, number: int) -> Response:
        """The page of an application, or before it is finished the one that installs it."""
        one = self._registry.numbered(number)
        if one is None or one.application.api_only:
            return self._shell.fault(visit, "no_application", 404)
        if not one.is_finished and not visit.viewer.is_admin:
            return self._shell.fault(visit, "not_finished", 403)
        url = one.application.handler_url if one.is_finished else one.application.install_url
        context = {"any": f"{number}/", **({"URI": visit.referer} if visit.referer else {})}
        return self._shell.page(visit, one.application.title, self._shell.frame(visit, one, url, context))

    def finish(self, visit: Visit, number: int) -> Response:
        """What BX24.installFinish leads to."""
        one = self._registry.numbered(number)
        if one is None or not visit.viewer.is_admin or visit.request.method != "POST":
            return _json(403, {})
        self._registry.finish(one)
        return _json(200, {"finished": True})

    def auth(self, visit: Visit, number: int) -> Response:
        """New tokens for BX24.refreshAuth."""
        one = self._registry.numbered(number)
        if one is None or visit.request.method != "POST":
            return _json(403, {})
        pair = self._letters.tokens.issue(one.client_id, visit.viewer.user_id)
        expires = int(self._shell.expires() * 1000)
        return _json(
            200,
            {"access_token": pair.access.value, "refresh_token": pair.refresh.value, "expires_in": expires},
        )

    def developers_page(self, visit: Visit) -> Response:
        """Shows and adds applications."""
        if not visit.viewer.is_admin:
            return self._shell.fault(visit, "administrators_only", 403)
        if visit.request.method != "POST":
            body = self._developers.body(visit.viewer, visit.params)
            return self._shell.page(visit, word(visit, "developers"), body)
        one = self._developers.add(visit.params, by=visit.viewer.user_id)
        if one is None:
            body = self._developers.body(visit.viewer, visit.params, fault="bad_form")
            return self._shell.page(visit, word(visit, "developers"), body, status=400)
        return redirect(DEVELOPERS)

    def remove(self, visit: Visit, number: int) -> Response:
        """Takes an application away."""
        one = self._registry.numbered(number)
        if one is None or not visit.viewer.is_admin or visit.request.method != "POST":
            return self._shell.fault(visit, "administrators_only", 403)
        self._registry.remove(one)
        return redirect(DEVELOPERS)

    def authorize(self, visit: Visit) -> Response:
        """Back to the application with a code; faults are shown here, it hears nothing of them."""
        client_id, state = (php.to_string(visit.params.get(name, "")) for name in ("client_id", "state"))
        one = self._registry.find(client_id)
        if one is None or not (one.is_finished or visit.viewer.is_admin):
            return self._shell.fault(visit, "wrong_client", 400)
        chosen = php.to_int(visit.params.get("as"))
        if not chosen and "demo_user=" not in visit.request.headers.get("cookie", ""):
            body = self._developers.sign_in(visit.viewer, client_id, state)
            return html_page(200, site_pages.document(visit.viewer, word(visit, "authorize"), body))
        returned = {
            "code": self._letters.tokens.code(client_id, chosen or visit.viewer.user_id),
            "state": state,
            "domain": self._shell.apps.addresses.domain,
            "member_id": self._letters.options.member_id,
            "scope": ",".join(one.application.scopes),
            "server_domain": urlsplit(self._shell.apps.addresses.oauth).netloc,
        }
        url = one.application.handler_url
        return redirect(f"{url}{'&' if '?' in url else '?'}{urlencode(returned)}")


def _json(status: int, payload: Any) -> Response:
    return Response(status, (("Content-Type", "application/json; charset=utf-8"),), json.dumps(payload).encode())
