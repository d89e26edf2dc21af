"""A demo portal with our local application in it, and the application itself, over real HTTP."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from flask import Flask

from b24kpi.app import App, open_app
from b24kpi.demo.apps import Application, Installed
from b24kpi.demo.server import DemoPortal
from b24kpi.demo.standard_portal import install
from b24kpi.demo.state import PortalState
from b24kpi.settings import Settings, load
from b24kpi.web.site import Site
from tests.pipeline.places import Clock

SCOPES = (
    *("crm", "user", "department", "userfieldconfig", "placement", "telephony", "task", "catalog"),
    *("im", "biconnector", "lists"),
)

LONG_AGO = 1_780_000_000


@dataclass
class AppPlace:
    """A portal in which the application is registered."""

    folder: Path
    portal: DemoPortal
    clock: Clock
    registered: Installed

    @property
    def state(self) -> PortalState:
        return self.portal.state

    @property
    def settings(self) -> Settings:
        return load(self.folder / "settings.toml", {})

    def app(self, stop: Callable[[], bool] | None = None) -> App:
        """The application over its settings."""
        return open_app(self.settings, clock=self.clock, stop=stop, language="en")


@contextmanager
def registered_place(folder: Path, public_url: str) -> Iterator[AppPlace]:
    """A portal with a few rows, and settings for the application in the folder; it is not installed yet.

    Deals 1 to 9 are of contact 1, leads 1 to 3 of nobody; user 1 is the administrator, user 5 a manager.
    """
    clock = Clock()
    with closing(PortalState(now=clock.now)) as state:
        install(state)
        state.insert("user", [{"ID": 5, "NAME": "Іван", "UF_DEPARTMENT": "[1]"}])
        state.insert("contact", [{"ID": 1, "NAME": "Олена", "DATE_CREATE": LONG_AGO, "DATE_MODIFY": LONG_AGO}])
        moments = {"DATE_CREATE": LONG_AGO, "DATE_MODIFY": LONG_AGO}
        state.insert("deal", [{"ID": number, "CONTACT_ID": 1, **moments} for number in range(1, 10)])
        state.insert("lead", [{"ID": number, **moments} for number in range(1, 4)])
        with DemoPortal(state, monotonic=clock.monotonic) as portal:
            wanted = Application("KPI", f"{public_url}/", SCOPES, f"{public_url}/install")
            one = portal.add_application(wanted)
            write_settings(folder / "settings.toml", portal, one, public_url)
            yield AppPlace(folder, portal, clock, one)


def write_settings(path: Path, portal: DemoPortal, one: Installed, public_url: str) -> None:
    keys = one.application
    path.write_text(
        f'[portal]\nclient_id = "{keys.client_id}"\nclient_secret = "{keys.client_secret}"\n'
        f'public_url = "{public_url}"\nplan = "self_hosted"\n'
        f'[application]\noauth_server = "{portal.oauth.url}"\nbx24_js = "{portal.address}/api/v1/"\n',
        encoding="utf-8",
    )


@dataclass
class Opened:
    """A running web server and its portal.

    Attributes:
        serve: puts another application in the place of the one that answers.
    """

    place: AppPlace
    site: Site
    url: str
    serve: Callable[[Flask], None]

    def install(self, user_id: int = 1) -> requests.Response:
        """Open the installation page as the portal's frame does."""
        return self.post("/install", user_id)

    def post(self, path: str, user_id: int = 1, **options: Any) -> requests.Response:
        """Open a page as the portal's frame does for a user."""
        options = {"language": "ua", "context": {}, **options}
        portal, one = self.place.portal, self.place.registered
        frame = portal.letters.frame(one, f"{self.url}{path}", user_id=user_id, **options)
        return requests.post(frame.action, data=dict(frame.fields), timeout=30, allow_redirects=False)
