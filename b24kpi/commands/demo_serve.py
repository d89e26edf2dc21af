"""`b24kpi demo --serve`: the demo portal and the dashboard stay, for a browser on this machine."""

from contextlib import ExitStack, closing, suppress
from pathlib import Path
from socket import create_server, socket
from typing import TYPE_CHECKING

import click

from b24kpi.commands.face import Face
from b24kpi.commands.session import interruptible
from b24kpi.commands.settings_file import settings_text, write_private

if TYPE_CHECKING:
    from b24kpi.demo.apps import Application
    from b24kpi.demo.server import DemoPortal

# What README has an administrator tick.
SCOPES = (
    *("crm", "user", "department", "userfieldconfig", "placement", "telephony", "task", "catalog"),
    *("im", "biconnector", "lists", "calendar"),
)
# Its head of sales, who looks at the demo at any hour, is told how it stands.
_DIGEST = """
[digest]
users = [1]
time = "mon-sun 00:00-24:00"

[[report]]
name = "morning"
preset = "default"
sinks = ["digest"]
"""
# Browsers keep cookies of pages without https for this address.
_HOST = "127.0.0.1"


def serve_demo(face: Face, path: Path, portal: "DemoPortal", *, further: str, plan: str) -> None:
    """Add b24kpi to the portal as a local application, and answer browsers until Ctrl-C or SIGTERM.

    Args:
        path: settings of the main job; those of the application replace them, over the same cache.
        further: the settings of the firm, as TOML.
    """
    from b24kpi.demo.apps import Application

    with suppress(KeyboardInterrupt), interruptible(), ExitStack() as stack:
        listening = stack.enter_context(create_server((_HOST, 0)))
        url = f"http://{_HOST}:{listening.getsockname()[1]}"
        one = portal.add_application(Application("b24kpi", f"{url}/", SCOPES, f"{url}/install"))
        text = _settings(face, portal, one.application, url, plan=plan, further=further)
        write_private(path, text, replace=True)
        _answer(face, path, listening, _where(face, portal, f"/marketplace/app/{one.id}/", url))


def _settings(
    face: Face, portal: "DemoPortal", application: "Application", url: str, *, plan: str, further: str
) -> str:
    keys = {
        "client_id": application.client_id,
        "client_secret": application.client_secret,
        "public_url": url,
        "plan": plan,
    }
    around = f'\n[application]\noauth_server = "{portal.oauth.url}"\nbx24_js = "{portal.address}/api/v1/"\n'
    return settings_text(keys, language=face.language, face=face, further=around + further + _DIGEST)


def _where(face: Face, portal: "DemoPortal", page: str, url: str) -> str:
    """Which pages to open, in their order."""
    where = {"portal": portal.address, "page": page, "url": url}
    others = (int(row["ID"]) for row in portal.state.rows("user", "ACTIVE = 1"))
    manager = next((number for number in others if not portal.access.is_admin(number)), None)
    lines = [face.say("cli.demo.serve.pages", **where)]
    if manager is not None:
        lines.append(face.say("cli.demo.serve.manager", portal=portal.address, user=manager))
    return "\n".join((*lines, face.say("cli.demo.serve.running", url=url)))


def _answer(face: Face, path: Path, listening: socket, where: str) -> None:
    from b24kpi.clock import SYSTEM_CLOCK
    from b24kpi.settings import load
    from b24kpi.web.dashboard import dashboard
    from b24kpi.web.server import create_app, serve_on
    from b24kpi.web.site import Site

    with closing(Site.of(load(path, {}), SYSTEM_CLOCK, face.language)) as site:
        app = create_app(site, [dashboard(site)])
        click.echo(where)
        serve_on(app, listening)
